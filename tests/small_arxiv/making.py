"""Makes the small arXiv: a review, what it cites in all the ways that occur, and near misses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from .bibliography import Cited, mention_sections, not_on_arxiv, print_entry
from .papers import How, Paper, Version, World, make_paper, random_of
from .texts import MODALITIES, Profile, capitals, make_authors, make_profile

REVIEW = "2510.16973"
REVIEW_TITLE = "A Small Review of Foundation Models for Made-up Images"
HTML_TITLE = "<script>alert(1)</script> & <b>Net</b>: Segmentation of Hostile Titles"
OLD_ID = "q-bio/0604012"
_SPECIAL = ("html", "withdrawn", "withdrawn_html", "oversize", "truncated", "old")
_SHARES: tuple[tuple[How, float], ...] = (
    ("doi", 0.08), ("link", 0.10), ("scholar", 0.17), ("title", 0.23),
)  # fmt: skip
_FEWEST = 16  # six of them with their ids printed, for the hard cases


def make_world(papers: int = 60, seed: int = 0, *, oversize: int = 101 << 20) -> World:
    """A small arXiv, the same for the same arguments.

    Args:
        papers: how many papers on arXiv the review cites; a third as many near misses, a quarter
            as many papers that nobody cites, and a seventh as many entries that aren't on arXiv
            come on top.
        seed: other seeds make other papers.
        oversize: bytes of the over-size PDF.

    Raises:
        ValueError: fewer than 16 papers, which leaves no room for all kinds.
    """
    if papers < _FEWEST:
        raise ValueError(f"a world has at least {_FEWEST} papers")
    return _Maker(papers, seed, oversize).make()


@dataclass
class _Maker:
    count: int
    seed: int
    oversize: int

    def __post_init__(self) -> None:
        self.random = random_of(self.seed, "world", self.count)
        self.world = World(seed=self.seed, oversize=self.oversize)
        self.numbers = iter(range(1600))
        self.titles: set[str] = set()

    def make(self) -> World:
        cited = [self.cited(how, at) for at, how in enumerate(self.ways())]
        self.specials(cited)
        for at, one in enumerate(c for c in cited if not c.special):
            if at % 4 == 0:
                self.world.add_version(one.paper.arxiv_id, comment="Figures of Section 5 renewed")
        foreign = not_on_arxiv(max(4, self.count // 7), random_of(self.seed, "foreign"))
        everything = [*cited, *foreign]
        self.random.shuffle(everything)
        numbered = list(enumerate(everything, 1))
        review = self.review(numbered)
        self.near_misses(numbered)
        for _ in range(self.count // 4):
            self.world.add(self.paper(categories=self.random.choice((("eess.IV",), ("cs.CL",)))))
        assert len(review.entries) == len(everything)
        return self.world

    def ways(self) -> list[How]:
        """How each cited paper can be resolved; those whose id is printed come first."""
        rest: list[How] = []
        for how, share in _SHARES:
            rest += [how] * max(1, round(share * self.count))
        printed: list[How] = ["text"] * (self.count - len(rest))
        return printed + rest

    def paper(
        self, profile: Profile | None = None, title: str = "", **more: tuple[str, ...]
    ) -> Paper:
        """A paper with an id, a date and a title of its own."""
        published, arxiv_id = self.date_and_id(2017, 2024)
        while True:
            about = profile or make_profile(self.random, next(self.numbers))
            made = make_paper(
                arxiv_id, published, 0, self.seed, title=title, profile=about, **more
            )  # fmt: skip
            if title or made.title not in self.titles:
                self.titles.add(made.title)
                return made

    def date_and_id(self, first: int, last: int) -> tuple[str, str]:
        """A time of publication and a new-style id of that month that is still free."""
        r = self.random
        while True:
            year, month = r.randint(first, last), r.randint(1, 12)
            arxiv_id = f"{year % 100:02}{month:02}.{r.randint(101, 19999):05}"
            if self.world.get(arxiv_id) is None:
                day = f"{year}-{month:02}-{r.randint(1, 28):02}"
                return f"{day}T{r.randint(0, 23):02}:{r.randint(0, 59):02}:07Z", arxiv_id

    def cited(self, how: How, at: int) -> Cited:
        """A cited paper, with a title that suits how it is to be found."""
        title = ""
        about = make_profile(self.random, next(self.numbers))
        if how == "title":
            title = capitals(
                f"{about.manner} {about.task} of the {about.organ} in {about.modality} with "
                f"{about.method}: the {about.name} approach"
            )
        paper = self.world.add(self.paper(about, title))
        return Cited(
            how=how,
            paper_or_none=paper,
            printed=_as_printed(paper, how, at),
            authors=tuple(paper.authors),
            year=paper.year + (how in ("scholar", "title") and at % 2),
        )

    def specials(self, cited: list[Cited]) -> None:
        """The hard cases, all with their id printed, so that a reader comes upon each."""
        for name, one in zip(_SPECIAL, cited, strict=False):
            one.special = name
            paper = one.paper
            self.world.special[name] = paper.arxiv_id
            if name == "html":
                paper.title = one.printed = HTML_TITLE
            elif name == "withdrawn":
                self.world.withdraw(paper.arxiv_id, 404)
            elif name == "withdrawn_html":
                self.world.withdraw(paper.arxiv_id, 200)
            elif name in ("oversize", "truncated"):
                paper.manner = "oversize" if name == "oversize" else "truncated"
            else:
                self.rename(one)

    def rename(self, one: Cited) -> None:
        """Gives a cited paper an old-style id and a date that goes with it."""
        old = make_paper(
            OLD_ID, "2006-04-12T08:30:00Z", 0, self.seed, title=one.paper.title,
            authors=one.paper.authors, categories=("q-bio.QM",), profile=one.paper.profile,
        )  # fmt: skip
        self.world.remove(one.paper.arxiv_id)
        one.paper_or_none = self.world.add(old)
        one.year = 2006
        self.world.special["old"] = OLD_ID

    def review(self, numbered: list[tuple[int, Cited]]) -> Paper:
        """The review itself."""
        entries = [print_entry(number, cited) for number, cited in numbered]
        body, mentions = mention_sections(numbered, random_of(self.seed, "review"))
        date = "2025-10-19T18:04:11Z"
        abstract = (
            f"Foundation models for made-up images have multiplied within a few years. This small "
            f"review covers {self.count} of them, orders them by the organ and the modality that "
            f"they were made for, and compares the Dice scores that they report. We find that most "
            f"gains come from larger collections of labels rather than from new architectures."
        )
        paper = Paper(
            REVIEW, REVIEW_TITLE, make_authors(random_of(self.seed, "reviewers")), date,
            ["cs.CV", "eess.IV"], [Version(1, date, abstract, body, "Accepted as a survey")],
            entries=entries, mentions=mentions,
        )  # fmt: skip
        self.world.review = REVIEW
        return self.world.add(paper)

    def near_misses(self, numbered: list[tuple[int, Cited]]) -> None:
        """Papers that nobody cites, with titles that nearly are, or are, those of entries."""
        wanted = self.count // 3
        by_how = {how: [n for n in numbered if n[1].how == how] for how in ("title", "scholar", "")}
        targets = [*by_how["title"], *by_how[""][:2], *by_how["scholar"]]
        targets += [n for n in numbered if n[1].how in ("link", "doi", "text")]
        for at, (number, cited) in enumerate(targets[:wanted]):
            title, same = _near_title(cited, at, self.random)
            paper = self.paper(
                cited.profile and replace(cited.profile, name=f"{cited.profile.name}X"), title
            )
            if same:
                paper.authors = list(cited.authors)
            self.world.near_misses[self.world.add(paper).arxiv_id] = number


def _as_printed(paper: Paper, how: How, at: int) -> str:
    """The title as a bibliography has it: for a search by title, not quite arXiv's."""
    title, about = paper.title, paper.profile
    if how == "scholar" and about is not None:
        # Published under another title: only a service that knows both leads to arXiv.
        return (
            f"Towards clinical use of {about.manner.lower()} {about.task} models for the "
            f"{about.organ} in {about.modality}"
        )
    if how == "title":
        lower = title[:1] + title[1:].lower()
        forms = (
            lower,
            title.replace(": ", " - "),
            title.replace("-", " "),
            title.split(": ", maxsplit=1)[0],
            title,
        )
        return forms[at % len(forms)]
    return title


def _near_title(cited: Cited, at: int, random: Random) -> tuple[str, bool]:
    """A title near the entry's, and whether it has the same authors (a sequel)."""
    paper = cited.paper_or_none
    if paper is None or paper.profile is None or cited.how == "scholar":
        return cited.printed, False
    title, name = paper.title, paper.profile.name
    other = capitals(random.choice([m for m in MODALITIES if m != paper.profile.modality]))
    here = capitals(paper.profile.modality)
    forms = [
        (title.replace(name, f"{name} 2"), True),
        (title.replace(name, f"{name}v2"), True),
        (title.replace(here, other), False),
        (title, False),
        (f"{title}, Part II", True),
    ]
    if name.casefold() not in cited.printed.casefold():
        return forms[2]  # the subtitle was dropped: by title alone, a sequel would be as good
    if at % len(forms) == 2 and here not in title:
        return forms[0]
    return forms[at % len(forms)]
