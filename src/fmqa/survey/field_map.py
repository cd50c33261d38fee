"""The map of the field: papers as points, joined where one cites another or both are alike.

Nearness is the cosine of the papers' mean passage vectors after the mean of all papers is taken
away (Mu and Viswanath 2018): in one field everything is alike, and what sets papers apart is what
remains. The layout is ForceAtlas2 (Jacomy et al. 2014), groups are those of Louvain (Blondel et al.
2008); both are seeded, so that the same library always gives the same map. A group is named by the
words and facets that its papers have more often than others.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fmqa.errors import NothingToSearch
from fmqa.store.lexical import STOP_WORDS
from fmqa.survey.corpus import is_paper, paper_fields, with_values
from fmqa.survey.escaping import plain
from fmqa.survey.facet_maker import FacetMaker
from fmqa.types import PaperMeta

if TYPE_CHECKING:
    import networkx as nx


_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")
# What most titles of this field hold, or what says nothing of a subject.
_COMMON = frozenset(
    """medical image images imaging model models foundation learning deep network networks based
    using towards toward via approach method methods novel new large scale large-scale data study
    analysis multi other general paper dataset datasets""".split()
)
_SHARE = 0.15  # of a group's papers must hold a word that names it
_WORDS = 3


def telling_words(groups: Mapping[int, Sequence[MapPaper]]) -> dict[int, str]:
    """A name for each group: its most telling terms, joined by " · ".

    A term's weight is the share of the group's papers that have it times the logarithm of how much
    commoner it is there than in all papers, which is the pointwise part of the mutual information
    of term and group (Manning et al. 2008, 13.5.1).
    """
    spelled: dict[str, Counter[str]] = {}
    held = {
        number: Counter(term for paper in papers for term in _terms(paper, spelled))
        for number, papers in groups.items()
    }
    everywhere = sum(held.values(), Counter())
    count = sum(map(len, groups.values()))
    names: dict[int, str] = {}
    for number, papers in groups.items():
        weighed = []
        for term, times in held[number].items():
            share, usual = times / len(papers), everywhere[term] / count
            if share >= _SHARE and (times > 1 or len(papers) == 1):
                weighed.append((share * math.log(share / usual), term))
        best: list[str] = []
        for weight, term in sorted(weighed, key=lambda pair: (-pair[0], pair[1])):
            if weight > 0 and not any(_overlap(term, one) for one in best):
                best.append(term)
            if len(best) == _WORDS:
                break
        shown = [spelled[term].most_common(1)[0][0] for term in best]
        names[number] = " · ".join(shown) or f"Group {number + 1}"
    return names


def _terms(paper: MapPaper, spelled: dict[str, Counter[str]]) -> set[str]:
    """The paper's terms in lower case; how each is written is counted on the way."""
    found = set()
    words = [word for word in _WORD.findall(paper.title) if word.lower() not in STOP_WORDS]
    for written in [*paper.modality, *paper.tasks, *words]:
        term = written.lower().removesuffix("s") if len(written) > 4 else written.lower()
        if len(term) > 2 and written.lower() not in _COMMON and term not in _COMMON:
            spelled.setdefault(term, Counter())[written] += 1
            found.add(term)
    return found


def _overlap(one: str, other: str) -> bool:
    """Whether a term says again what another says."""
    mine, theirs = (set(re.split(r"[^a-z0-9]+", term)) for term in (one, other))
    return mine <= theirs or theirs <= mine


NEIGHBOURS = 5
THRESHOLD = 0.25  # below it, neighbours of the starter library share a year rather than a subject
_SEED = 7
_ITERATIONS = 120
_CITES = "cites"
_NEAR = "near"

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MapPaper:
    """A paper's point. ``x`` and ``y`` are in 0 to 1; ``cited`` counts held papers that cite it."""

    paper_id: str
    arxiv_id: str | None
    name: str
    title: str
    year: int | None
    kind: str
    modality: tuple[str, ...]
    tasks: tuple[str, ...]
    cluster: int
    x: float
    y: float
    cited: int


@dataclass(frozen=True, slots=True)
class MapEdge:
    """A tie of two papers. ``kind`` is ``cites`` (source cites target) or ``near``.

    ``weight`` is 1 for a citation and the centred cosine, 0 to 1, for nearness.
    """

    source: str
    target: str
    kind: str
    weight: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """A group of papers and the words that tell it from the others, the most telling first."""

    number: int
    name: str
    size: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class FieldMap:
    """All of it, for one generation of the record."""

    generation: int
    papers: tuple[MapPaper, ...]
    edges: tuple[MapEdge, ...]
    clusters: tuple[Cluster, ...]

    def as_json(self, indent: int | None = None) -> str:
        """JSON: the fields by their names."""
        return json.dumps(asdict(self), indent=indent, ensure_ascii=False)

    def only(self, paper_ids: Iterable[str]) -> FieldMap:
        """The map of some of its papers, at the places they have."""
        kept = set(paper_ids)
        papers = tuple(paper for paper in self.papers if paper.paper_id in kept)
        edges = tuple(e for e in self.edges if e.source in kept and e.target in kept)
        sizes = Counter(paper.cluster for paper in papers)
        clusters = tuple(
            replace(one, size=sizes[one.number]) for one in self.clusters if sizes[one.number]
        )
        return FieldMap(self.generation, papers, edges, clusters)


@dataclass(frozen=True, slots=True)
class MapFilter:
    """Which papers of a map are meant; empty means all.

    ``words`` must all stand in a paper's title, name, id, modality or tasks.
    """

    words: str = ""
    years: tuple[int | None, int | None] = (None, None)
    kinds: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()

    def __call__(self, paper: MapPaper) -> bool:
        """Whether it is one of them."""
        first, last = self.years
        year = paper.year or 0
        if (first is not None and year < first) or (last is not None and not 0 < year <= last):
            return False
        if self.kinds and paper.kind not in self.kinds:
            return False
        if self.modalities and not set(self.modalities) & set(paper.modality):
            return False
        text = " ".join((paper.title, paper.name, paper.paper_id, *paper.modality, *paper.tasks))
        return all(word in text.lower() for word in self.words.lower().split())


def build_map(
    generation: int,
    papers: Sequence[PaperMeta],
    citations: Sequence[tuple[str, str]],
    vectors: Mapping[str, Vectors],
) -> FieldMap:
    """Place the papers, tie them, and group them.

    Args:
        citations: (citing, cited) ids.
        vectors: each paper's mean passage vector; a paper may lack one.
    """
    metas = sorted(filter(is_paper, papers), key=lambda meta: meta.paper_id)
    known = {meta.paper_id for meta in metas}
    cites = [pair for pair in citations if set(pair) <= known]
    near = nearest({paper: vectors[paper] for paper in sorted(known) if paper in vectors})
    graph = _graph(sorted(known), cites, near)
    places = _layout(graph)
    groups = _groups(graph)
    cited = Counter(target for _, target in cites)
    placed = tuple(
        MapPaper(
            **paper_fields(meta, MapPaper.__dataclass_fields__),
            cluster=groups[meta.paper_id],
            x=places[meta.paper_id][0],
            y=places[meta.paper_id][1],
            cited=cited[meta.paper_id],
        )
        for meta in metas
    )
    edges = [MapEdge(one, other, _CITES, 1.0) for one, other in cites]
    edges += [MapEdge(one, other, _NEAR, round(weight, 3)) for one, other, weight in near]
    return FieldMap(generation, placed, tuple(edges), _clusters(placed))


def nearest(
    vectors: Mapping[str, Vectors], neighbours: int = NEIGHBOURS, threshold: float = THRESHOLD
) -> list[tuple[str, str, float]]:
    """The pairs of which one is among the other's nearest, with their centred cosine.

    Args:
        vectors: a vector per paper, all of one dimension.
        neighbours: of a paper, at most.
        threshold: the least cosine.
    """
    ids = list(vectors)
    if len(ids) < 3:  # two papers are always opposite about their own mean
        return []
    table = np.stack([vectors[one] for one in ids]).astype(np.float64)
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    table -= table.mean(axis=0)
    table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    cosines = table @ table.T
    np.fill_diagonal(cosines, -1.0)
    pairs: dict[tuple[int, int], float] = {}
    for row, order in enumerate(np.argsort(-cosines, axis=1, kind="stable")[:, :neighbours]):
        for column in order.tolist():
            if cosines[row, column] >= threshold:
                pairs[min(row, column), max(row, column)] = float(cosines[row, column])
    return [(ids[one], ids[other], weight) for (one, other), weight in sorted(pairs.items())]


def _graph(
    ids: Sequence[str],
    cites: Sequence[tuple[str, str]],
    near: Sequence[tuple[str, str, float]],
) -> nx.Graph[str]:
    """The undirected graph of layout and groups: a paper that cites hundreds ties each less."""
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(ids)
    citing = Counter(source for source, _ in cites)
    ties = [(one, other, 1.0 / math.sqrt(citing[one])) for one, other in cites]
    for one, other, weight in [*ties, *near]:
        held = graph.get_edge_data(one, other, {"weight": 0.0})["weight"]
        graph.add_edge(one, other, weight=held + weight)
    return graph


def _layout(graph: nx.Graph[str]) -> dict[str, tuple[float, float]]:
    """A place in the unit square for each paper; those without a tie stand in rows below."""
    import networkx as nx

    alone = [node for node in graph if graph.degree[node] == 0]
    tied = graph.subgraph([node for node in graph if graph.degree[node]])
    places: dict[str, tuple[float, float]] = {}
    floor = 0.0
    if alone:
        columns = max(10, math.ceil(math.sqrt(len(alone) * 4)))
        rows = math.ceil(len(alone) / columns)
        floor = min(0.3, 0.04 * (rows + 1))
        for number, node in enumerate(alone):
            row, column = divmod(number, columns)
            places[node] = ((column + 0.5) / columns, round(1.0 - floor * (row + 0.5) / rows, 4))
    if len(tied):
        found = nx.forceatlas2_layout(tied, seed=_SEED, max_iter=_ITERATIONS, weight="weight")
        table = np.array([found[node] for node in tied])
        low, high = table.min(axis=0), table.max(axis=0)
        table = (table - low) / np.maximum(high - low, 1e-9) * (1.0, (1.0 - 1.3 * floor))
        for node, (x, y) in zip(tied, table.tolist(), strict=True):
            places[node] = (round(x, 4), round(y, 4))
    return places


def _groups(graph: nx.Graph[str]) -> dict[str, int]:
    """The number of each paper's group, the largest 0; papers without a tie are -1."""
    import networkx as nx

    tied = graph.subgraph([node for node in graph if graph.degree[node]])
    found = nx.community.louvain_communities(tied, weight="weight", seed=_SEED) if tied else []
    ordered = sorted(found, key=lambda group: (-len(group), min(group)))
    groups = {node: number for number, group in enumerate(ordered) for node in group}
    return {node: groups.get(node, -1) for node in graph}


def _clusters(papers: Sequence[MapPaper]) -> tuple[Cluster, ...]:
    """The groups under their names, at the middle of their papers."""
    members: dict[int, list[MapPaper]] = {}
    for paper in papers:
        members.setdefault(paper.cluster, []).append(paper)
    members.pop(-1, None)
    names = telling_words(members)
    found = []
    for number, group in sorted(members.items()):
        x, y = (float(np.median([getattr(one, axis) for one in group])) for axis in "xy")
        found.append(Cluster(number, names[number], len(group), round(x, 4), round(y, 4)))
    return tuple(found)


_KEY = "map, form 3"  # counted up when the map is made in another way


def field_map(maker: FacetMaker) -> FieldMap:
    """The map of the library as it is now, kept in the record until what is searched changes.

    Raises:
        NothingToSearch: it holds no paper.
    """

    def make(generation: int) -> FieldMap:
        record = maker.library.record
        papers = with_values([row.meta for row in record.papers()], maker.facets())
        if not any(map(is_paper, papers)):
            raise NothingToSearch("There is no paper to place on a map.")
        ids, vectors = record.paper_vectors(record.model or "")
        means = dict(zip(ids, vectors, strict=True))
        return build_map(generation, papers, maker.library.bibliography.links(), means)

    return maker.cached(_KEY, FieldMap, make)


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
        values = asdict(paper) | {
            "label": paper.name or paper.title,
            "modality": "; ".join(paper.modality),
            "tasks": "; ".join(paper.tasks),
            "cluster_name": names.get(paper.cluster, ""),
        }
        del values["paper_id"], values["name"]
        graph.add_node(plain(paper.paper_id), **_held(values))
    for edge in drawn.edges:
        graph.add_edge(plain(edge.source), plain(edge.target), kind=edge.kind, weight=edge.weight)
    stream = io.BytesIO()
    nx.write_graphml(graph, stream, encoding="utf-8", prettyprint=True)
    return stream.getvalue().decode("utf-8")


def _held(values: dict[str, Any]) -> dict[str, Any]:
    """The values that there are, as GraphML can hold them."""
    return {
        name: plain(value) if isinstance(value, str) else value
        for name, value in values.items()
        if value is not None and value != ""
    }
