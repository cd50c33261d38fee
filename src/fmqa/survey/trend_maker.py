"""The trends of a library: what its papers have, and the data sets that they use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fmqa.answering.citing import Numbering
from fmqa.answering.quotes import is_quotable, sentences_of
from fmqa.errors import NothingToSearch, UsageError
from fmqa.store.library import Library
from fmqa.store.quoted_facets import FacetName
from fmqa.store.record import Record
from fmqa.store.works import one_of_each_work
from fmqa.survey.corpus import Facets, cited, is_paper, standing, values, with_values
from fmqa.survey.facet_maker import FacetMaker
from fmqa.survey.trend_data import By, Observation, Trend, make_trend
from fmqa.survey.vocabulary import DATASETS
from fmqa.types import Hit, PaperMeta, PassageKind, Quote, StoredPassage

_USED = re.compile(
    r"\b(?:pre-?)?train|\bfine-?\s?tun|\bevaluat|\btest(?:ed|s|ing)?\b|\bvalidat|\bexperiment"
    r"|\bbenchmark|\bus(?:e[ds]?|ing)\b|\breach|\bachiev|\bapplied\b|\bdrawn from\b"
    r"|\bcomes? from\b",
    re.IGNORECASE,
)
_NOT_USED = re.compile(
    r"\b(?:unlike|larger than|similar to|such as|e\.g\.|compared (?:with|to)|instead of|surpass"
    r"|outperform|better than|than\b|gap\b|breakthrough|tools?\b|networks pre-?trained|not "
    r"(?:use|train|evaluat|test))",
    re.IGNORECASE,
)
_MOST_PASSAGES = 3000  # passages that name one data set
_INTRODUCES = "dataset"


def dataset_names(papers: Iterable[PaperMeta]) -> dict[str, str]:
    """The data sets that are looked for, and the paper that introduces each, where it is held."""
    own = {
        meta.name.split(" (")[0]: meta.paper_id
        for meta in papers
        if meta.kind == _INTRODUCES and meta.name and not meta.name.isnumeric()
    }
    return dict.fromkeys(DATASETS, "") | own


def used_datasets(record: Record, papers: Sequence[PaperMeta]) -> Iterable[tuple[str, Quote]]:
    """Each data set that a paper says to use, once, with the first sentence that says it.

    A sentence says so when it names the set as it is written, behind a verb of use and not behind
    words that set it apart. The paper that introduces a set isn't one that uses it.
    """
    names = dataset_names(papers)
    counted = {meta.paper_id for meta in papers}
    whole = {name: re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])") for name in names}
    for name, introduced_by in names.items():
        words = " ".join(re.findall(r"\w+", name))
        hits = record.lexical([words], _MOST_PASSAGES)
        found = record.passages([passage_id for passage_id, _ in hits])
        seen = {introduced_by}
        for stored in sorted(found.values(), key=lambda one: one.id):
            paper = stored.paper.paper_id
            if paper in seen or paper not in counted:
                continue
            quote = _saying(stored, whole[name])
            if quote is not None:
                seen.add(paper)
                yield name, quote


def _saying(stored: StoredPassage, name: re.Pattern[str]) -> Quote | None:
    """The passage's first sentence that says that the set is used."""
    if stored.passage.kind is PassageKind.TABLE or not name.search(stored.passage.text):
        return None
    for quote in sentences_of(Hit(stored, 0.0)):
        named = name.search(quote.text)
        before = quote.text[: named.start()] if named else ""
        said = _USED.search(before) and not _NOT_USED.search(before)
        if said and is_quotable(quote.text):
            return quote
    return None


_FACETS = {
    By.KIND: FacetName.KIND,
    By.MODALITY: FacetName.MODALITY,
    By.TASK: FacetName.TASK,
    By.TRAINING: FacetName.TRAINING,
    By.MODEL_SIZE: FacetName.PARAMETERS,
    By.DATA_SIZE: FacetName.DATA,
}


def observe(
    library: Library, by: By, metas: Sequence[PaperMeta], facets: Facets, pdf_url: str
) -> Iterable[Observation]:
    """The observations for a trend."""
    if by is By.DATASETS:
        numbering = Numbering(pdf_url)
        for name, quote in used_datasets(library.record, metas):
            paper = quote.passage.paper.paper_id
            yield Observation(paper, name, None, numbering.cite(quote)[1])
        return
    for meta in metas:
        held = facets.get(meta.paper_id, ())
        if by.is_size:
            # The surest stands first; others may be of a part, or of what it was taken from.
            sizes = (facet for facet in held if facet.name is _FACETS[by] and facet.size)
            surest = next(sizes, None)
            if surest is not None:
                shown = cited(surest, meta, pdf_url)
                yield Observation(meta.paper_id, surest.value, surest.size, shown)
            continue
        for one in values(meta, held, _FACETS[by]):
            shown = cited(one.facet, meta, pdf_url) if one.facet else None
            yield Observation(meta.paper_id, one.value, None, shown)


_KEY = "trend, form 3"  # counted up when trends are made in another way


def trend(maker: FacetMaker, by: By | str) -> Trend:
    """The trend of the library as it is now, kept in the record until what is searched changes.

    Raises:
        UsageError: there is no such trend.
        NothingToSearch: no paper of the library has a point in it.
    """
    try:
        wanted = By(by)
    except ValueError:
        names = ", ".join(one.value for one in By)
        raise UsageError(f"There is no trend by {by!r}.", hint=f"There are {names}.") from None

    def make(generation: int) -> Trend:
        library = maker.library
        metas = [row.meta for row in library.record.papers()]
        papers = one_of_each_work(meta for meta in metas if is_paper(meta))
        facets = maker.facets()
        observed = observe(library, wanted, papers, facets, maker.pdf_url)
        counted = with_values(papers, facets)
        return make_trend(wanted, observed, counted, standing(library, maker.review))

    made = maker.cached(f"{_KEY}, {wanted.value}, {maker.review}, {maker.pdf_url}", Trend, make)
    if not made.points:
        raise NothingToSearch(f"No paper of the library says its {wanted.value}.")
    return made
