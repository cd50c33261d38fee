"""What changed since the review, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from fmqa.apps.web.render import escaped
from fmqa.apps.web.views.sheet import meta_line, paper_heading, quoted
from fmqa.survey.since import Contradicted, NewPaper, Revised, SinceReview
from fmqa.sync.digest import by_kind, summary, tallies

_OPEN = 12  # a kind with more papers is folded


def since_review(told: SinceReview) -> str:
    """All of it, part by part."""
    when = f", {told.published}" if told.published else ""
    title = "" if told.title == told.review_id else f"“{escaped(told.title)}” "
    head = (
        f"<h3>Since the review</h3>"
        f'<p class="fmqa-meta">{title}(arXiv {escaped(told.review_id)}{escaped(when)})</p>'
        f"<p>{escaped(summary(told))}</p>"
    )
    return (
        f'<article class="fmqa-news">{head}{_papers(told.papers)}{_revised(told.revised)}'
        f"{_contradicted(told.contradicted)}</article>"
    )


def _papers(papers: Sequence[NewPaper]) -> str:
    if not papers:
        return ""
    counted = "".join(meta_line(line) for line in tallies(papers, str))
    parts = []
    for kind, group in by_kind(papers):
        opened = " open" if len(group) <= _OPEN else ""
        items = "".join(f"<li>{_paper(paper)}</li>" for paper in group)
        parts.append(
            f"<details{opened}><summary>{escaped(kind)} "
            f'<span class="fmqa-meta">{len(group)}</span></summary><ul>{items}</ul></details>'
        )
    return f"<section><h4>New papers</h4>{counted}{''.join(parts)}</section>"


def _paper(paper: NewPaper) -> str:
    badge = '<span class="fmqa-badge">withdrawn</span>' if paper.withdrawn else ""
    facets = meta_line(paper.published, ", ".join(paper.modality), ", ".join(paper.tasks))
    return (
        f"{paper_heading(paper.paper_id, paper.arxiv_id, paper.name, paper.title)}{badge}{facets}"
    )


def _revised(revised: Sequence[Revised]) -> str:
    if not revised:
        return ""
    items = "".join(
        f'<li><p class="fmqa-figures"><del>{escaped(one.figures[0])}</del> → '
        f"<ins>{escaped(one.figures[1])}</ins> "
        f'<span class="fmqa-title">{escaped(one.new.title)}</span></p>'
        f"{quoted(one.old)}{quoted(one.new)}</li>"
        for one in revised
    )
    return f"<section><h4>New versions with other figures</h4><ul>{items}</ul></section>"


def _contradicted(pairs: Sequence[Contradicted]) -> str:
    if not pairs:
        return ""
    items = "".join(
        f'<li><p class="fmqa-figures">{escaped(pair.figures[0])} or {escaped(pair.figures[1])} '
        f'<span class="fmqa-title">{escaped(pair.about)}</span></p>'
        f"{quoted(pair.one)}{quoted(pair.other)}</li>"
        for pair in pairs
    )
    return f"<section><h4>Papers that contradict each other</h4><ul>{items}</ul></section>"
