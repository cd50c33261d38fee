"""What a sentence asserts that can be checked: its numbers and its named things.

Pure functions on text. The verifier compares what they find in a claim with what they find in a
quote; the evidence selection uses them to see what a question asks about.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from fmqa.retrieval.expansion import normal_name
from fmqa.store.lexical import STOP_WORDS

_CITATION = re.compile(r"\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]")
_NUMBER = re.compile(
    r"(?<![\w.])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<unit>\s?%|\s?percent\b|[- ]?(?:thousand|million|billion|trillion)\b"
    r"|\s?[KkMBT](?![\w-]))?",
)
_NUMBER_WORDS = {
    word: float(value)
    for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve""".split()
    )
    if value > 1  # "one" and "zero" are seldom counts
}
_SCALE = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "b": 1e9,
          "trillion": 1e12, "t": 1e12}  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9./+-]*[A-Za-z0-9+]|[A-Za-z0-9]")
_WORD = re.compile(r"[A-Za-z][A-Za-z-]*[A-Za-z]|[A-Za-z]")
_WORDS_KEPT = 1 << 15  # whose form is remembered: an answer looks at most words a hundred times
_COUNTS_WITHIN = 60  # characters between a number and what it counts
# Between a measure and its value: "Dice score of 0.94", "accuracy: 93%".
_TIED = re.compile(
    r"\s*(?:scores?|values?|rates?)?\s*(?:of|is|was|at|to|by|=|:|reache[sd])?\s*"
    r"(?:about|over|nearly|up to)?\s*"
)
_LEADING = re.compile(r"^\W*([A-Z][a-z]+)\s+(?:is|was|has|had|can|does|did|[a-z]+(?:ed|es|s))\b")
# The first word of a sentence has its capital anyway; words that end so are seldom a model's name.
_COMMON_ENDINGS = ("ing", "ion", "ment", "ance", "ence", "ness", "ity", "ogy", "s")
_APPROXIMATE = re.compile(
    r"(?:about|around|approximately|roughly|nearly|almost|over|more than|up to|at least|some|[~≈>])"
    r"\s*$",
    re.IGNORECASE,
)
# Written without a capital in running text and yet the name of what a number measures.
METRICS = frozenset(
    """dice auc auroc auprc accuracy f1 iou miou precision recall sensitivity specificity
    bleu rouge meteor psnr ssim hausdorff nsd kappa map perplexity error flops fid runtime
    latency""".split()
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: its value, whether it is a share, and what surrounds it."""

    value: float
    percent: bool
    text: str
    approximate: bool
    after: tuple[str, ...]
    around: frozenset[str]
    start: int
    end: int


def without_citations(text: str) -> str:
    """The text without bracketed reference numbers such as [12, 14–16]."""
    return _CITATION.sub(" ", text)


@lru_cache(_WORDS_KEPT)
def stem(word: str) -> str:
    """A word without the endings of number, tense and manner; crude, and the same on both sides."""
    word = word.lower().replace("-", "")
    for ending in (
        "ations",
        "ation",
        "ingly",
        "ings",
        "ing",
        "edly",
        "ied",
        "ies",
        "ed",
        "es",
        "ly",
        "s",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def content_stems(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order."""
    words = _WORD.findall(without_citations(text))
    return [stem(word) for word in words if word.lower() not in STOP_WORDS and len(word) > 1]


def numbers(text: str) -> list[Number]:
    """All numbers in a text, those written as words up to twelve included."""
    text = without_citations(text)
    found = [_number(match, text) for match in _NUMBER.finditer(text)]
    for match in re.finditer(r"\b[a-z]+\b", text.lower()):
        value = _NUMBER_WORDS.get(match.group())
        if value is not None:
            found.append(
                _with_context(value, False, match.group(), text, match.start(), match.end())
            )
    return found


def _number(match: re.Match[str], text: str) -> Number:
    value = float(match["digits"].replace(",", ""))
    unit = (match["unit"] or "").strip(" -").lower()
    percent = unit in {"%", "percent"}
    value *= _SCALE.get(unit, 1.0)
    return _with_context(value, percent, match.group().strip(), text, match.start(), match.end())


def _with_context(  # noqa: PLR0913, PLR0917
    value: float, percent: bool, shown: str, text: str, start: int, end: int
) -> Number:
    before, after = text[max(0, start - 60) : start], text[end : end + 60]
    behind = content_stems(after)[:3]
    return Number(
        value=value,
        percent=percent,
        text=shown,
        approximate=bool(_APPROXIMATE.search(before)),
        after=tuple(behind),
        around=frozenset(content_stems(before)[-5:] + content_stems(after)[:6]),
        start=start,
        end=end,
    )


def counters(counted: str, text: str) -> list[Number]:
    """The numbers that say how many, or how much, of a stem: "60 external tasks", "Dice of 0.94".

    For each place of the stem, the number before it that is nearest, and one tied to it behind.
    """
    text = without_citations(text)
    found = numbers(text)
    owners: list[Number] = []
    for match in _WORD.finditer(text):
        if stem(match.group()) != counted:
            continue
        before = [
            n for n in found if n.end <= match.start() and match.start() - n.end <= _COUNTS_WITHIN
        ]
        owners += [max(before, key=lambda n: n.end)] if before else []
        owners += [
            n
            for n in found
            if n.start >= match.end() and _TIED.fullmatch(text[match.end() : n.start])
        ]
    return owners


def same_number(claimed: Number, quoted: Number) -> bool:
    """Whether a claim may say ``claimed`` where the quote says ``quoted``.

    Equal, or with fewer digits where the claim says that it rounds ("over 1.5 million").
    """
    if claimed.percent != quoted.percent:
        return False
    if claimed.value == quoted.value:
        return True
    if abs(claimed.value - quoted.value) <= 1e-9 * max(1.0, abs(quoted.value)):
        return True
    return claimed.approximate and _rounds(claimed.value, quoted.value)


def _rounds(short: float, exact: float) -> bool:
    """Whether one value is the other with fewer digits, rounded or cut off."""
    if exact == 0 or short == 0 or not (math.isfinite(short) and math.isfinite(exact)):
        return False
    digits = len(f"{short:.12g}".partition("e")[0].replace(".", "").strip("0"))
    scale = 10.0 ** (math.floor(math.log10(abs(exact))) - digits + 1)
    kept = {math.floor(exact / scale) * scale, round(exact / scale) * scale}
    return any(abs(short - one) <= 1e-9 * abs(exact) for one in kept)


def named_things(text: str) -> dict[str, str]:
    """Models, data sets, modalities and metrics named in a text: normal form → as written.

    A token is a name when it has a capital beyond its first letter, mixes letters and digits, is
    capitalised inside a sentence, or is a metric.
    """
    found: dict[str, str] = {}
    text = without_citations(text)
    for match in _TOKEN.finditer(text):
        token = match.group().rstrip(".-/")
        if _is_name(token, _starts_sentence(text, match.start())):
            found.setdefault(normal_name(token), token)
    return found


def _starts_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip(" \"'(“‘")
    return not before or before[-1] in ".!?:"


@lru_cache(_WORDS_KEPT)
def _is_name(token: str, first: bool) -> bool:
    if token.lower() in METRICS:
        return True
    if token.lower() in STOP_WORDS:
        return False
    letters = [c for c in token if c.isalpha()]
    if not letters or len(token) < 2:
        return False
    if any(c.isupper() for c in token[1:]) or any(c.isdigit() for c in token):
        return True
    return token[0].isupper() and not first


def leading_name(text: str) -> str | None:
    """The first word where it seems to name what the sentence is about: "Virchow was trained …"."""
    match = _LEADING.match(text)
    if match is None or match[1].lower() in STOP_WORDS or match[1].endswith(_COMMON_ENDINGS):
        return None
    return match[1]
