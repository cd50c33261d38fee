"""How quotes make an answer that reads as one: which stand together, in which order.

What is asked of several papers by name is told side by side. Where many papers answer, the quotes
are grouped by the terms that they share. Else they stand by paper, as they follow each other in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fmqa.answering.claims import as_said, content_stems, stem
from fmqa.answering.rows import is_row, opens_caption, table_told
from fmqa.retrieval.naming import NameBook
from fmqa.store.lexical import STOP_WORDS
from fmqa.types import PaperMeta, Quote

OTHERS = "Other papers"
FURTHER = "Further findings"

_SURE = 0.8  # of the likeliest quote's probability, for one that stands alone to lead
_FEWEST_PAPERS = 4  # from which on quotes are grouped by what they say
_MOST_HEADS = 5
_WIDEST = 0.6  # of the quotes that one head may stand over
_COMMON = 0.04  # of the library's titles, in which a word is none that tells papers apart
_TERM = re.compile(r"[A-Za-z][A-Za-z-]*[A-Za-z]|\d[\w.%-]*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Group:
    """Quotes, by index, that are read together; ``head`` is empty where they need none."""

    quotes: tuple[int, ...]
    head: str = ""


def arranged(
    question: str, quotes: Sequence[Quote], common: Callable[[], Collection[str]] = frozenset
) -> list[Group]:
    """The quotes in groups, the one that answers best first. Each quote is in one group.

    Args:
        question: what they answer.
        quotes: with their probabilities.
        common: gives the stems that make no head, see `common_stems`.
    """
    if sides := _by_side(question, quotes):
        return sides
    papers = Counter(quote.passage.paper.paper_id for quote in quotes)
    if len(papers) >= _FEWEST_PAPERS and 2 * max(papers.values()) <= len(quotes):
        by_term = _by_term(quotes, {*content_stems(question), *common()})
        if by_term:
            return by_term
    return _by_paper(quotes, range(len(quotes)))


def common_stems(papers: Iterable[PaperMeta]) -> frozenset[str]:
    """The stems that many of a library's titles hold, such as those of "medical image"."""
    titles = [set(content_stems(paper.title)) for paper in papers]
    counted = Counter(one for title in titles for one in title)
    return frozenset(one for one, count in counted.items() if count > _COMMON * len(titles))


def _by_paper(quotes: Sequence[Quote], among: Iterable[int]) -> list[Group]:
    """A group for each paper: its best quote first, then the others as they stand in it."""
    own: dict[str, list[int]] = {}
    for index in _best_first(quotes, among):
        own.setdefault(quotes[index].passage.paper.paper_id, []).append(index)
    return [Group(tuple(_read_on(quotes, indexes))) for indexes in own.values()]


def _paper_by_paper(quotes: Sequence[Quote], among: Iterable[int]) -> list[int]:
    """The same in one row."""
    return [index for group in _by_paper(quotes, among) for index in group.quotes]


def _by_side(question: str, quotes: Sequence[Quote]) -> list[Group]:
    """A group for each paper that the question names, in its order; none where it names fewer."""
    book = NameBook.of(quote.passage.paper for quote in quotes)
    left = list(range(len(quotes)))
    sides: list[Group] = []
    for name, shown in book.in_text(question).items():
        papers = book.papers([name])
        own = [index for index in left if quotes[index].passage.paper.paper_id in papers]
        if own:
            left = [index for index in left if index not in own]
            sides.append(Group(tuple(_paper_by_paper(quotes, own)), shown))
    if len(sides) < 2:
        return []
    rest = tuple(_paper_by_paper(quotes, left))
    return [*sides, Group(rest, OTHERS)] if rest else sides


def _by_term(quotes: Sequence[Quote], known: Collection[str]) -> list[Group]:
    """Groups by terms that quotes of several papers share; none where there are no two such."""
    terms = _shared_terms(quotes, known)
    left = set(range(len(quotes)))
    groups: list[tuple[str, list[int]]] = []
    while terms and len(groups) < _MOST_HEADS:
        # The term of most quotes, of these the longest, of these the one of the best quote.
        head = max(terms, key=lambda one: (len(terms[one] & left), len(one), -min(terms[one])))
        own = terms.pop(head) & left
        if len({quotes[index].passage.paper.paper_id for index in own}) < 2:
            break
        groups.append((head, sorted(own)))
        left -= own
    if len(groups) < 2:
        return []
    if left:
        groups.append((FURTHER, sorted(left)))
    groups.sort(key=lambda group: (group[0] == FURTHER, -_score(quotes, group[1])))
    return [Group(tuple(_own_first(quotes, own)), head) for head, own in groups]


def _shared_terms(quotes: Sequence[Quote], known: Collection[str]) -> dict[str, set[int]]:
    """The terms of two words that tell quotes apart, as first written, and the quotes with each.

    The challenges that its paper is known to meet count as a quote's terms, too.
    """
    written: dict[tuple[str, ...], str] = {}
    there: dict[tuple[str, ...], set[int]] = {}
    for index, quote in enumerate(quotes):
        paper = quote.passage.paper
        told = [(challenge,) for challenge in paper.challenge]
        for words in [*_pairs("" if is_row(quote) else as_said(quote.text)), *told]:
            key = tuple(stem(part) for word in words for part in word.split())
            if not all(one in known for one in key):
                written.setdefault(key, " ".join(words))
                there.setdefault(key, set()).add(index)
    most = _WIDEST * len(quotes)
    shared = {written[key]: own for key, own in there.items() if 1 < len(own) <= most}
    return {term[:1].upper() + term[1:]: own for term, own in shared.items()}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Each two words that stand side by side and carry meaning."""
    for one, other in pairwise(_TERM.findall(text)):
        if all(len(w) > 2 and w[0].isalpha() and w.lower() not in STOP_WORDS for w in (one, other)):
            yield one, other


def _best_first(quotes: Sequence[Quote], among: Iterable[int]) -> list[int]:
    """By probability, but first one that stands alone, where it is nearly as good.

    A sentence of a caption is often no whole sentence, and doesn't.
    """
    order = sorted(among, key=lambda index: -quotes[index].score)
    if order:
        least = _SURE * quotes[order[0]].score
        leads = (
            index
            for index in order
            if is_row(quotes[index]) or not (quotes[index].context or table_told(quotes[index]))
        )
        lead = next((index for index in leads if quotes[index].score >= least), order[0])
        order.insert(0, order.pop(order.index(lead)))
    return order


def _read_on(quotes: Sequence[Quote], own: Sequence[int]) -> list[int]:
    """Quotes of one paper: the first as given, then the others as they stand on its pages.

    What leans on the first follows it. Where it is a table's row, the other rows that were chosen
    follow, and the table's title leads.
    """
    first = quotes[own[0]]
    table = table_told(first)

    def place(index: int) -> tuple[bool, bool, bool, int, int]:
        quote = quotes[index]
        in_table = table is not None and table_told(quote) == table
        titles = in_table and opens_caption(quote)
        beside = in_table or quote is first or quote.context == first.text
        return not beside, not titles, quote is not first, quote.span.page, quote.span.start

    return sorted(own, key=place)


def _own_first(quotes: Sequence[Quote], own: Sequence[int]) -> list[int]:
    """What papers say themselves before what notes on a topic say of them, paper by paper."""
    read = _paper_by_paper(quotes, own)
    return sorted(read, key=lambda index: quotes[index].passage.paper.kind == "topic")


def _score(quotes: Sequence[Quote], own: Iterable[int]) -> float:
    return max(quotes[index].score for index in own)
