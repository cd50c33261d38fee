"""From a paper's sentences to its facets, each with the sentence that shows it.

Rules over sentences that stand whole on a page. Of a paper's PDF only those count that speak for
the paper: its abstract, and what "we" and "our" say outside of the related work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fmqa.answering.claims import without_citations
from fmqa.answering.quotes import is_quotable, sentences_of, speaks_of_the_paper
from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.survey import vocabulary
from fmqa.survey.sizes import Size, data_sizes, model_sizes
from fmqa.survey.vocabulary import kind_of_work
from fmqa.types import Hit, PassageKind, Quote, Source, StoredPassage

EXTRACTOR = "rules 6"
"""Names these rules: counted up when they change, so that every version is read again."""

_OTHERS = re.compile(
    r"(?i)\b(?:later (?:study|work|paper|version)|other authors|unlike|another|previous(?:ly)?|"
    r"earlier|prior|existing|successor|predecessor|should not be confused)\b"
)
_OURS = re.compile(
    r"\b(?:[Ww]e|[Oo]urs?|[Tt]his (?:paper|work|study|survey|review|article)|"
    r"(?:[Tt]he )?proposed (?:model|method|network|approach|framework))\b"
)
_ASIDE = re.compile(
    r"(?i)related work|references|acknowledg|background|bibliograph|appendix|supplement|funding"
)
_SHOWS = {
    FacetName.TRAINING: re.compile(r"(?i)\btrain|\btun|\blearn|\bdistil|\badapt|\bfreez|\bfroze"),
    FacetName.ARCHITECTURE: re.compile(
        r"(?i)\b(?:uses?|combin|join|consist|built|based|architect|encoder|backbone|with an?|"
        r"is an?)"
    ),
    FacetName.TASK: re.compile(r"(?i)\b(?:evaluat|test|task|applied|perform|benchmark|is an?)"),
    FacetName.CHALLENGE: re.compile(
        r"(?i)\b(?:address|challeng|problem|difficult|limit|because|need|fail|motivat|gap|scarc|"
        r"lack|hard|costl|expensive|however|weak|concern)"
    ),
    FacetName.SOLUTION: re.compile(
        r"(?i)\b(?:propos|introduc|present|develop|by\b|uses?|adds?|trained|learns|through|"
        r"address|allow|so that|is an?)"
    ),
}
_CORE, _OWN, _ASIDE_WEIGHT = 1.0, 0.6, 0.3
_LEADS = 40  # characters within which a sentence says what it is about
_FIRST = 12  # sentences of a paper without an abstract that stand for one
_MOST_OWN = 60  # sentences of a long paper that are looked at beside its abstract
_LEAST_MULTI = 4  # kinds of images from which on a paper is of many
_SPOKEN_OF = 2.2  # what a kind of images scores that is the paper's and no example
_SHARE_OF_MOST = 0.5
_LEAST_SURE = 0.3  # of an amount
# On the notes that the rules were made on, F1 is 0.78 from 0 to 0.65, and precision 0.82 to 0.87.
_SURE_OF_TRAINING = 0.6
_MOST_SAID = 5  # architectures, and tasks
# What follows is no longer of the paper's own model.
_APART = re.compile(
    r"(?i)\b(?:(?<!more )than|outperform\w*|unlike|instead of|rather than|"
    r"compared (?:with|to)|surpass\w*|beats?|exceeds?|avoids?|without needing)\b"
)
_TRAINED_ON = re.compile(
    r"(?i)\b(?:pre-?\s?)?(?:trained|learned|learns|fine-?tuned|tuned)(?: \w+){0,3} (?:on|from) "
    r"(?P<what>(?:[^.;:()]|\.(?=\d)){4,90}?)"
    r"(?=\.(?!\d)|[;:()]|, | which | that | with | by | and then | while |$)"
)
_AMOUNT = re.compile(r"(?i)(?<![\w-])\d[\d,.]*(?!\w*-)|\b(?:thousand|million|billion)s?\b")
_POINTS = re.compile(
    r"(?i)(?:this|these|those|the same|one|an?|each|both|it|them|scratch)\b"
    r"|.*\b(?:GPUs?|TPU\w*|hardware)\b|.*(?:n['’]t\b|\b(?:is|are|was|were|can|helps?|not)\b)"
)
_CAME_OUT = re.compile(
    r"(?i)\b(?:published|presented|appeared|introduced|released|submitted)\b[^.;]{0,60}?"
    r"\b(?P<year>(?:19|20)\d\d)\b"
)
_OF_TEXT = ("vision-language", "dataset")
_SAYS_MORE = frozenset(
    {
        "parameter-efficient fine-tuning",
        "self-supervised",
        "prompt learning",
        "instruction tuning",
        "reinforcement learning",
        "image-text contrastive",
        "federated learning",
    }
)


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence that speaks for the paper, and how much."""

    quote: Quote
    text: str
    weight: float
    place: int


@dataclass(frozen=True, slots=True)
class _Found:
    value: str
    said: _Said
    confidence: float
    score: float


def extract(passages: Sequence[StoredPassage]) -> list[Facet]:
    """The facets of one version of a paper, in the order of `FacetName`."""
    said = _sentences(passages)
    if not said:
        return []
    kind, sure, place = kind_of_work(
        [one.text for one in said if one.weight >= _CORE] or [one.text for one in said]
    )
    core = [one for one in said if one.weight >= _CORE] or said
    if not kind:
        return []
    found = {
        FacetName.KIND: [_Found(kind, core[place], round(sure, 2), 1.0)],
        FacetName.MODALITY: _modalities(said),
        FacetName.ARCHITECTURE: _architectures(said),
        FacetName.TRAINING: _training(said, kind),
        FacetName.TASK: _terms(FacetName.TASK, vocabulary.TASKS, said)[:_MOST_SAID],
    }
    facets = [_facet(name, one) for name, ones in found.items() for one in ones]
    facets += [*_sizes(said, kind), *_years(said)]
    against = _terms(FacetName.CHALLENGE, vocabulary.CHALLENGES, said)
    facets += [_facet(FacetName.CHALLENGE, one) for one in against]
    proposed = _terms(FacetName.SOLUTION, vocabulary.SOLUTIONS, said)
    facets += [_facet(FacetName.SOLUTION, one) for one in proposed if one.said.weight >= _OWN]
    return facets


def sentences_for(passages: Sequence[StoredPassage]) -> list[Quote]:
    """The sentences that speak for the paper, those that do most first, else in reading order."""
    said = _sentences(passages)
    return [one.quote for one in sorted(said, key=lambda one: -one.weight)]


def _sentences(passages: Sequence[StoredPassage]) -> list[_Said]:
    has_abstract = any(one.passage.kind is PassageKind.ABSTRACT for one in passages)
    found: list[_Said] = []
    taken = 0
    for stored in passages:
        if stored.passage.kind in (PassageKind.TABLE, PassageKind.CAPTION):
            continue
        aside = bool(_ASIDE.search(stored.passage.section))
        for quote in sentences_of(Hit(stored, 0.0)):
            text = without_citations(quote.text)
            if not is_quotable(quote.text) or speaks_of_the_paper(quote.text):
                continue
            weight = 0.0
            if stored.source is Source.NOTE:
                others = _OTHERS.search(text)
                weight = _ASIDE_WEIGHT if others and others.start() < _LEADS else _CORE
            elif stored.passage.kind is PassageKind.ABSTRACT or (
                not has_abstract and len(found) < _FIRST
            ):
                weight = _CORE
            elif _OURS.search(text) and not aside and taken < _MOST_OWN:
                taken += 1
                weight = _OWN
            if weight:
                found.append(_Said(quote, text, weight, len(found)))
    return found


def _terms(name: FacetName, terms: vocabulary.Terms, said: Sequence[_Said]) -> list[_Found]:
    """The terms that sentences use, with the sentence that shows each best, the commonest first."""
    shows = _SHOWS.get(name)
    found = []
    for value, pattern in terms.items():
        best: tuple[float, _Said] | None = None
        total = 0.0
        for one in said:
            match = pattern.search(one.text)
            if match is None:
                continue
            worth = one.weight * (1.0 if shows is None or shows.search(one.text) else 0.5)
            worth *= 1.3 if one.place == 0 else 1.0
            total += worth
            if best is None or worth > best[0] + 1e-9:
                best = (worth, one)
        if best is not None:
            sure = min(0.95, 0.4 + 0.25 * best[0] + 0.1 * (total - best[0]))
            found.append(_Found(value, best[1], round(sure, 2), total))
    return sorted(found, key=lambda one: -one.score)


def _modalities(said: Sequence[_Said]) -> list[_Found]:
    """The kinds of images, or "multi" where a paper names many of them or none in particular."""
    held = _terms(FacetName.MODALITY, vocabulary.MODALITIES, said)
    imaging = [one for one in held if one.value != "natural" and one.said.weight >= _OWN]
    several = [one for one in said if vocabulary.MULTI.search(one.text)]
    many = several or [
        one for one in said if one.weight >= _CORE and vocabulary.MEDICAL.search(one.text)
    ]
    lead = [one for one in said if one.place == 0]
    leading = any(
        vocabulary.MODALITIES[found.value].search(one.text) for one in lead for found in imaging
    )
    few = bool(imaging) and len(imaging) < _LEAST_MULTI
    if few and (leading or imaging[0].score >= _SPOKEN_OF or not several):
        most = imaging[0].score
        return [one for one in imaging if one.score >= _SHARE_OF_MOST * most]
    natural = [one for one in held if one.value == "natural"]
    if many and not (natural and natural[0].said.place == 0 and not imaging):
        return [_Found("multi", many[0], 0.75, 1.0)]
    return [one for one in imaging if one.score >= _SHARE_OF_MOST * imaging[0].score] or natural[:1]


def _architectures(said: Sequence[_Said]) -> list[_Found]:
    held = _terms(FacetName.ARCHITECTURE, vocabulary.ARCHITECTURES, said)
    named = []
    for one in held[:_MOST_SAID]:
        match = vocabulary.ARCHITECTURES[one.value].search(one.said.text)
        assert match is not None
        named.append(_Found(match.group(), one.said, one.confidence, one.score))
    return named


def _training(said: Sequence[_Said], kind: str) -> list[_Found]:
    """How the paper's model was trained; what it is set apart from doesn't count."""
    own = [replace(one, text=_own_part(one.text)) for one in said]
    held = {
        one.value: one
        for one in _terms(FacetName.TRAINING, vocabulary.TRAINING, own)
        if one.said.weight >= _OWN
    }
    if "image-text contrastive" not in held and kind in _OF_TEXT:
        held |= _first_of("image-text contrastive", vocabulary.ALIGNS, own)
    if "instruction tuning" not in held and kind == "generalist":
        held |= _first_of("instruction tuning", vocabulary.INSTRUCTS, own)
    if kind == "adaptation" and not held.keys() - {"self-supervised"}:
        tested = _first_of("no training", vocabulary.TESTS, own[:1])
        held = tested or held
    if not held.keys() - {"fine-tuning"} and kind != "survey":
        held |= _first_of("supervised", vocabulary.FROM_LABELS, own)
    if held.keys() & _SAYS_MORE:
        held.pop("fine-tuning", None)
    if held.keys() - {"no training", "fine-tuning"}:
        held.pop("no training", None)
    ranked = sorted(held.values(), key=lambda one: -one.score)
    return [one for one in ranked if one is ranked[0] or one.confidence >= _SURE_OF_TRAINING]


def _own_part(text: str) -> str:
    """The sentence up to where it speaks of what the paper's model is set apart from."""
    apart = _APART.search(text)
    return text[: apart.start()] if apart else text


def _first_of(value: str, pattern: re.Pattern[str], said: Sequence[_Said]) -> dict[str, _Found]:
    """The term, if a sentence only hints at it; surer the more the paper's own it is."""
    for one in said:
        if one.weight >= _OWN and pattern.search(one.text):
            return {value: _Found(value, one, round(0.55 * one.weight, 2), one.weight)}
    return {}


def _sizes(said: Sequence[_Said], kind: str) -> list[Facet]:
    data: list[tuple[float, _Said, Size]] = []
    model: list[tuple[float, _Said, Size]] = []
    for one in said:
        for size in data_sizes(one.text, is_dataset=kind == "dataset"):
            data.append((size.confidence * one.weight, one, size))
        for size in model_sizes(one.text):
            model.append((size.confidence * one.weight, one, size))
    return [
        *_amounts(FacetName.DATA, data),
        *_named_data(said),
        *_amounts(FacetName.PARAMETERS, model),
    ]


def _named_data(said: Sequence[_Said]) -> list[Facet]:
    """What a model was trained on, in the paper's own words, where it stands without a number."""
    for one in said:
        match = _TRAINED_ON.search(_own_part(one.text))
        if match and one.weight >= _OWN and not _AMOUNT.search(match["what"]):
            value = " ".join(match["what"].split()).rstrip(" ,")
            if value and not _POINTS.match(value) and value in " ".join(one.quote.text.split()):
                return [_facet(FacetName.DATA, _Found(value, one, 0.45, 0.45))]
    return []


def _years(said: Sequence[_Said]) -> list[Facet]:
    """The year in which the paper says that it came out."""
    for one in said:
        match = _CAME_OUT.search(one.text)
        if match and one.weight >= _CORE:
            found = _facet(FacetName.YEAR, _Found(match["year"], one, 0.7, 0.7))
            return [replace(found, size=float(match["year"]), unit="year")]
    return []


def _amounts(name: FacetName, found: Iterable[tuple[float, _Said, Size]]) -> list[Facet]:
    held: dict[tuple[float, str], Facet] = {}
    for sure, one, size in sorted(found, key=lambda item: -item[0]):
        if (size.value, size.unit) not in held and sure >= _LEAST_SURE:
            facet = _facet(name, _Found(size.text, one, round(sure, 2), sure))
            held[size.value, size.unit] = replace(facet, size=size.value, unit=size.unit)
    return list(held.values())


def _facet(name: FacetName, found: _Found) -> Facet:
    return Facet.shown_by(found.said.quote, name, found.value, found.confidence)
