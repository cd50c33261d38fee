"""Which papers name a challenge, and what those propose against it, each with its quote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fmqa.answering.schema import NamedPaper, WireModel
from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.survey.corpus import paper_fields, place_of
from fmqa.survey.escaping import escape_markdown
from fmqa.survey.facet_maker import FacetMaker
from fmqa.types import PaperMeta

_SURE = 0.6  # from here on the sentence has a word of problem or of proposal beside the term


class Shown(NamedPaper):
    """A paper with the sentence that shows what is said of it."""

    year: int | None
    version: int | None
    page: int
    source: str
    quote: str
    confidence: float


class Solution(WireModel):
    """What is proposed against a challenge, and by which of the papers that name it."""

    name: str
    proposed_by: tuple[Shown, ...]


class Challenge(WireModel):
    """A challenge, the papers that name it, and what they propose; the commonest first."""

    name: str
    named_by: tuple[Shown, ...]
    solutions: tuple[Solution, ...]


class ChallengeMap(WireModel):
    """The challenges of a library's papers, the commonest first."""

    papers: int
    challenges: tuple[Challenge, ...]


def challenge_map(maker: FacetMaker) -> ChallengeMap:
    """The challenges and solutions of all papers that the library holds."""
    held = maker.facets(names=[FacetName.CHALLENGE, FacetName.SOLUTION])
    metas = {row.meta.paper_id: row.meta for row in maker.library.record.papers()}
    named = _by_value(held, metas, FacetName.CHALLENGE)
    proposed = _by_value(held, metas, FacetName.SOLUTION)
    challenges = []
    for value, papers in named.items():
        of_them = {one.paper_id for one in papers}
        solutions = [
            Solution(name=solution, proposed_by=tuple(mine))
            for solution, shown in proposed.items()
            if (mine := [one for one in shown if one.paper_id in of_them])
        ]
        solutions.sort(key=lambda one: (-len(one.proposed_by), one.name))
        challenges.append(Challenge(name=value, named_by=tuple(papers), solutions=tuple(solutions)))
    challenges.sort(key=lambda one: (-len(one.named_by), one.name))
    return ChallengeMap(papers=len(held), challenges=tuple(challenges))


def _by_value(
    held: Mapping[str, Iterable[Facet]], metas: Mapping[str, PaperMeta], name: FacetName
) -> dict[str, list[Shown]]:
    """The papers with each value, the newest first."""
    found: dict[str, list[Shown]] = {}
    for paper_id, facets in held.items():
        for one in facets:
            if one.name is name and one.confidence >= _SURE and paper_id in metas:
                found.setdefault(one.value, []).append(shown(one, metas[paper_id]))
    for papers in found.values():
        papers.sort(key=lambda one: (-(one.year or 0), one.paper_id))
    return found


def shown(facet: Facet, paper: PaperMeta) -> Shown:
    """A facet as the sentence of its paper that shows it."""
    return Shown(
        **paper_fields(paper),
        year=paper.year,
        version=facet.version or None,
        page=facet.span.page,
        source=facet.source.value,
        quote=" ".join(facet.quote.split()),
        confidence=facet.confidence,
    )


def as_markdown(made: ChallengeMap, most: int = 5) -> str:
    """The map as Markdown, with a few papers for each thing said."""
    lines = [f"# Challenges and solutions, from {made.papers} papers", ""]
    for challenge in made.challenges:
        lines += [f"## {challenge.name} ({len(challenge.named_by)} papers)", ""]
        lines += [_line(one) for one in challenge.named_by[:most]]
        lines += _more(challenge.named_by, most)
        for solution in challenge.solutions:
            lines += ["", f"### {solution.name} ({len(solution.proposed_by)})", ""]
            lines += [_line(one) for one in solution.proposed_by[:most]]
            lines += _more(solution.proposed_by, most)
        lines.append("")
    return "\n".join(lines)


def _line(one: Shown) -> str:
    place = place_of(one.arxiv_id or one.paper_id, one.version, one.source, one.page)
    return f"- {escape_markdown(one.shown)}: “{escape_markdown(one.quote)}” ({place})"


def _more(papers: Sequence[Shown], most: int) -> list[str]:
    return [f"- and {len(papers) - most} more"] if len(papers) > most else []
