"""The review's bibliography and the sentences that cite from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from .texts import ORGANS, Profile, capitals, make_authors

if TYPE_CHECKING:
    from .papers import Entry, How, Paper

Numbered = Sequence[tuple[int, "Cited"]]


@dataclass
class Cited:
    """A work that the review cites; one with no paper isn't on arXiv."""

    how: How
    printed: str
    authors: tuple[str, ...]
    year: int
    paper_or_none: Paper | None = None
    venue: str = ""
    doi: str | None = None
    special: str = ""

    @property
    def paper(self) -> Paper:
        """The paper on arXiv."""
        assert self.paper_or_none is not None
        return self.paper_or_none

    @property
    def profile(self) -> Profile | None:
        """What the paper is about."""
        return self.paper_or_none.profile if self.paper_or_none else None


_VENUES = (
    "In Proceedings of the Imaginary Conference on Image Reading, pp. {a}-{b}",
    "Transactions on Invented Imaging, vol. {v}, no. 3, pp. {a}-{b}",
    "In Workshop on Unlikely Models, pp. {a}-{b}",
)
_IDS = (
    "arXiv preprint arXiv:{id}, {year}.",
    "CoRR abs/{id}, {year}.",
    "arXiv:{id}v1 [cs.CV], {year}.",
    "arXiv:{id}, {year}.",
    "{year}. URL https://arxiv.org/abs/{id}.",
    "Preprint, {id}, {year}.",
)
_BOOKS = (
    "Handbook of {organ} Imaging",
    "Statistics for Readers of {organ} Scans",
    "A Survey of {organ} Atlases before Deep Learning",
    "Reference Standards in {organ} Screening",
)


def not_on_arxiv(count: int, random: Random) -> list[Cited]:
    """Books and journal papers that arXiv hasn't."""
    organs = random.sample(ORGANS, min(count, len(ORGANS)))
    made = []
    for at in range(count):
        organ = capitals(organs[at % len(organs)])
        title = _BOOKS[at % len(_BOOKS)].format(organ=organ)
        if at >= len(organs):
            title += f", Volume {at}"
        year = random.randint(1985, 2014)
        book = at % 2 == 0
        made.append(
            Cited(
                "",
                title,
                tuple(make_authors(random)),
                year,
                venue="Nowhere University Press" if book else f"Annals of Examples, vol. {at + 3}",
                doi=None if book else f"10.5555/annals.{year}.{at}",
            )
        )
    return made


def print_entry(number: int, cited: Cited) -> Entry:
    """The entry as the review prints it, with the truth about it."""
    from .papers import Entry

    start = f"{_initials(cited.authors)}. {cited.printed}. "
    paper, year = cited.paper_or_none, cited.year
    link: str | None = None
    doi = cited.doi
    place = _VENUES[number % 3].format(a=number * 7, b=number * 7 + 9, v=number)
    if paper is None:
        text = f"{start}{cited.venue}, {year}."
        link = f"https://doi.org/{doi}" if doi else None
    elif cited.how == "text":
        text = start + _IDS[number % len(_IDS)].format(id=paper.arxiv_id, year=year)
        link = f"https://arxiv.org/abs/{paper.arxiv_id}" if number % 2 else None
    elif cited.how == "doi":
        text = f"{start}{year}. doi:10.48550/arXiv.{paper.arxiv_id}."
    elif cited.how == "link":
        text = f"{start}{place}, {year}."
        forms = (
            "http://arxiv.org/abs/{}",
            "https://arxiv.org/pdf/{}v1",
            "https://arxiv.org/pdf/{}.pdf",
        )
        link = forms[number % 3].format(paper.arxiv_id)
    else:
        text = f"{start}{place}, {year}."
        doi = f"10.5555/made.up.{number}" if number % 2 else None
    return Entry(
        number,
        text,
        cited.printed,
        cited.authors,
        year,
        paper.arxiv_id if paper else None,
        cited.how,
        link,
        doi,
        scholar_knows=cited.how in ("scholar", "link") or (cited.how == "text" and number % 5 > 0),
    )


def _initials(authors: Sequence[str]) -> str:
    short = [f"{name.split()[0][0]}. {' '.join(name.split()[1:])}" for name in authors]
    if len(short) == 1:
        return short[0].rstrip(".")
    if len(short) == 2:
        return f"{short[0]} and {short[1]}"
    return f"{', '.join(short[:-1])}, and {short[-1]}"


_SINGLE = (
    "{name} [{n}] addresses {task} of the {organ} in {modality} and rests on {method}.",
    "The authors of {name} [{n}] trained {backbone} and report gains on {modality}.",
    "With {method}, {name} [{n}] needs few labels for the {organ}.",
    "For {task} in {modality}, the {manner} design of {name} [{n}] is the most cited one.",
)
_PLAIN = (
    "The early literature was summed up in a book [{n}] that is still consulted.",
    "Reference values were published long before learned models existed [{n}].",
)
_SPANS = (
    "Several systems have followed the same recipe with other organs [{a}–{b}].",
    "Related designs are found in further work [{a}, {b}].",
    "Label noise has been studied in three of these papers [{a}]–[{b}].",
    "Results on rare diseases remain mixed [{c}, {a}–{b}].",
)
_HEADINGS = ("Introduction", "Vision Models", "Promptable Models", "Adaptation", "Outlook")
Mentions = list[tuple[str, tuple[int, ...]]]


def mention_sections(
    numbered: Numbered, random: Random
) -> tuple[list[tuple[str, list[str]]], Mentions]:
    """The review's body, in which each entry is cited, and which sentence cites which entries."""
    from .texts import paragraphs

    last = len(numbered)
    mentions: Mentions = []
    for number, cited in numbered:
        mentions.append((_single(number, cited), (number,)))
        if number % 4 == 0 and number + 2 <= last:
            mentions.append(_span(number, _SPANS[number // 4 % len(_SPANS)], last))
    share = -(-len(mentions) // len(_HEADINGS))
    body = []
    for at, heading in enumerate(_HEADINGS):
        sentences = [text for text, _ in mentions[at * share : (at + 1) * share]]
        body.append((heading, paragraphs(sentences, random)))
    return body, mentions


def _single(number: int, cited: Cited) -> str:
    if cited.profile is None:
        return _PLAIN[number % 2].format(n=number)
    return _SINGLE[number % len(_SINGLE)].format(n=number, **vars(cited.profile))


def _span(number: int, template: str, last: int) -> tuple[str, tuple[int, ...]]:
    a, b = number, number + 2
    c = last if "{c}" in template else 0
    named = (a, b) if "{a}, {b}" in template else (a, a + 1, b)
    if c and c not in named:
        named = (*named, c)
    return template.format(a=a, b=b, c=c), tuple(sorted(named))
