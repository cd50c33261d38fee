"""An evaluation as one HTML file: figures, the risk curve, and every answer. It loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from fmqa.errors import UsageError

if TYPE_CHECKING:
    from fmqa.evaluation.evaluator import Evaluation
    from fmqa.evaluation.figures import Figures, Point, Share
    from fmqa.evaluation.observing import Observed

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 640, 300, 48, 40, 12
_GROUP_COLUMNS = (
    "right",
    "fact recall",
    "cited papers that support",
    "answered when answerable",
    "abstention recall",
    "retrieval recall@10",
)
_STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --dim: #5b6672; --paper: #fff; --line: #d5dbe1;
  --bad: #b3261e; --good: #1a7f37; --curve: #0b66c3; --card: #f5f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e8ee; --dim: #9aa6b2; --paper: #12171d; --line: #323b45; --bad: #ff8a80;
    --good: #6fdc8c; --curve: #6db3ff; --card: #1b222a; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
p.facts, small, .dim { color: var(--dim); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; }
.bad { color: var(--bad); } .good { color: var(--good); }
blockquote { margin: .4rem 0; padding: .4rem .8rem; background: var(--card); font-size: .95em;
  border-left: 3px solid var(--line); overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; } svg text { fill: var(--dim); font-size: 12px; }
svg .axis { stroke: var(--line); } svg .curve { stroke: var(--curve); fill: none; stroke-width: 2; }
svg circle { fill: var(--curve); }
"""


def write_page(path: Path, made: Evaluation) -> None:
    """Write the report.

    Raises:
        UsageError: the file can't be written.
    """
    try:
        path.write_text(page(made), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}.") from error


def page(made: Evaluation) -> str:
    """The report as HTML."""
    whole, halves = made.figures, made.halves()
    head = f"{whole.questions} questions to {made.papers} papers"
    wrong = [row for row in made.rows if not row.right]
    right = [row for row in made.rows if row.right]
    parts = [
        f"<h1>{head}</h1>",
        f'<p class="facts">Model {escape(made.model)}, library generation {made.generation}, begun '
        f"{escape(made.began)}.{_remarks(made)}</p>",
        "<h2>Figures</h2>",
        _shares_table(whole, halves),
        _times_table(whole),
        "<h2>Risk of an answer at each coverage</h2>",
        _curve_part(whole),
        "<h2>By type</h2>",
        _group_table(made.by_type()),
        "<h2>By language</h2>",
        _group_table(made.by_language()),
        f"<h2>Wrong ({len(wrong)})</h2>",
        *map(_question, wrong),
        f"<h2>Right ({len(right)})</h2>",
        *map(_question, right),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{head}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _remarks(made: Evaluation) -> str:
    remarks = [escape(notice) for notice in made.notices]
    if made.stopped:
        remarks.append("Stopped before the last question.")
    if made.figures.tokens is not None:
        read, written = made.figures.tokens
        remarks.append(f"{read:,} tokens read and {written:,} written by the model.")
    return "".join(f" {remark}" for remark in remarks)


def _shares_table(whole: Figures, halves: Mapping[str, Figures]) -> str:
    names = [name for name in ("fit", "test") if name in halves]
    rows = [
        (
            name,
            _number(share.value),
            _interval(share),
            f"{round(share.part, 2):g} of {share.whole:g}",
            *(_number(_value(halves[half], name)) for half in names),
        )
        for name, share in whole.shares.items()
    ]
    return _table(("", "all", "95 %", "", *names), rows)


def _times_table(whole: Figures) -> str:
    rows = [(name, f"{value:,.0f} ms") for name, value in whole.times.items()]
    return _table(("time", ""), rows) if rows else ""


def _group_table(groups: Mapping[str, Figures]) -> str:
    rows = [
        (name, str(made.questions), *(_number(_value(made, column)) for column in _GROUP_COLUMNS))
        for name, made in groups.items()
    ]
    return _table(("", "questions", *_GROUP_COLUMNS), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def _value(made: Figures, name: str) -> float | None:
    share = made.shares.get(name)
    return share.value if share is not None else None


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(share: Share) -> str:
    if share.low is None or share.high is None:
        return ""
    return f"{share.low:.3f}–{share.high:.3f}"


def _curve_part(whole: Figures) -> str:
    if whole.area is None:
        return "<p>Nothing was answered.</p>"
    said = (
        "Answers ordered by confidence, the surest first: how many of all questions they answer, "
        f"and the share of them that is wrong. Mean risk {whole.area:.3f}."
    )
    return f"<p>{said}</p>{curve_svg(whole.curve)}"


def curve_svg(points: Iterable[Point]) -> str:
    """Risk over coverage, both from 0 to 1, as an SVG element."""
    across, down = _WIDTH - _LEFT - _TOP, _HEIGHT - _BOTTOM - _TOP

    def at(coverage: float, risk: float) -> tuple[float, float]:
        return _LEFT + coverage * across, _TOP + (1 - risk) * down

    lines = []
    for step in range(5):
        x, y = at(step / 4, step / 4)
        lines += [
            f'<line class="axis" x1="{_LEFT}" x2="{_LEFT + across}" y1="{y:g}" y2="{y:g}"/>',
            f'<text x="{_LEFT - 8}" y="{y + 4:g}" text-anchor="end">{step / 4:g}</text>',
            f'<text x="{x:g}" y="{_HEIGHT - 22}" text-anchor="middle">{step / 4:g}</text>',
        ]
    places = [at(point.coverage, point.risk) for point in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in places)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Risk over coverage">'
        + "".join(lines)
        + f'<polyline class="curve" points="{path}"/>{dots}'
        + f'<text x="{_LEFT + across / 2:g}" y="{_HEIGHT - 4}" text-anchor="middle">coverage'
        + f'</text><text x="{_LEFT + 6}" y="{_TOP + 12}">risk</text></svg>'
    )


def _question(row: Observed) -> str:
    question = row.question
    mark = '<b class="good">✓</b>' if row.right else '<b class="bad">×</b>'
    kind = escape(f"{question.id}, {question.type}, {question.half}")
    asked = f'<span lang="{escape(question.lang)}">{escape(question.question)}</span>'
    head = f"{mark} {asked} <small>{kind}</small>"
    return f"<details><summary>{head}</summary>{''.join(_opened(row))}</details>"


def _opened(row: Observed) -> Iterable[str]:
    """What an opened question shows: expected, said, quoted, withheld."""
    question, answer = row.question, row.answer
    if row.asked != question.question:
        yield _line("understood as", row.asked)
    if question.gold_refusal:
        yield _line("to be refused", question.gold_refusal)
    if row.missed and row.answered:
        yield _line("missed", "; ".join(row.missed), "bad")
    elif row.missed:
        yield _line("expected", "; ".join(row.missed))
    if question.supporting_ids:
        yield _line("supported by", ", ".join(question.supporting_ids))
        missing = [one for one in question.supporting_ids if one not in row.ranked[:10]]
        yield _line("of these not among the 10 nearest", ", ".join(missing)) if missing else ""
    if row.error:
        yield _line("failed", row.error, "bad")
    if answer is None:
        return
    yield f"<p>{escape(answer.answer)}</p>"
    if answer.reason:
        yield _line("abstained", answer.reason)
    for citation in answer.citations:
        supports = citation.paper_id in question.supporting_ids
        where = f"[{citation.number}] {citation.title} ({citation.paper_id}), p. {citation.page}"
        color = "good" if supports else "dim"
        yield (
            f"<blockquote>{escape(citation.quote)}<br>"
            f'<small class="{color}">{escape(where)}</small></blockquote>'
        )
    for withheld in answer.withheld:
        yield _line("withheld", f"{withheld.text} ({withheld.reason})")
    if row.judgement is not None:
        yield _line("judged", "; ".join(row.judgement.reasons))
    first = "" if row.first_ms is None else f"first content {row.first_ms:.0f} ms, "
    yield _line("confidence", f"{row.confidence:.3f}, {first}whole {row.total_ms:.0f} ms")


def _line(name: str, text: str, color: str = "") -> str:
    return f'<p class="{color}"><small>{escape(name)}</small> {escape(text)}</p>'
