"""The tab with the map of the papers: its drawing as SVG, its table, and a paper's card.

The drawing is for pointers and says so to screen readers; the table beside it has the same papers
and opens the same cards by keyboard.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from fmqa.apps.web.markup import escaped
from fmqa.apps.web.tab import (
    QUICK,
    Context,
    meta_line,
    opening,
    paper_heading,
    problem,
    show,
    table,
    waiting,
)
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.errors import FmqaError
from fmqa.survey.field_map import FieldMap, MapEdge, MapFilter, MapPaper

# A click on a paper, unless it ended a drag of the map.
_PICK = """element.addEventListener('click', (event) => {
  const picked = event.target.closest('[data-paper]');
  const drawing = event.target.closest('svg');
  if (picked && !(drawing && drawing.dataset.dragged)) {
    trigger('select', { paper: picked.dataset.paper });
  }
});"""
_LIVE: dict[str, Any] = QUICK | {"trigger_mode": "always_last"}


class MapTab:
    """Papers as points, filters that light some of them, and the card of the one picked.

    Args:
        context: the program behind the page.
    """

    key = "map"
    title = "Map"

    def __init__(self, context: Context) -> None:
        self.bench = context.bench
        self.say = context.say

    def build(self, blocks: gr.Blocks) -> None:
        """Make the parts in the tab that is open now, and connect them."""
        say = self.say
        with gr.Row(elem_classes="fmqa-controls"):
            words = gr.Textbox(
                label=say("Find"), placeholder=say("model, title or task"), max_length=200
            )
            kinds = gr.Dropdown([], label=say("Kind"), multiselect=True)
            modalities = gr.Dropdown([], label=say("Modality"), multiselect=True)
            first = gr.Dropdown([], label=say("From year"))
            last = gr.Dropdown([], label=say("To year"))
        drawing = gr.HTML(waiting(say("Drawing the map…")), elem_id="fmqa-map", js_on_load=_PICK)
        card = gr.HTML(elem_id="fmqa-map-card", js_on_load=_PICK)
        filters: list[Any] = [words, kinds, modalities, first, last]
        opening(blocks)(self._open, filters, [drawing, *filters[1:]], **QUICK)
        for one in filters:
            one.change(self._draw, filters, drawing, **_LIVE)
        for picking in (drawing, card):
            picked = picking.select(self._card, None, card, **QUICK)
            picked.then(None, js=show("#fmqa-map-card"), **QUICK)

    def _open(self, *filters: Any) -> tuple[Any, ...]:
        try:
            drawn = self.bench.survey.map()
        except FmqaError as error:
            return (problem(error, self.say), *(gr.skip() for _ in filters[1:]))
        kinds = sorted({paper.kind for paper in drawn.papers if paper.kind})
        modalities = sorted({one for paper in drawn.papers for one in paper.modality})
        years: list[Any] = ["", *sorted({paper.year for paper in drawn.papers if paper.year})]
        choices = (kinds, modalities, years, years)
        return (self._shown(drawn, *filters), *(gr.Dropdown(choices=one) for one in choices))

    def _draw(self, *filters: Any) -> str:
        try:
            return self._shown(self.bench.survey.map(), *filters)
        except FmqaError as error:
            return problem(error, self.say)

    def _card(self, picked: gr.EventData) -> str:
        return map_card(self.bench.survey.map(), str(getattr(picked, "paper", "")), self.say)

    def _shown(self, drawn: FieldMap, *filters: Any) -> str:
        """The map and its table, as far as the filters let papers through."""
        words, kinds, modalities, first, last = filters
        span = (int(first) if first else None, int(last) if last else None)
        wanted = MapFilter(words or "", span, tuple(kinds or ()), tuple(modalities or ()))
        meant = drawn.only(paper.paper_id for paper in drawn.papers if wanted(paper))
        return f"{map_svg(drawn, wanted, self.say)}{map_table(meant, self.say)}"


_WIDTH, _HEIGHT, _MARGIN = 1000, 640, 30
_COLOURS = 8  # of the style sheet: .fmqa-c0 to .fmqa-c7
_SMALLEST, _LARGEST = 4.0, 15.0
_LABELS_BEYOND = 3  # groups of fewer papers have no label on the map
_LABEL_HEIGHT = 22
_HALF_LETTER = 4.8  # half of a label's letter, in the drawing's units
_BETWEEN = " · "
_MOST_ALIKE = 6
_MOST_CITATIONS = 1500  # drawn; more would be a grey cloud, and slow to move


def map_svg(drawn: FieldMap, meant: Callable[[MapPaper], bool], say: Wording = IN_ENGLISH) -> str:
    """The map; papers that aren't meant stay as faint points."""
    lit = {paper.paper_id for paper in drawn.papers if meant(paper)}
    at = {paper.paper_id: _place(paper.x, paper.y) for paper in drawn.papers}
    lines = "".join(
        f'<path class="fmqa-{edge.kind}" d="M{_point(at[edge.source])}L{_point(at[edge.target])}"/>'
        for edge in _drawn_edges(drawn, lit)
    )
    faint = "".join(
        f'<circle class="fmqa-faint" cx="{x}" cy="{y}" r="3"/>'
        for paper_id, (x, y) in at.items()
        if paper_id not in lit
    )
    nodes = "".join(
        _node(paper, at[paper.paper_id]) for paper in drawn.papers if paper.paper_id in lit
    )
    words = say(
        "Map of {count} papers in {groups} groups; the table has them as text.",
        count=len(lit),
        groups=len(drawn.clusters),
    )
    zooms = (
        ("in", "+", say("Zoom in")),
        ("out", "−", say("Zoom out")),
        ("all", "↺", say("Show all")),
    )
    buttons = "".join(
        f'<button type="button" data-zoom="{how}" aria-label="{escaped(label)}">{sign}</button>'
        for how, sign, label in zooms
    )
    return (
        f'<div class="fmqa-map"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escaped(words)}">{lines}{faint}{nodes}{_labels(drawn, lit)}</svg>'
        f'<div class="fmqa-zoom">{buttons}</div></div>'
    )


def _drawn_edges(drawn: FieldMap, lit: set[str]) -> list[MapEdge]:
    """The ties to draw: where citations are many, those that tell most.

    That one cites another tells the more, the fewer the one cites and the fewer cite the other.
    """
    ties = [edge for edge in drawn.edges if edge.source in lit and edge.target in lit]
    cites = [edge for edge in ties if edge.kind == "cites"]
    if len(cites) <= _MOST_CITATIONS:
        return ties
    citing = Counter(edge.source for edge in cites)
    cited = Counter(edge.target for edge in cites)
    cites.sort(key=lambda edge: citing[edge.source] * cited[edge.target])
    return [*cites[:_MOST_CITATIONS], *(edge for edge in ties if edge.kind != "cites")]


def _place(x: float, y: float) -> tuple[float, float]:
    return (
        round(_MARGIN + x * (_WIDTH - 2 * _MARGIN), 1),
        round(_MARGIN + y * (_HEIGHT - 2 * _MARGIN), 1),
    )


def _point(at: tuple[float, float]) -> str:
    return f"{at[0]} {at[1]}"


def _node(paper: MapPaper, at: tuple[float, float]) -> str:
    radius = min(_LARGEST, _SMALLEST + 1.6 * math.sqrt(paper.cited))
    shown = paper.name or paper.title
    year = f", {paper.year}" if paper.year else ""
    colour = f"fmqa-c{paper.cluster % _COLOURS}" if paper.cluster >= 0 else "fmqa-alone"
    return (
        f'<g class="fmqa-node {colour}" data-paper="{escaped(paper.paper_id)}">'
        f"<title>{escaped(shown)}{year}</title>"
        f'<circle cx="{at[0]}" cy="{at[1]}" r="{radius:.1f}" style="--fmqa-r:{radius:.1f}px"/>'
        f'<text x="{at[0] + radius + 2:.1f}" y="{at[1] + 3}">{escaped(shown[:28])}</text></g>'
    )


def _labels(drawn: FieldMap, lit: set[str]) -> str:
    """The groups' names at their middles, moved down where one would cover another."""
    sizes: dict[int, int] = {}
    for paper in drawn.papers:
        if paper.paper_id in lit:
            sizes[paper.cluster] = sizes.get(paper.cluster, 0) + 1
    taken: list[tuple[float, float, float]] = []
    labels = []
    for cluster in drawn.clusters:
        if sizes.get(cluster.number, 0) < _LABELS_BEYOND:
            continue
        x, y = _place(cluster.x, cluster.y)
        name, _, rest = _label(cluster.name).partition(_BETWEEN)
        half = _HALF_LETTER * len(_label(cluster.name))
        x = min(max(x, half), _WIDTH - half)
        while any(
            abs(y - other_y) < _LABEL_HEIGHT and abs(x - other_x) < half + other_half
            for other_x, other_y, other_half in taken
        ):
            y += _LABEL_HEIGHT
        taken.append((x, y, half))
        labels.append(
            f'<text class="fmqa-group fmqa-t{cluster.number % _COLOURS}" x="{x:.0f}" y="{y:.0f}">'
            f"{escaped(name)}{_rest_of_label(rest)}</text>"
        )
    return "".join(labels)


def _label(name: str) -> str:
    """The two most telling of a group's words."""
    return _BETWEEN.join(name.split(_BETWEEN)[:2])


def _rest_of_label(rest: str) -> str:
    """What a narrow page leaves out."""
    return f'<tspan class="fmqa-rest"> · {escaped(rest)}</tspan>' if rest else ""


def map_table(drawn: FieldMap, say: Wording = IN_ENGLISH) -> str:
    """The same papers as rows, by group; each title is a button that opens its card."""
    names = {cluster.number: cluster.name for cluster in drawn.clusters}
    ordered = sorted(drawn.papers, key=lambda p: (p.cluster < 0, p.cluster, -p.cited, p.title))
    rows = (
        f'<tr><th scope="row"><button type="button" class="fmqa-pick" '
        f'data-paper="{escaped(paper.paper_id)}">{escaped(paper.name or paper.title)}</button></th>'
        f"<td>{escaped(names.get(paper.cluster, say('on its own')))}</td>"
        f"<td>{escaped(paper.year or '')}</td><td>{escaped(paper.kind)}</td>"
        f"<td>{escaped(', '.join(paper.modality))}</td><td>{paper.cited}</td></tr>"
        for paper in ordered
    )
    heads = (
        say("Paper"),
        say("Group"),
        say("Year"),
        say("Kind"),
        say("Modality"),
        say("Cited by, here"),
    )
    caption = say("The {count} papers of the map, as a table", count=len(drawn.papers))
    return f"<details><summary>{escaped(caption)}</summary>{table(caption, heads, rows)}</details>"


def map_card(drawn: FieldMap, paper_id: str, say: Wording = IN_ENGLISH) -> str:
    """A paper with what it cites, what cites it, and what is nearest; empty for no paper's id."""
    papers = {paper.paper_id: paper for paper in drawn.papers}
    paper = papers.get(paper_id)
    if paper is None:
        return ""
    names = {cluster.number: cluster.name for cluster in drawn.clusters}
    cites = [e.target for e in drawn.edges if e.kind == "cites" and e.source == paper_id]
    cited = [e.source for e in drawn.edges if e.kind == "cites" and e.target == paper_id]
    near = sorted(
        (e for e in drawn.edges if e.kind == "near" and paper_id in (e.source, e.target)),
        key=lambda e: -e.weight,
    )
    alike = [e.target if e.source == paper_id else e.source for e in near[:_MOST_ALIKE]]
    heading = paper_heading(paper.paper_id, paper.arxiv_id, paper.name, paper.title)
    facts = meta_line(paper.year, paper.kind, ", ".join(paper.modality), ", ".join(paper.tasks))
    name = names.get(paper.cluster, "")
    group = meta_line(say("Group: {name}", name=name) if name else "")
    return (
        f'<section class="fmqa-sheet" aria-live="polite"><h3>{heading}</h3>{facts}{group}'
        f"{_others(say('Nearest in content'), alike, papers)}{_others(say('Cites'), cites, papers)}"
        f"{_others(say('Cited by'), cited, papers)}</section>"
    )


def _others(heading: str, ids: list[str], papers: Mapping[str, MapPaper]) -> str:
    if not ids:
        return ""
    buttons = "".join(
        f'<li><button type="button" class="fmqa-pick" data-paper="{escaped(one)}">'
        f"{escaped(papers[one].name or papers[one].title)}</button></li>"
        for one in ids
        if one in papers
    )
    return f'<h4>{heading}</h4><ul class="fmqa-picks">{buttons}</ul>'
