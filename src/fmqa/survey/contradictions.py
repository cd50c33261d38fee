"""Papers that give different figures for the same property of the same model.

The rules would rather find nothing than take two properties for one: a sentence counts only when it
starts with one model's name, and a figure only when the sentence says what it counts (with its
modality) or what it measures (with the data that it is measured on).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from fmqa.answering.claims import METRICS, named_things, stem
from fmqa.answering.numbers import Number, numbers, same_number
from fmqa.answering.quotes import is_quotable, sentences_of
from fmqa.retrieval.naming import NameBook
from fmqa.survey.corpus import is_paper
from fmqa.survey.vocabulary import MODALITIES
from fmqa.types import Hit, PaperMeta, PassageKind, Quote, StoredPassage

_NOUNS = (
    "images?|photographs?|radiographs?|x-rays|pairs|slides|wsis|patches|tiles|masks|volumes|scans|"
    "patients|subjects|reports|videos|clips|frames|studies|slices|annotations|triplets|questions|"
    "parameters|datasets|tasks|benchmarks|categories|classes"
)
_THING = re.compile(rf"[\s-]+(?P<kind>(?:[\w/&+-]+\s+){{0,3}}?)(?P<noun>{_NOUNS})(?![\w-])", re.I)
_QUICK = re.compile(rf"\d[^.;]{{0,60}}\b(?:{_NOUNS})\b|\b(?:{'|'.join(METRICS)})\b[^;]*\d", re.I)
_ROLE = re.compile(
    r"(?P<tuned>\bfine-?\s?tun\w*)|(?P<trained>\b(?:pre-?\s?)?train(?:ed|s|ing)\b)"
    r"|(?P<holds>\b(?:contain(?:s|ed|ing)?|compris(?:es|ed|ing)|consist(?:s|ed|ing)? of|"
    r"includ(?:es|ed|ing))\b)"
    r"|(?P<other>\b(?:evaluat|test|validat|compar|(?<!more )than\b|outperform|held[- ]out|external|"
    r"without|instead|of which|among|up to|previous|earlier|first|another|each|per)\w*)",
    re.I,
)
_OF_A_PART = re.compile(r"\s+(?:per\b|(?:of|for|from|in|by)\s+(?:each|every|one)\b)", re.I)
_MEASURED = re.compile(
    rf"\b(?P<metric>{'|'.join(sorted(METRICS))})\b(?:\s+(?:scores?|values?|coefficient))?"
    r"\s*(?:of|is|was|=|:|at)\s*$",
    re.I,
)
# Beside the kinds of images, what tells apart what a figure is of.
_FORM = re.compile(r"\b(?:[23]d|text|angiograph)", re.I)
_AT_LEAST = re.compile(r"(?:over|more than|at least|exceeding|nearly|almost|[>≥])\s*$", re.I)
_SAYS_NOTHING = frozenset(map(stem, "medical biomedical diverse different the of".split()))
_LEADS_WITHIN = 50  # characters before the name of what the sentence is about
_LONGEST_NAME = 60
_METRIC_WITHIN = 60  # characters between a metric's beginning and its value
_SMALL = 100  # counts below are often of a part
_TRIFLE = 0.02  # relative difference that is taken for rounding

_What = tuple[tuple[str, ...], str]  # the thing as it is compared, and as text


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure that a sentence gives for something of a named model.

    ``subject`` is the id of the paper that goes by the name. ``what`` is the thing, in stems: two
    quantities of one subject and one ``what`` can be compared; ``label`` says the same as text.
    ``least`` says that it is a lower bound ("over a million").
    """

    subject: str
    what: tuple[str, ...]
    label: str
    number: Number
    least: bool
    quote: Quote

    def agrees(self, other: Quantity) -> bool:
        """Whether both can be true: equal, one the other rounded, or above its lower bound."""
        mine, theirs = self.number.value, other.number.value
        if abs(mine - theirs) <= _TRIFLE * max(abs(mine), abs(theirs)):
            return True
        if self.least or other.least:
            return (self.least and theirs >= mine) or (other.least and mine >= theirs)
        return _rounded(self.number, other.number) or _rounded(other.number, self.number)


def _rounded(short: Number, exact: Number) -> bool:
    return same_number(replace(short, approximate=True), exact)


def quantities(passages: Iterable[StoredPassage], book: NameBook) -> list[Quantity]:
    """All that the passages' sentences say so; tables are left out."""
    found: list[Quantity] = []
    for stored in passages:
        if stored.passage.kind is PassageKind.TABLE or not _QUICK.search(stored.passage.text):
            continue
        for quote in sentences_of(Hit(stored, 0.0)):
            if _QUICK.search(quote.text) and is_quotable(quote.text):
                found += _of_sentence(quote, book)
    return found


def _of_sentence(quote: Quote, book: NameBook) -> list[Quantity]:
    text = quote.text
    leading = book.in_text(text[: _LEADS_WITHIN + _LONGEST_NAME])
    first, shown = next(iter(leading.items()), ("", ""))
    owners = book.papers([first])
    at = text.find(shown)
    if len(owners) != 1 or at > _LEADS_WITHIN:
        return []
    names = book.in_text(text)
    if next(iter(names)) != first:  # it was cut
        return []
    found = []
    for number in numbers(text):
        if number.start < at:
            continue
        what = _measured(text, number, first) or _counted(text, number, names)
        if what is not None:
            key, words = what
            least = bool(_AT_LEAST.search(text[: number.start]))
            found.append(Quantity(owners[0], key, f"{shown}, {words}", number, least, quote))
    times = Counter(one.what for one in found)
    return [one for one in found if times[one.what] == 1]


def _counted(text: str, number: Number, names: dict[str, str]) -> _What | None:
    """What the number counts: the role, the noun and what is said of it; None when unsure."""
    thing = _THING.match(text, number.end)
    if thing is None or number.percent or number.value < _SMALL or len(names) > 1:
        return None
    noun = thing["noun"].lower().rstrip("s")
    kind = {stem(word) for word in thing["kind"].split()} - _SAYS_NOTHING
    if noun == "parameter":
        return ("size", "parameters", *sorted(kind)), " ".join((thing["kind"] + noun + "s").split())
    roles = [match.lastgroup for match in _ROLE.finditer(text, 0, number.start)]
    if not roles or "other" in roles or _OF_A_PART.match(text, thing.end()):
        return None
    role = {"tuned": "fine-tuned on", "trained": "trained on", "holds": "holds"}[roles[-1] or ""]
    shown = " ".join((thing["kind"] + thing["noun"]).split())
    return (role, *sorted(kind), f"{noun}s"), f"{role}: {shown}"


def _measured(text: str, number: Number, subject: str) -> _What | None:
    """The metric that the number is a value of, with all else that the sentence names."""
    metric = _MEASURED.search(text, max(0, number.start - _METRIC_WITHIN), number.start)
    if metric is None:
        return None
    named = named_things(f"x {text}")
    others = sorted(named.keys() - METRICS - {subject, subject + "s"})
    others = [one for one in others if not one[0].isdigit()]
    # Sentences on different kinds of images aren't compared.
    kinds = sorted(kind for kind, said in MODALITIES.items() if said.search(text))
    kinds += sorted({found.lower() for found in _FORM.findall(text)})
    if not others:
        return None
    unit = "%" if number.percent or number.value > 1 else ""
    shown = f"{metric['metric']} on {', '.join(named[one] for one in others)}"
    return (metric["metric"].lower(), "on", *others, unit, *kinds), shown


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two papers' figures for one thing; neither says the other's anywhere."""

    one: Quantity
    other: Quantity


def contradictions(
    papers: Iterable[PaperMeta], passages: Iterable[StoredPassage]
) -> list[Contradiction]:
    """The pairs of papers whose figures for one thing can't both be true, the surest first.

    Where one paper gives several figures for a thing (of a part, of an older version), it
    contradicts only a paper with none of them. Each thing is reported once.
    """
    metas = [paper for paper in papers if is_paper(paper)]
    held = {paper.paper_id for paper in metas}
    mine = (stored for stored in passages if stored.paper.paper_id in held)
    said: dict[tuple[str, tuple[str, ...]], dict[str, list[Quantity]]] = {}
    for one in quantities(mine, NameBook.of(metas)):
        of_thing = said.setdefault((one.subject, one.what), {})
        of_thing.setdefault(one.quote.passage.paper.paper_id, []).append(one)
    found = [pair for by_paper in said.values() if (pair := _against(by_paper)) is not None]
    return sorted(found, key=lambda pair: (-_apart(pair), pair.one.subject, pair.one.what))


def _against(by_paper: dict[str, list[Quantity]]) -> Contradiction | None:
    """The two papers that are farthest apart, the model's own first."""
    best: Contradiction | None = None
    papers = sorted(by_paper)
    for place, paper in enumerate(papers):
        for rival in papers[place + 1 :]:
            pairs = [(a, b) for a in by_paper[paper] for b in by_paper[rival]]
            if any(a.agrees(b) for a, b in pairs):
                continue
            own_last = rival == pairs[0][0].subject
            one, other = pairs[0][::-1] if own_last else pairs[0]
            pair = Contradiction(one, other)
            if best is None or _apart(pair) > _apart(best):
                best = pair
    return best


def _apart(pair: Contradiction) -> float:
    low, high = sorted(abs(one.number.value) for one in (pair.one, pair.other))
    return (high - low) / high if high else 0.0
