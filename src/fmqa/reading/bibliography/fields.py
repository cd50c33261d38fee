"""Authors, title and year of one reference, by the ways in which bibliographies are written.

Titles stand in quotation marks, or behind the authors: after a full stop ("J. Doe. Title. Venue"),
a colon ("Doe, J.: Title. In: …"), the year ("Jane Doe. 2014. Title. Venue"; "Doe, J. (2014).
Title."), or a comma, where the words must not read as a journal ("J. Doe, Phys. Rev. D 65, 1").
What can't be told is left empty: a wrong title would be searched for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fmqa.reading.bibliography.ids import without_ids

_YEAR = re.compile(r"(?<![\d.:/-])(?P<year>1[6-9]\d\d|20[0-4]\d)[a-z]?(?![\d–-]|[.:]\d)")
_IN_BRACKETS = re.compile(r"\(\s?(?:[^()\d]{0,20}\s?)(?P<year>1[6-9]\d\d|20[0-4]\d)[a-z]?\s?\)")
_RANGE = re.compile(r"\b(?:pp?\.?|pages?)\s*\d[\d\s–,-]*|\d+\s?[–‐‑-]{1,2}\s?\d+")
_LEADING_YEAR = re.compile(
    r"[\s.,]*(?:\(\s?(?:[^()\d]{0,20}\s?)?(?P<round>1[6-9]\d\d|20[0-4]\d)[a-z]?[^()]{0,20}\)"
    r"|(?P<plain>1[6-9]\d\d|20[0-4]\d)[a-z]?(?=[.,:;]))[\s.,:;]*"
)
_QUOTED = re.compile(r"(?:“|``|\"|„|‘‘|«)\s?(?P<title>[^“”„«»]{4,400}?)[,.;]?\s?(?:”|''|\"|“|’’|»)")
_OPENING = re.compile('[“„«"‘`]')
_SENTENCE = re.compile(
    r"(?P<mark>[.?!])[”\"’]?(?:\s+(?=[^\W_a-z(\[“]|[(\[“]|https?:|arxiv|in\b|doi)|$)"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:vs|St|Dr|Mr|Mrs|no|vol|cf|ca|i\.e|e\.g|approx|eds?|al)|(?:^|[\s.(-])[A-Z])$"
)
_TAIL = re.compile(
    r"(?:[\s,.;(\[]*(?:(?:in\s)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?[\s,]*)?"
    r"(?:1[6-9]|20)\d\d[a-z]?[)\]]?"
    r"|[\s,.;(\[]+(?:arXiv\b|CoRR\b|https?:|www\.|URL\b|doi\b|ISBN|Ph\.? ?D\.?|Master"
    r"|Technical report|In:? (?:Proc|Advances|International|IEEE|ACM|[A-Z]{3,})).*)[\s,.;]*$",
    re.DOTALL,
)
_VENUE = re.compile(
    r"(?:(?:in|In|IN)[:\s]|[A-Z][\w]{0,12}\s?\.|\d|\(|\[|arXiv|CoRR|[Pp]roc|Phys|Journal|J\s|Ann|Annals"
    r"|IEEE|ACM|Springer|Elsevier|[Uu]niversity|[Pp]reprint|PhD|Ph\.|[Tt]hesis|JHEP|JCAP|MNRAS|ApJ|A&A"
    r"|vol|pp|http|doi|URL|[Ss]ubmitted|Nature|Science|Transactions|International|Lecture|Cambridge"
    r"|Oxford|Wiley|Academic|McGraw|North|[A-Z]{3,}\b|[Ee]dited|[Ee]d\.|[Aa]vailable|[Aa]ccessed)"
)
_JOURNAL = re.compile(
    r"\b(?:Phys|Rev|Lett|Nucl|Proc|Instrum|Astro\w*|Math|Commun|Trans|Soc|Sci|Ann|Adv|Chem|Mech|Eur"
    r"|Mod|Int|Geophys|Natl|Acad|Res|Technol|Stat|Appl|J|Mon|Not|Class|Quant|Grav|Am)\s?\."
    r"|^(?:JHEP|JCAP|MNRAS|ApJ\w*|A&A|ARA&A|PRD?|Nature|Science|Icarus|AJ)\b"
)
_GLUED = re.compile(
    r"(?<=[a-z])\s?\.\s?(?=(?:Phys|Rev|Nucl|Commun|Astrophys|Electron|Math|J|JHEP|Proc|Adv)\s?\b.*)"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_LABEL = re.compile(r"^\[[^\]]{1,70}\]\s*")
_SAME_AUTHORS = re.compile(r"^[—–_-]{2,}\s?[,.]\s*")
_LOOSE_ACCENT = re.compile(r"\s[ˇ´¨`˜ˆ˘¸](?=\s)")
_NAMED_YEAR = re.compile(r"(?P<name>[^.]{3,150}?)\.?\s\(?(?:1[6-9]|20)\d\d[a-z]?\)?[.:,]\s")
_MOST = 6_000
_LONGEST_TITLE = 350
# Names, in the ways in which bibliographies write them.
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
class Fields:
    """What a reference says, as printed; empty where it couldn't be told."""

    authors: tuple[str, ...] = ()
    title: str = ""
    year: int | None = None


def parse_fields(text: str) -> Fields:
    """Authors, title and year of a reference, given without its number."""
    text = _LOOSE_ACCENT.sub("", " ".join(text[:_MOST].split()))
    whole = _LABEL.sub("", text)
    text = _SAME_AUTHORS.sub("", whole)
    names = leading_names(text)
    rest = text[names.end :]
    title = _quoted(rest, bool(names.names))
    if names.broken and not title:
        rest = _behind_names(rest)
    lead = _LEADING_YEAR.match(rest)
    year = int(lead["round"] or lead["plain"]) if lead else 0
    authors = names.names
    if title:
        pass
    elif lead:
        title = _sentence(rest[lead.end() :])
    elif text != whole:
        title = _after_comma(rest)
    elif not names.names:
        authors, title = _without_names(text)
    elif rest.lstrip()[:1] in (".", ":") or names.names[-1].endswith("."):
        # The full stop behind "Doe, J." belongs to the name.
        comma = rest[:1] in (",", ";")
        title = _after_comma(rest) if comma else _sentence(rest)
    else:
        title = _after_comma(rest)
    return Fields(authors, title, year or find_year(text))


def _behind_names(rest: str) -> str:
    """What follows the sentence of the authors, when not all of their names were understood."""
    for match in _SENTENCE.finditer(rest[:1500]):
        if not _ABBREVIATION.search(rest[max(0, match.start() - 12) : match.start()]):
            return rest[match.start() :]
    return rest


def find_year(text: str) -> int | None:
    """The year of publication: the first one in brackets, else the last one printed."""
    if len(set(years := _YEAR.findall(text[:_MOST]))) == 1:
        return int(years[0])
    bare = without_ids(text)
    if match := _IN_BRACKETS.search(bare):
        return int(match["year"])
    years = _YEAR.findall(_RANGE.sub(" ", bare)) or _YEAR.findall(bare)
    return int(years[-1]) if years else None


def _quoted(rest: str, named: bool) -> str:
    """A title in quotation marks right behind the authors."""
    if not _OPENING.search(rest[:300]):
        return ""
    match = _QUOTED.search(rest[:700])
    if match is None or match.start() > (60 if named else 300):
        return ""
    return _clean(match["title"])


def _sentence(rest: str) -> str:
    """The words up to the end of a sentence."""
    rest = rest.lstrip(" .,:;")
    for match in _SENTENCE.finditer(rest[: _LONGEST_TITLE + 50]):
        before = rest[: match.start()]
        if match["mark"] == "." and _ABBREVIATION.search(before[-12:]):
            continue
        if match.start() >= 3:
            return _clean(rest[: match.start() + (match["mark"] != ".")])
    return _clean(rest) if len(rest) <= _LONGEST_TITLE else ""


def _after_comma(rest: str) -> str:
    """Words behind the authors' comma, up to what reads as the place of publication."""
    rest = rest.lstrip(" ,;")
    if rest[:1] in '“"(':
        return ""
    end = len(rest)
    for match in re.finditer(
        r"\s?,\s?|\.\s+(?=[A-Z(\[])|\s(?=\((?:[A-Z][a-z]+\s){1,3})", rest[: _LONGEST_TITLE + 50]
    ):
        before = rest[: match.start()]
        if match[0].startswith("."):
            if not _ABBREVIATION.search(before[-12:]):
                end = match.start()
                break
        elif _VENUE.match(rest, match.end()):
            end = match.start()
            break
    title = rest[:end].strip()
    if _JOURNAL.search(title) or len(_WORD.findall(title)) < 2:
        return ""
    return _clean(title)


def _without_names(text: str) -> tuple[tuple[str, ...], str]:
    """References that open with an organisation ("OpenAI. Title.") or with the title itself."""
    if match := _NAMED_YEAR.match(text):
        return (match["name"],), _sentence(text[match.end() :])
    head, colon, tail = text.partition(": ")
    if colon and len(head) <= 40 and len(head.split()) <= 3 and "." not in head:
        return (head,), _after_comma(tail)
    first = _sentence(text)
    if not first or _JOURNAL.search(first):
        return (), ""
    behind = text[text.find(first) + len(first) :].lstrip(" .")
    words = first.split()
    named = any(mark in first for mark in ",&") and all(
        word[0].isupper() or word in ("and", "&") for word in words
    )
    second = _sentence(behind) if len(words) <= 3 or named else ""
    if len(_WORD.findall(second)) >= 3 and not re.match(r"https?:|In\b|arXiv", behind):
        return (first,), second
    return (), first if len(_WORD.findall(first)) >= 2 else ""


def _clean(title: str) -> str:
    """A title without what stands behind it in its sentence, and without quotation marks."""
    title = title.strip(" ,.;:")
    if "." in title:
        title = _GLUED.split(title, maxsplit=1)[0]
    title = _TAIL.sub("", _TAIL.sub("", title))
    title = title.strip(' ,.;:“”"‘’')
    if len(title) > _LONGEST_TITLE or len(_WORD.findall(title)) < 1 or len(title) < 4:
        return ""
    if re.match(
        r"(?:https?:|www\.|arXiv\b|CoRR\b|[Ii]n[:\s]+(?:Proc|[A-Z]{3,})|URL\b|doi\b)", title
    ):
        return ""
    return title


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
