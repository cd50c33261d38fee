"""Whether a file's text layer is worth reading: a scan has none, a broken font map gives nonsense."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from fmqa.reading.lines import RawPage

_FEWEST_LETTERS = 40  # in a whole file
_LETTERS_A_PAGE = 25  # mean over the pages
_SAMPLE = 60_000  # characters that the tests look at
_MOJIBAKE = re.compile("[ÃÂâ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œž]|Ã[¡-¿]")
_WORD = re.compile(r"[^\W\d_]+")
# Control characters, private use, replacement: a glyph without a known letter.
_STRANGE = re.compile(
    "[\x00\x01\x03-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]"
)
_VOWELS = frozenset("aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýāēīōūаеёиоуыэюяієїαεηιουωάέήίόύώ")


def poor_text(pages: Sequence[RawPage]) -> str:
    """Why the text can't be used: ``no_text``, ``garbled``, or nothing when it can."""
    text = "\n".join(page.raw for page in pages)
    letters = sum(map(len, _WORD.findall(text)))
    sample = text[:_SAMPLE]
    visible = len("".join(sample.split()))
    if visible >= _FEWEST_LETTERS and len(_STRANGE.findall(sample)) > 0.3 * visible:
        return "garbled"
    if letters < max(_FEWEST_LETTERS, min(_LETTERS_A_PAGE * len(pages), 400)):
        return "no_text"
    return "garbled" if is_garbled(sample) else ""


def is_garbled(text: str) -> bool:
    """Whether letters don't make words of any language.

    Three kinds: bytes of UTF-8 read as Latin-1; glyph numbers read as letters, which leaves words
    without vowels, capitals inside words, and digits and signs among letters; and most characters
    without meaning. Scripts other than Latin, Greek and Cyrillic are judged by the first only.
    """
    visible = len("".join(text.split()))
    if visible < _FEWEST_LETTERS:
        return False
    if len(_MOJIBAKE.findall(text)) > 0.02 * visible:
        return True
    if len(_STRANGE.findall(text)) > 0.15 * visible:
        return True
    # Arabic, Hebrew and others don't write their vowels: only words below U+0530 are judged.
    words = Counter(word for word in _WORD.findall(text) if len(word) >= 4 and max(word) < "\u0530")
    if words.total() < 20:
        return False
    return sum(count for word, count in words.items() if _is_odd(word)) > 0.5 * words.total()


def _is_odd(word: str) -> bool:
    """Whether a word has hardly a vowel, or capitals within."""
    vowels = len(_VOWELS.intersection(word.lower()))
    if word.isupper():
        return not vowels and len(word) >= 7
    return vowels == 0 or (len(word) >= 8 and vowels < 2) or sum(map(str.isupper, word[1:])) >= 2
