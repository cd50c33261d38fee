"""The map as GraphML, which Gephi, Cytoscape, yEd, igraph and networkx open."""

from __future__ import annotations

import io
import re
from typing import Any

from fmqa.survey.map import FieldMap

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
