"""An evaluation as one HTML file: figures, the risk curve, and every answer. It loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from fmqa.evaluation.evaluator import FIGURES, Figure, Point, risk_curve
from fmqa.evaluation.grading import quoted
from fmqa.proofing.page import whole_page

if TYPE_CHECKING:
    from fmqa.evaluation.evaluator import Evaluation
    from fmqa.evaluation.grading import Grade

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 640, 300, 48, 40, 12
_STYLE = """
:root { --curve: #0b66c3; }
@media (prefers-color-scheme: dark) { :root { --curve: #6db3ff; } }
h2 { font-size: 1.15rem; margin-top: 2.5rem; }
p.facts, .dim { color: var(--dim); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; }
svg { max-width: 100%; height: auto; } svg text { fill: var(--dim); font-size: 12px; }
svg .axis { stroke: var(--line); } svg .curve { stroke: var(--curve); fill: none; stroke-width: 2; }
"""


def page(made: Evaluation) -> str:
    """The report as HTML."""
    head = f"{len(made.grades)} questions, {made.model}"
    missed = made.misses()
    others = [one for one in made.grades if not one.missed]
    whole = [
        (name, shown(figure), interval(figure), f"{figure.part} of {figure.whole}")
        for name, figure in made.figures.items()
    ]
    kinds = [
        (name, str(count), *map(shown, figures.values()))
        for name, (count, figures) in made.by_kind().items()
    ]
    times = ", ".join(f"{name} {value:.2f} s" for name, value in made.seconds().items())
    parts = [
        f'<p class="facts">An answer took: {times}.</p>' if times else "",
        '<p class="bad">Stopped before the last question.</p>' if made.stopped else "",
        *(_line(f"{name} failed", why, "bad") for name, why in made.failed.items()),
        _table(("", "all", "95 %", ""), whole),
        "<h2>By kind</h2>",
        _table(("", "questions", *FIGURES), kinds),
        *_curve_part(risk_curve(made.grades)),
        f"<h2>Nothing wanted was found, or answered though it can't be ({len(missed)})</h2>",
        *map(_question, missed),
        f"<h2>The others ({len(others)})</h2>",
        *map(_question, others),
    ]
    return whole_page(head, "\n".join(parts), _STYLE)


def shown(figure: Figure) -> str:
    """A figure's value in three digits."""
    return "–" if figure.value is None else f"{figure.value:.3f}"


def interval(figure: Figure) -> str:
    """A figure's interval; nothing where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{figure.low:.3f}–{figure.high:.3f}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def _curve_part(points: Sequence[Point]) -> list[str]:
    if not points:
        return []
    said = (
        "Answers ordered by confidence, the surest first: how many of all questions they answer, "
        "and the share of them that has nothing of what was wanted."
    )
    return ["<h2>Risk of an answer at each coverage</h2>", f"<p>{said}</p>", curve_svg(points)]


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
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Risk over coverage">'
        + "".join(lines)
        + f'<polyline class="curve" points="{path}"/>'
        + f'<text x="{_LEFT + across / 2:g}" y="{_HEIGHT - 4}" text-anchor="middle">coverage'
        + f'</text><text x="{_LEFT + 6}" y="{_TOP + 12}">risk</text></svg>'
    )


def _question(one: Grade) -> str:
    mark = '<b class="bad">×</b>' if one.missed else '<b class="good">✓</b>'
    question = one.question
    about = escape(f"{question.id}, {question.kind}")
    head = f"{mark} {escape(question.question)} <small>{about}</small>"
    return f"<details><summary>{head}</summary>{''.join(_opened(one))}</details>"


def _opened(one: Grade) -> Iterable[str]:
    """What an opened question shows: expected, said, quoted, withheld."""
    question, answer = one.question, one.answer
    if question.why:
        yield _line("to be refused", question.why)
    for wordings, stated in zip(question.facts, one.stated, strict=True):
        yield _line("stated" if stated else "not stated", " / ".join(wordings))
    for quotes, found in zip(question.wanted, one.found, strict=True):
        if not found:
            yield _line("not cited", " / ".join(quotes))
    yield f"<p>{escape(str(answer.get('answer', '')))}</p>"
    if answer.get("reason"):
        yield _line("refused", str(answer["reason"]))
    labelled = one.labelled or (False,) * len(answer.get("citations") or ())
    for citation, is_labelled in zip(answer.get("citations") or (), labelled, strict=True):
        where = f"[{citation['number']}] {citation['title']}, p. {citation['page']}"
        yield (
            f"<blockquote>{escape(quoted(citation))}<br>"
            f'<small class="{"good" if is_labelled else "dim"}">{escape(where)}</small>'
            "</blockquote>"
        )
    for withheld in answer.get("withheld") or ():
        yield _line("withheld", f"{withheld['text']} ({withheld['reason']})")


def _line(name: str, text: str, color: str = "") -> str:
    return f'<p class="{color}"><small>{escape(name)}</small> {escape(text)}</p>'
