"""What a text is made of: words of a list, ideographs, prose."""

from __future__ import annotations

import re

# Chinese and Japanese characters with their punctuation: they are set without spaces.
CJK = "\u3001-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uffee"
_CASELESS = re.compile(
    "[\u0590-\u08ff\u0e00-\u0eff\u2e80-\U0003ffff]+"
)  # scripts without small letters
_WORDS = re.compile(r"[^\W\d_]{2,}")
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def words(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


def ideographs(text: str) -> int:
    """How many Chinese or Japanese characters a text has, punctuation left out."""
    return len(_IDEOGRAPH.findall(text))


def is_prose(text: str) -> bool:
    """Whether a text reads as sentences: mostly letters, mostly small ones, a few words."""
    found = _WORDS.findall(text)
    letters = sum(map(len, found))
    if letters < 20 or letters < 0.6 * len("".join(text.split())):
        return False
    if sum(map(len, _CASELESS.findall(text))) > 0.3 * letters:
        return True
    return len(found) >= 6 and sum(map(str.islower, found)) >= 0.5 * len(found)
