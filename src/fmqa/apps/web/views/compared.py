"""Comparisons, challenges and outlines as HTML: what is said opens to the quote that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fmqa.apps.web.evidence import Place
from fmqa.apps.web.render import escaped
from fmqa.apps.web.views.sheet import outward, paper_heading, table
from fmqa.apps.web.wording import Wording
from fmqa.sources.arxiv_ids import parse_id
from fmqa.types import Source

if TYPE_CHECKING:
    from fmqa.answering.compared import Cell, ComparedRow, Comparison
    from fmqa.errors import AmbiguousName
    from fmqa.survey.challenges import ChallengeMap, Shown
    from fmqa.survey.outlining import Outline

_SHOWN = 12  # papers of a challenge and of a solution


def comparison_table(made: Comparison, say: Wording) -> str:
    """Papers as rows; a cell leads to its evidence, which the page shows beside the table."""
    rows = []
    for row in made.rows:
        cells = "".join(f"<td>{_cell(row, cell, say)}</td>" for cell in row.cells)
        rows.append(f'<tr><th scope="row">{escaped(row.paper.shown)}</th>{cells}</tr>')
    return table(
        say("{count} papers side by side", count=len(made.rows)),
        (say("Paper"), *(say(one.capitalize()) for one in made.columns)),
        rows,
    )


def _cell(row: ComparedRow, cell: Cell, say: Wording) -> str:
    if cell.quote is None or cell.page is None or cell.start is None or cell.end is None:
        return f'<span class="fmqa-meta">{escaped(say("not stated"))}</span>'
    source = Source(row.paper.source)
    at = Place(row.paper.paper_id, cell.version or 0, source, cell.page, cell.start, cell.end)
    return (
        f'<a class="fmqa-cell" href="{escaped(at.address)}" '
        f'title="{escaped(cell.quote)}">{escaped(cell.value)}</a>'
    )


def which_paper(error: AmbiguousName, say: Wording) -> str:
    """A name that several papers go by, asked back with the papers."""
    items = "".join(
        f"<li>{escaped(name)} <code>{escaped(paper_id)}</code></li>"
        for paper_id, name in error.choices
    )
    return (
        f'<div class="fmqa-problem" role="alert"><p class="fmqa-lead">{escaped(error)}</p>'
        f"<p>{escaped(say('Write the id of the one that you mean:'))}</p><ul>{items}</ul></div>"
    )


def challenges_list(made: ChallengeMap, say: Wording) -> str:
    """Each challenge opens to the papers that name it and to what they propose."""
    parts = []
    for challenge in made.challenges:
        solutions = "".join(
            f"<details><summary>{escaped(one.name)} ({len(one.proposed_by)})</summary>"
            f"{_papers(one.proposed_by, say)}</details>"
            for one in challenge.solutions
        )
        named = say("Named by {count} papers", count=len(challenge.named_by))
        parts.append(
            f'<details class="fmqa-challenge"><summary>{escaped(challenge.name)} '
            f"({len(challenge.named_by)})</summary><h3>{escaped(say('What they propose'))}</h3>"
            f"{solutions}<h3>{escaped(named)}</h3>{_papers(challenge.named_by, say)}</details>"
        )
    return "".join(parts)


def outline_text(made: Outline, say: Wording) -> str:
    """The draft, its marks, and its sources with their quotes."""
    sections = []
    for section in made.sections:
        sentences = " ".join(
            f"{escaped(one.text)} "
            f'<span class="fmqa-meta">{"".join(f"[{number}]" for number in one.citations)}</span>'
            for one in section.sentences
        )
        sections.append(f"<h3>{escaped(section.heading)}</h3><p>{sentences}</p>")
    sources = "".join(
        f"<li>{escaped(one.title)}: <q>{escaped(one.quote)}</q> "
        f"{_place(_where(one.arxiv_id or one.paper_id, one.version, one.page, one.source), one.arxiv_id, one.version, say)}</li>"  # noqa: E501
        for one in made.citations
    )
    return (
        f"<article><h2>{escaped(made.topic)}</h2>{''.join(sections)}"
        f"<h3>{escaped(say('Sources'))}</h3><ol>{sources}</ol></article>"
    )


def _papers(papers: Sequence[Shown], say: Wording) -> str:
    items = "".join(
        f"<li>{paper_heading(one.paper_id, one.arxiv_id, one.name, one.title)} "
        f"<q>{escaped(one.quote)}</q></li>"
        for one in papers[:_SHOWN]
    )
    left = len(papers) - _SHOWN
    more = f"<li>{escaped(say('and {count} more', count=left))}</li>" if left > 0 else ""
    return f"<ul>{items}{more}</ul>"


def _where(
    paper: str, version: int | None, page: int | None, source: str
) -> tuple[str, int | None]:
    return f"{paper}{f'v{version}' if version else ''}", None if source == "note" else page


def _place(
    where: tuple[str, int | None], arxiv_id: str | None, version: int | None, say: Wording
) -> str:
    """Where a quote stands, with a link to the paper on arXiv."""
    named, page = where
    told = f"{named}, {say('our note') if page is None else say('page {page}', page=page)}"
    if arxiv_id and parse_id(arxiv_id) is not None:
        shown = f"{arxiv_id}v{version}" if version else arxiv_id
        return outward(f"https://arxiv.org/abs/{shown}", told)
    return f'<span class="fmqa-meta">{escaped(told)}</span>'
