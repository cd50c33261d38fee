"""The map of a library, made once for each state of it, and the map as GraphML."""

from __future__ import annotations

import io
import re
from typing import Any

from fmqa.errors import NothingToSearch
from fmqa.store.library import Library
from fmqa.survey.corpus import is_paper, with_values
from fmqa.survey.facet_maker import FacetMaker
from fmqa.survey.field_map import FieldMap, build_map

_KEY = "map, form 3"  # counted up when the map is made in another way


class MapMaker:
    """Makes the map, and keeps it in the record until what is searched changes."""

    def __init__(self, library: Library, facets: FacetMaker | None = None) -> None:
        self.library = library
        self.facets = facets or FacetMaker(library)

    def map(self) -> FieldMap:
        """The map of the library as it is now.

        Raises:
            NothingToSearch: it holds no paper.
        """
        return self.facets.cached(_KEY, FieldMap, self._make)

    def _make(self, generation: int) -> FieldMap:
        record = self.library.record
        papers = with_values([row.meta for row in record.papers()], self.facets.facets())
        if not any(map(is_paper, papers)):
            raise NothingToSearch("There is no paper to place on a map.")
        ids, vectors = record.paper_vectors(record.model or "")
        means = dict(zip(ids, vectors, strict=True))
        return build_map(generation, papers, self.library.bibliography.links(), means)


# What XML 1.0 can't hold (2.2 of its recommendation).
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_graphml(drawn: FieldMap) -> str:
    """A directed GraphML document.

    Nodes carry id, label, title, year, kind, modality and tasks (joined by "; "), cluster and its
    name, x, y and the number of held papers that cite them. Edges carry kind and weight; a ``near``
    edge has no direction, and stands once, from the lower id.
    """
    import networkx as nx

    names = {cluster.number: cluster.name for cluster in drawn.clusters}
    graph: Any = nx.MultiDiGraph(name="fmqa: map of the papers", generation=drawn.generation)
    for paper in drawn.papers:
        values = {
            "label": paper.name or paper.title,
            "title": paper.title,
            "arxiv_id": paper.arxiv_id,
            "year": paper.year,
            "kind": paper.kind,
            "modality": "; ".join(paper.modality),
            "tasks": "; ".join(paper.tasks),
            "cluster": paper.cluster,
            "cluster_name": names.get(paper.cluster, ""),
            "x": paper.x,
            "y": paper.y,
            "cited": paper.cited,
        }
        graph.add_node(_plain(paper.paper_id), **_held(values))
    for edge in drawn.edges:
        graph.add_edge(_plain(edge.source), _plain(edge.target), kind=edge.kind, weight=edge.weight)
    stream = io.BytesIO()
    nx.write_graphml(graph, stream, encoding="utf-8", prettyprint=True)
    return stream.getvalue().decode("utf-8")


def _held(values: dict[str, Any]) -> dict[str, Any]:
    """The values that there are, as GraphML can hold them."""
    return {
        name: _plain(value) if isinstance(value, str) else value
        for name, value in values.items()
        if value is not None and value != ""
    }


def _plain(text: str) -> str:
    return _NO_XML.sub("", text)
