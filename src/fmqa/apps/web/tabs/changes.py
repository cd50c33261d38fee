"""The tab with what changed since the review: each change opens to the quotes that show it."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from fmqa.apps.web.markup import escaped
from fmqa.apps.web.tab import (
    QUICK,
    Context,
    meta_line,
    opening,
    paper_heading,
    problem,
    quoted,
    waiting,
)
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.errors import FmqaError
from fmqa.survey.review_changes import Contradicted, NewPaper, ReviewChanges, Revised, Solved
from fmqa.sync.digest import by_kind, tallies


class ChangesTab:
    """New papers, changed figures and contradictions, each with its quotes.

    Args:
        context: the program behind the page.
    """

    key = "changes"
    title = "Changes"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.say = context.say

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        told = gr.HTML(waiting(self.say("Comparing papers…")), elem_id="fmqa-changes")
        opening(blocks)(self._changes, None, told, **QUICK)

    def _changes(self) -> str:
        try:
            return since_review(self.bench.survey.changes(), self.say)
        except FmqaError as error:
            return problem(error, self.say)


_OPEN = 12  # a kind with more papers is folded


def since_review(told: ReviewChanges, say: Wording = IN_ENGLISH) -> str:
    """All of it, part by part."""
    when = f", {told.published}" if told.published else ""
    title = "" if told.title == told.review_id else f"“{escaped(told.title)}” "
    counts = (
        say("New papers: {count}", count=len(told.papers)),
        say("Changed figures: {count}", count=len(told.revised)),
        say("Contradictions: {count}", count=len(told.contradicted)),
        say("Papers here that the review cites: {count}", count=told.cited) if told.cited else "",
    )
    head = (
        f"<h3>{escaped(say('Since the review'))}</h3>"
        f'<p class="fmqa-meta">{title}(arXiv {escaped(told.review_id)}{escaped(when)})</p>'
        f"{meta_line(*counts)}"
    )
    return (
        f'<article class="fmqa-news">{head}{_papers(told.papers, say)}'
        f"{_solved(told.solved, say)}"
        f"{_revised(told.revised, say)}{_contradicted(told.contradicted, say)}</article>"
    )


def _papers(papers: Sequence[NewPaper], say: Wording) -> str:
    if not papers:
        return ""
    counted = "".join(
        meta_line(f"{say(facet)}: " + ", ".join(f"{value} {count}" for value, count in counts))
        for facet, counts in tallies(papers)
    )
    parts = []
    for kind, group in by_kind(papers):
        opened = " open" if len(group) <= _OPEN else ""
        items = "".join(f"<li>{_paper(paper, say)}</li>" for paper in group)
        parts.append(
            f"<details{opened}><summary>{escaped(kind or say('kind not known'))} "
            f'<span class="fmqa-meta">{len(group)}</span></summary><ul>{items}</ul></details>'
        )
    heading = escaped(say("New papers"))
    return f"<section><h4>{heading}</h4>{counted}{''.join(parts)}</section>"


def _paper(paper: NewPaper, say: Wording) -> str:
    badge = ""
    if paper.withdrawn:
        badge = f'<span class="fmqa-badge">{escaped(say("withdrawn"))}</span>'
    facets = meta_line(paper.published, ", ".join(paper.modality), ", ".join(paper.tasks))
    heading = paper_heading(paper.paper_id, paper.arxiv_id, paper.name, paper.title)
    return f"{heading}{badge}{facets}"


def _solved(solved: Sequence[Solved], say: Wording) -> str:
    if not solved:
        return ""
    items = []
    for one in solved:
        badge = f'<span class="fmqa-badge">{escaped(say("first here"))}</span>' if one.first else ""
        quotes = "".join(quoted(side, say) for side in dict.fromkeys((one.named, one.proposed)))
        items.append(
            f'<li><p class="fmqa-figures">{escaped(one.challenge)} → {escaped(one.solution)}'
            f"{badge}</p>{quotes}</li>"
        )
    heading = escaped(say("Challenges with new solutions"))
    return f"<section><h4>{heading}</h4><ul>{''.join(items)}</ul></section>"


def _revised(revised: Sequence[Revised], say: Wording) -> str:
    if not revised:
        return ""
    items = "".join(
        f'<li><p class="fmqa-figures"><del>{escaped(one.figures[0])}</del> → '
        f"<ins>{escaped(one.figures[1])}</ins> "
        f'<span class="fmqa-title">{escaped(one.new.title)}</span></p>'
        f"{quoted(one.old, say)}{quoted(one.new, say)}</li>"
        for one in revised
    )
    heading = escaped(say("New versions with other figures"))
    return f"<section><h4>{heading}</h4><ul>{items}</ul></section>"


def _contradicted(pairs: Sequence[Contradicted], say: Wording) -> str:
    if not pairs:
        return ""
    items = "".join(
        f'<li><p class="fmqa-figures">{escaped(pair.figures[0])} / {escaped(pair.figures[1])} '
        f'<span class="fmqa-title">{escaped(pair.about)}</span></p>'
        f"{quoted(pair.one, say)}{quoted(pair.other, say)}</li>"
        for pair in pairs
    )
    heading = escaped(say("Papers that contradict each other"))
    return f"<section><h4>{heading}</h4><ul>{items}</ul></section>"
