"""The tab with the map of the papers: its drawing as SVG, its table, and a paper's card.

The drawing is for pointers and says so to screen readers; the table beside it has the same papers
and opens the same cards by keyboard.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Container, Iterator
from typing import Any

import gradio as gr

from fmqa.apps.web.markup import view
from fmqa.apps.web.tab import (
    PICK_PAPER,
    QUICK,
    Tab,
    opening,
    or_problem,
    picked_paper,
    problem,
    show,
    waiting,
)
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.errors import FmqaError
from fmqa.survey.field_map import FieldMap, MapEdge, MapFilter, MapPaper, field_map

_LIVE: dict[str, Any] = QUICK | {"trigger_mode": "always_last"}
_WIDTH, _HEIGHT, _MARGIN = 1000, 640, 30
_COLOURS = 8  # of the style sheet: .fmqa-c0 to .fmqa-c7
_SMALLEST, _LARGEST = 4.0, 15.0
_LABELS_BEYOND = 3  # groups of fewer papers have no label on the map
_LABEL_HEIGHT = 22
_HALF_LETTER = 4.8  # half of a label's letter, in the drawing's units
_BETWEEN = " · "
_MOST_ALIKE = 6
_MOST_CITATIONS = 1500  # drawn; more would be a grey cloud, and slow to move


class MapTab(Tab):
    """Papers as points, filters that light some of them, and the card of the one picked."""

    key = "map"
    title = "Map"

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
        drawing = gr.HTML(
            waiting(say("Drawing the map…")), elem_id="fmqa-map", js_on_load=PICK_PAPER
        )
        card = gr.HTML(elem_id="fmqa-map-card", js_on_load=PICK_PAPER)
        filters: list[Any] = [words, kinds, modalities, first, last]
        opening(blocks)(self._open, filters, [drawing, *filters[1:]], **QUICK)
        for one in filters:
            one.change(self._draw, filters, drawing, **_LIVE)
        for picking in (drawing, card):
            picked = picking.select(self._card, None, card, **QUICK)
            picked.then(None, js=show("#fmqa-map-card"), **QUICK)

    def _open(self, *filters: Any) -> tuple[Any, ...]:
        try:
            drawn = field_map(self.bench.facets)
        except FmqaError as error:
            return (problem(error, self.say), *(gr.skip() for _ in filters[1:]))
        kinds = sorted({paper.kind for paper in drawn.papers if paper.kind})
        modalities = sorted({one for paper in drawn.papers for one in paper.modality})
        years: list[Any] = ["", *sorted({paper.year for paper in drawn.papers if paper.year})]
        choices = (kinds, modalities, years, years)
        return (self._shown(drawn, *filters), *(gr.Dropdown(choices=one) for one in choices))

    @or_problem
    def _draw(self, *filters: Any) -> str:
        return self._shown(field_map(self.bench.facets), *filters)

    @or_problem
    def _card(self, picked: gr.EventData) -> str:
        return map_card(field_map(self.bench.facets), picked_paper(picked), self.say)

    def _shown(self, drawn: FieldMap, *filters: Any) -> str:
        """The map and its table, as far as the filters let papers through."""
        words, kinds, modalities, first, last = filters
        span = (int(first) if first else None, int(last) if last else None)
        wanted = MapFilter(words or "", span, tuple(kinds or ()), tuple(modalities or ()))
        meant = drawn.only(paper.paper_id for paper in drawn.papers if wanted(paper))
        return f"{map_svg(drawn, wanted, self.say)}{map_table(meant, self.say)}"


def map_svg(drawn: FieldMap, meant: Callable[[MapPaper], bool], say: Wording = IN_ENGLISH) -> str:
    """The map; papers that aren't meant stay as faint points."""
    lit = {paper.paper_id: paper for paper in drawn.papers if meant(paper)}
    at = {paper.paper_id: _place(paper.x, paper.y) for paper in drawn.papers}
    return view(
        "map.drawing",
        say,
        count=len(lit),
        groups=len(drawn.clusters),
        size=(_WIDTH, _HEIGHT),
        lines=[(edge.kind, at[edge.source], at[edge.target]) for edge in _drawn_edges(drawn, lit)],
        faint=[place for paper_id, place in at.items() if paper_id not in lit],
        nodes=[
            (paper, at[paper.paper_id], _radius(paper), _colour(paper)) for paper in lit.values()
        ],
        labels=_labels(drawn, Counter(paper.cluster for paper in lit.values())),
    )


def _drawn_edges(drawn: FieldMap, lit: Container[str]) -> list[MapEdge]:
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


def _radius(paper: MapPaper) -> float:
    return min(_LARGEST, _SMALLEST + 1.6 * math.sqrt(paper.cited))


def _colour(paper: MapPaper) -> str:
    return f"fmqa-c{paper.cluster % _COLOURS}" if paper.cluster >= 0 else "fmqa-alone"


def _labels(drawn: FieldMap, sizes: Counter[int]) -> Iterator[tuple[int, float, float, str, str]]:
    """The groups' names at their middles, moved down where one would cover another.

    Yields:
        Colour, place, the most telling of a group's words, and the second.
    """
    taken: list[tuple[float, float, float]] = []
    for cluster in drawn.clusters:
        if sizes[cluster.number] < _LABELS_BEYOND:
            continue
        x, y = _place(cluster.x, cluster.y)
        words = cluster.name.split(_BETWEEN)[:2]
        half = _HALF_LETTER * len(_BETWEEN.join(words))
        x = min(max(x, half), _WIDTH - half)
        while any(
            abs(y - other_y) < _LABEL_HEIGHT and abs(x - other_x) < half + other_half
            for other_x, other_y, other_half in taken
        ):
            y += _LABEL_HEIGHT
        taken.append((x, y, half))
        yield cluster.number % _COLOURS, x, y, words[0], "".join(words[1:])


def map_table(drawn: FieldMap, say: Wording = IN_ENGLISH) -> str:
    """The same papers as rows, by group; each title is a button that opens its card."""
    ordered = sorted(drawn.papers, key=lambda p: (p.cluster < 0, p.cluster, -p.cited, p.title))
    return view("map.rows", say, ordered, _names(drawn))


def map_card(drawn: FieldMap, paper_id: str, say: Wording = IN_ENGLISH) -> str:
    """A paper with what it cites, what cites it, and what is nearest; empty for no paper's id."""
    papers = {paper.paper_id: paper for paper in drawn.papers}
    paper = papers.get(paper_id)
    if paper is None:
        return ""
    cites = [e.target for e in drawn.edges if e.kind == "cites" and e.source == paper_id]
    cited = [e.source for e in drawn.edges if e.kind == "cites" and e.target == paper_id]
    near = sorted(
        (e for e in drawn.edges if e.kind == "near" and paper_id in (e.source, e.target)),
        key=lambda e: -e.weight,
    )
    alike = [e.target if e.source == paper_id else e.source for e in near[:_MOST_ALIKE]]
    others = [[papers[one] for one in ids if one in papers] for ids in (alike, cites, cited)]
    return view("map.card", say, paper, _names(drawn).get(paper.cluster, ""), *others)


def _names(drawn: FieldMap) -> dict[int, str]:
    return {cluster.number: cluster.name for cluster in drawn.clusters}
