"""The tabs that compare papers and survey challenges, with their HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from fmqa.apps.web.evidence_lookup import Place
from fmqa.apps.web.markup import escaped, outward, place
from fmqa.apps.web.tab import QUICK, Context, opening, paper_heading, problem, table, waiting
from fmqa.apps.web.wording import Wording
from fmqa.errors import AmbiguousName, FmqaError
from fmqa.sources.arxiv_ids import parse_id
from fmqa.types import Source

if TYPE_CHECKING:
    from fmqa.answering.compared import Cell, ComparedRow, Comparison
    from fmqa.answering.schema import Citation
    from fmqa.errors import AmbiguousName
    from fmqa.survey.challenges import ChallengeMap, Shown
    from fmqa.survey.outlining import Outline

_COLUMNS = (
    "architecture",
    "training",
    "data",
    "tasks",
    "kind",
    "modality",
    "parameters",
    "year",
    "challenges",
    "solutions",
)
_DEFAULT = 4
_BETWEEN = re.compile(r"[,;\n]+")


class CompareTab:
    """Names and columns, and the table whose cells open to their quotes.

    Args:
        context: the program behind the page.
    """

    key = "compare"
    title = "Compare"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.say = context.say

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        del blocks
        say = self.say
        with gr.Row(elem_classes="fmqa-controls"):
            names = gr.Textbox(
                label=say("Models"),
                placeholder="MedSAM, BiomedCLIP, UNI",
                max_length=600,
                submit_btn=say("Compare"),
                elem_id="fmqa-compare-names",
            )
            columns = gr.Dropdown(
                [(say(one.capitalize()), one) for one in _COLUMNS],
                value=list(_COLUMNS[:_DEFAULT]),
                label=say("By"),
                multiselect=True,
            )
        shown = gr.HTML(elem_id="fmqa-compare", elem_classes="fmqa-controls")
        names.submit(self._table, [names, columns], shown, **QUICK)
        columns.change(self._table, [names, columns], shown, **QUICK)

    def _table(self, names: str, columns: Any) -> str:
        from fmqa.survey.comparison import DEFAULT, compare

        wanted = [one.strip() for one in _BETWEEN.split(names or "") if one.strip()]
        if not wanted:
            return ""
        try:
            made = compare(self.bench.survey.facets, wanted, tuple(columns or ()) or DEFAULT)
        except AmbiguousName as error:
            return which_paper(error, self.say)
        except FmqaError as error:
            return problem(error, self.say)
        return comparison_table(made, self.say)


class SurveyTab:
    """A topic and its draft; below, each challenge with the papers and what they propose.

    Args:
        context: the program behind the page.
    """

    key = "survey"
    title = "Survey"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.ready = context.ready
        self.say = context.say

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        say = self.say
        with gr.Row(elem_classes="fmqa-controls"):
            topic = gr.Textbox(
                label=say("Draft a section on"),
                placeholder=say("adapting SAM to 3D medical images"),
                max_length=200,
                submit_btn=say("Draft"),
                elem_id="fmqa-outline-topic",
            )
        draft = gr.HTML(elem_id="fmqa-outline", elem_classes="fmqa-controls")
        told = gr.HTML(
            waiting(say("Reading what papers are…")),
            elem_id="fmqa-challenges",
            elem_classes="fmqa-controls",
        )
        opening(blocks)(self._challenges, None, told, **QUICK)
        begun = topic.submit(lambda: waiting(say("Writing and checking…")), None, draft, **QUICK)
        begun.then(
            self._draft,
            topic,
            draft,
            concurrency_limit=1,
            show_progress="hidden",
            api_visibility="private",
        )

    def _challenges(self) -> str:
        from fmqa.survey.challenges import challenge_map

        try:
            return challenges_list(challenge_map(self.bench.survey.facets), self.say)
        except FmqaError as error:
            return problem(error, self.say)

    def _draft(self, topic: str) -> str:
        from fmqa.survey.outlining import outline

        bench = self.bench
        try:
            made = outline(bench.survey.facets, bench.searcher, self.ready.assistant, topic or "")
        except FmqaError as error:
            return problem(error, self.say)
        return outline_text(made, self.say)


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
        f"<li>{escaped(one.title)}: <q>{escaped(one.quote)}</q> {_place(one, say)}</li>"
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


def _place(citation: Citation, say: Wording) -> str:
    """Where a quote stands, with a link to the paper on arXiv."""
    version = f"v{citation.version}" if citation.version else ""
    named = f"{citation.arxiv_id or citation.paper_id}{version}, {place(citation, say)}"
    if citation.arxiv_id and parse_id(citation.arxiv_id) is not None:
        return outward(f"https://arxiv.org/abs/{citation.arxiv_id}{version}", named)
    return f'<span class="fmqa-meta">{escaped(named)}</span>'
