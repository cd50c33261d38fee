"""The authors that a reference opens with, in the ways in which bibliographies write names."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UP = "[A-ZÀ-ÖØ-ÞĀ-Ž]"
_CAP = rf"{_UP}[\w’'`´‘.-]*(?<![.'’-])"
_PARTICLE = (
    r"(?:(?:[Vv]an|[Vv]on|[Dd]er|[Dd]en|[Dd]e|[Dd]i|[Dd]a|[Dd]el|[Dd]os|[Dd]u|[Ll]a|[Ll]e|"
    r"ter|ten|el|al|bin|ibn|zu|af|’t|'t)\s+)"
)
_INITIAL = rf"{_UP}\s?\.(?:\s?-\s?[^\W\d_]\s?\.)*"
_SUFFIX = r"(?:,?\s(?:Jr|Sr|II|III|IV)\b\.?)?"
_SURNAME = rf"{_PARTICLE}{{0,3}}{_CAP}"
# "J. Doe", "J.-P. van der Doe"
_BEFORE = re.compile(
    rf"(?:{_INITIAL}\s*){{1,4}}{_SURNAME}(?:[\s-]{_CAP}(?=\s*(?:,|and\b|&|\.\s|et\s)))?{_SUFFIX}"
)
# "Doe, J." "van der Doe, J.-P."
_AFTER = re.compile(
    rf"{_SURNAME}(?:[\s-]{_CAP}){{0,2}}\s?,\s?(?:{_INITIAL}[\s-]?){{1,4}}(?<=[.])"
    rf"(?:\s?{_PARTICLE}{{1,3}}(?=[,.;:&]))?{_SUFFIX}"
)
# "Doe J", "Doe JA"
_BARE = re.compile(
    rf"{_SURNAME}(?:[\s-]{_CAP})?\s{_UP}{{1,3}}(?=\s?[,;:]|\s(?:and|&|et|(?:19|20)\d\d)\b|\s\()"
)
_BARE_LAST = re.compile(
    rf"{_SURNAME}(?:[\s-]{_CAP})?\s{_UP}{{1,3}}(?=\s?[,.;:]|\s(?:and|&|et)\b|\s\()"
)
# "Jane Doe", "Jane A. van der Doe"
_FULL = re.compile(
    rf"{_SURNAME}(?:[\s-]?\s(?:{_INITIAL}|{_UP}(?=[\s,])|{_PARTICLE}{{1,3}}{_CAP}|{_CAP})){{1,4}}{_SUFFIX}"
)
_SEPARATOR = re.compile(
    r"\s*(?:[,;]\s*(?P<last>(?:and|&)\s+)|[,;]\s*|\s(?P<only>and|&)\s+|(?<=[a-z.])(?P<tight>and)\s+)"
)
_OTHERS = re.compile(r"[\s,;]*(?:and\s+)?(?:et\.?\s?al\b\s?\.?|others\b)(?:\s*\([^()]{2,60}\))?")
_GROUP = re.compile(
    r"\s*\([^()]{2,60}[Cc]ollaborations?\)|\s*\((?:eds?|editors?)\.?\)", re.IGNORECASE
)
_COLLABORATION = re.compile(
    rf"(?:[Tt]he\s)?(?:{_UP}[\w’'-]*,?\s){{1,5}}[Cc]ollaborations?(?=[,.:;(\s]|$)"
)
_ENDS_NAME = re.compile(r"\s*(?:$|[,;.:(“\"&]|and\b|et\.?\s?al\b)")
_MOST_NAMES = 400
# The forms that are tried, by the form of the list's first name.
_ORDER = {
    "": (("after", _AFTER), ("bare", _BARE), ("before", _BEFORE), ("full", _FULL)),
    "after": (("after", _AFTER), ("before", _BEFORE), ("full", _FULL)),
    "bare": (("bare", _BARE_LAST), ("full", _FULL)),
    "full": (("before", _BEFORE), ("full", _FULL)),
}


@dataclass(frozen=True, slots=True)
class Names:
    """The names at a reference's head, and where they end.

    ``broken`` says that more names seem to follow, in a form that isn't known.
    """

    names: tuple[str, ...]
    end: int
    broken: bool = False


def leading_names(text: str) -> Names:
    """The names that ``text`` opens with, as printed; none where it opens otherwise."""
    names: list[str] = []
    weak: list[bool] = []  # full names in a list of initials, which may be a title's words
    ends: list[int] = []
    at, after_and, broken = 0, False, False
    style = ""
    if group := _COLLABORATION.match(text):
        separator = _SEPARATOR.match(text, group.end())
        if separator is None:
            return Names((group[0],), group.end())
        names, weak, ends, at = [group[0]], [False], [group.end()], separator.end()
    while len(names) < _MOST_NAMES:
        found = _name(text, at, style)
        if found is None:
            broken = bool(style) and (after_and or style == "full")
            break
        kind, end = found
        style = style or kind
        names.append(" ".join(text[at:end].split()))
        weak.append(kind == "full" and style != "full" and not after_and)
        if group := _GROUP.match(text, end):
            end = group.end()
        ends.append(end)
        if others := _OTHERS.match(text, end):
            return Names(tuple(names), others.end())
        separator = _SEPARATOR.match(text, end)
        if separator is None or (after_and and not separator["only"] and not separator["last"]):
            break
        after_and = bool(separator["last"] or separator["only"] or separator["tight"])
        at = separator.end()
    while weak and weak[-1]:
        names.pop()
        weak.pop()
        ends.pop()
        broken = False
    return Names(tuple(names), ends[-1] if ends else 0, broken)


def _name(text: str, at: int, style: str) -> tuple[str, int] | None:
    """The name that begins at ``at``: its kind and where it ends."""
    for kind, pattern in _ORDER.get(style, _ORDER["full"]):
        match = pattern.match(text, at, at + 120)
        if match is None:
            continue
        ends = _ENDS_NAME.match(text, match.end()) is not None
        if kind == "after" and not ends and " " in match[0].split(",")[0]:
            continue  # "Jane Doe, A. Roe": two names
        if kind == "full" and not ends:
            continue
        return kind, match.end()
    return None


def surname(name: str) -> str:
    """The family name of a name in any of these forms, without particles, for comparison."""
    if "," in name:
        words = name.split(",", maxsplit=1)[0].split()
    else:
        words = [word for word in name.split() if not re.fullmatch(r"(?:[A-Z]\.?-?){1,3}", word)]
    words = [word for word in words if word.rstrip(".") not in ("Jr", "Sr", "II", "III", "IV")]
    return words[-1].strip(".,").casefold() if words else ""
