"""The numbers of a text: their values in whatever form they are written, and what they count."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fmqa.answering.claims import content_stems, without_citations

_UNITS = """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {
    **{word: value for value, word in enumerate(_UNITS, 1)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
    **dict.fromkeys("twice twofold double doubled doubles".split(), 2),
    **dict.fromkeys("threefold triple tripled triples".split(), 3),
    "fourfold": 4,
    "hundred": 100,
}
_PARTS = {
    part: size
    for size, parts in {
        2: "half halves",
        3: "third thirds",
        4: "quarter quarters",
        5: "fifth fifths",
        6: "sixth sixths",
        8: "eighth eighths",
        10: "tenth tenths",
    }.items()
    for part in parts.split()
}
_SCALE = {"thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "b": 1e9,
          "trillion": 1e12, "t": 1e12}  # fmt: skip
_PERCENT = r"\s?%|\s?per ?cent\b"
_SCALED = r"[- ]?(?:thousand|million|billion|trillion)\b"
_FIGURE = re.compile(
    r"(?<![\w.])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?:(?P<raised>[⁻⁰¹²³⁴-⁹]+)|\s?[×x·]\s?10\s?(?:(?P<sign>[⁻⁰¹²³⁴-⁹]+)|\^?(?P<power>-\s?\d+|\d+)"
    r"(?!\.?\d))|e(?P<shift>-?\d+))?"
    rf"(?P<unit>{_PERCENT}|{_SCALED}|\s?[KkMBT](?![\w-]))?"
)
# "2.0 to 4.4 %": the first one is a share, too.
_RANGE = re.compile(
    rf"\s?(?:to|and|or|-|–|/|,)\s?\d[\d.,]*(?P<unit>{_PERCENT}|{_SCALED}|[kKM]\b)", re.IGNORECASE
)
_WORD_NUMBER = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})-(?P<units>{'|'.join(_UNITS[:9])})|(?P<word>"
    rf"{'|'.join(sorted(_WORDS, key=len, reverse=True))}))(?:[- ](?P<scale>hundred|thousand|million"
    r"|billion)\b)?(?!\w)",
    re.IGNORECASE,
)
# "third" and "tenth" alone are places in an order.
_SHARE = re.compile(
    rf"\b(?:(?P<count>a|\d|{'|'.join(_UNITS[:9])})[- ](?P<part>{'|'.join(_PARTS)})"
    r"|(?P<half>half))\b",
    re.IGNORECASE,
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_APPROXIMATE = re.compile(
    r"(?:about|around|approximately|roughly|nearly|almost|over|more than|less than|under|below|"
    r"above|up to|at least|some|[~≈><≥≤])\s*$",
    re.IGNORECASE,
)
_NEAR = 0.12  # relative, of a rounded number


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: its value, whether it is a share in per cent, and what surrounds it."""

    value: float
    percent: bool
    text: str
    approximate: bool
    after: tuple[str, ...]
    around: frozenset[str]
    start: int
    end: int


def numbers(text: str) -> list[Number]:
    """All numbers in a text, in figures and in words; "one" is none, being seldom a count."""
    text = without_citations(text)
    return [*_figures(text), *_in_words(text)]


def shares(text: str) -> list[Number]:
    """The shares that are written as fractions, "half" or "four fifths", in per cent."""
    text = without_citations(text)
    found = []
    for match in _SHARE.finditer(text):
        count = (match["count"] or "a").lower()
        times = 1 if count == "a" else int(count) if count.isdigit() else _WORDS[count]
        value = 100 * times / _PARTS[(match["part"] or match["half"]).lower()]
        found.append(_with_context(value, text, match.start(), match.end(), percent=True))
    return found


def _figures(text: str) -> Iterator[Number]:
    plain = text.replace("−", "-")
    for match in _FIGURE.finditer(plain):
        value = float(match["digits"].replace(",", ""))
        power = match["power"] or match["shift"] or (match["sign"] or "").translate(_RAISED)
        if match["raised"] and value == 10:  # elsewhere a mark, or a unit's
            value, power = 1.0, match["raised"].translate(_RAISED)
        if re.fullmatch(r"-? ?\d+", power or ""):
            value *= 10.0 ** max(-300, min(300, int(power.replace(" ", ""))))
        later = _RANGE.match(plain, match.end()) if not match["unit"] else None
        unit = (match["unit"] or (later["unit"] if later else "")).strip(" -").lower()
        percent = unit.startswith(("%", "per"))
        value *= _SCALE.get(unit, 1.0)
        yield _with_context(value, text, match.start(), match.end(), percent=percent)


def _in_words(text: str) -> Iterator[Number]:
    for match in _WORD_NUMBER.finditer(text):
        tens, word, scale = match["tens"], match["word"], (match["scale"] or "").lower()
        value = float(
            _WORDS[tens.lower()] + _WORDS[match["units"].lower()] if tens else _WORDS[word.lower()]
        )
        value *= 100.0 if scale == "hundred" else _SCALE.get(scale, 1.0)
        if value > 1:
            yield _with_context(value, text, match.start(), match.end(), percent=False)


def _with_context(value: float, text: str, start: int, end: int, *, percent: bool) -> Number:
    before, after = text[max(0, start - 60) : start], text[end : end + 60]
    return Number(
        value=value,
        percent=percent,
        text=text[start:end].strip(),
        approximate=bool(_APPROXIMATE.search(before)),
        after=tuple(content_stems(after)[:3]),
        around=frozenset(content_stems(before)[-5:] + content_stems(after)[:6]),
        start=start,
        end=end,
    )


def same_number(claimed: Number, quoted: Number) -> bool:
    """Whether a claim may say ``claimed`` where the quote says ``quoted``.

    Equal, or with fewer digits where the claim says that it rounds ("over 1.5 million").
    """
    if claimed.percent != quoted.percent:
        return False
    return _equal(claimed, quoted.value)


def gives(quoted: Number, asked: Number) -> bool:
    """Whether a text's number is the one that a question asks after.

    The question may round it, the text may not: 1,570,263 is what "1.57 million" asks after, and
    "over 1.5 million" isn't what 1,570,263 does.
    """
    rounded = replace(asked, approximate=True)
    return any(_equal(rounded, value) for value in _values(asked, quoted))


def missing_numbers(claim: str, quote: str) -> list[Number]:
    """The numbers of a claim that a quote doesn't have in any form.

    80 % is 0.8 and four fifths; a number without its sign of per cent is taken for a share where
    the quote has that share. "Two" may count what the quote lists.
    """
    there = [*numbers(quote), *shares(quote)]
    parts = shares(claim)
    whole = [one for one in numbers(claim) if not any(one.start == p.start for p in parts)]
    return [
        number
        for number in [*whole, *parts]
        if number.text.lower() != "two"
        and number.value not in {0.0, 1.0}
        and not any(_equal(number, value) for other in there for value in _values(number, other))
    ]


def _values(claimed: Number, quoted: Number) -> tuple[float, ...]:
    """The values that a quoted number may have in the claim's form."""
    if claimed.percent == quoted.percent:
        return (quoted.value,)
    return (100 * quoted.value,) if claimed.percent else (quoted.value, quoted.value / 100)


def _equal(claimed: Number, value: float) -> bool:
    if claimed.value == value or abs(claimed.value - value) <= 1e-9 * max(1.0, abs(value)):
        return True
    return claimed.approximate and _rounds(claimed.value, value)


def _rounds(short: float, exact: float) -> bool:
    """Whether one value is the other with fewer digits, rounded or cut off."""
    if exact == 0 or short == 0 or not (math.isfinite(short) and math.isfinite(exact)):
        return False
    if abs(short - exact) > _NEAR * abs(exact):
        return False
    digits = len(f"{short:.12g}".partition("e")[0].replace(".", "").strip("0"))
    scale = 10.0 ** (math.floor(math.log10(abs(exact))) - digits + 1)
    kept = {math.floor(exact / scale) * scale, math.floor(exact / scale + 0.5) * scale}
    return any(abs(short - one) <= 1e-9 * abs(exact) for one in kept)
