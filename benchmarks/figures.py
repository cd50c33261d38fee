"""The figures that must be reached, and where each stands in the results."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "≥": operator.ge,
    "≤": operator.le,
    ">": operator.gt,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Args:
        name: what it is.
        results: the file that holds it, without `.json`.
        value: the path to it, or what makes it from the file's content.
        test: how it must stand to ``wanted``; empty when it is shown only.
        wanted: the bound.
        unit: shown behind both.
    """

    name: str
    results: str
    value: tuple[str, ...] | Callable[[Mapping[str, Any]], Any]
    test: str = ""
    wanted: Any = None
    unit: str = ""

    def measured(self, content: Mapping[str, Any]) -> Any:
        """The value in a results file; None when it isn't there."""
        if callable(self.value):
            return self.value(content)
        found: Any = content
        for key in self.value:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def row(self, content: Mapping[str, Any]) -> tuple[str, str, str, str]:
        """Name, measured, wanted, and how they compare."""
        value = self.measured(content)
        if value is None:
            return self.name, "not measured", self._bound(), ""
        if not self.test:
            return self.name, self._shown(value), "", ""
        reached = _TESTS[self.test](value, self.wanted)
        return self.name, self._shown(value), self._bound(), "reached" if reached else "SHORT"

    def _bound(self) -> str:
        return f"{self.test} {self._shown(self.wanted)}" if self.test else ""

    def _shown(self, value: Any) -> str:
        return f"{value:,}{self.unit}" if isinstance(value, int | float) else str(value)


def _lead(content: Mapping[str, Any]) -> float:
    """By how much the product is above the better one of its legs on SciFact test."""
    ways = content["scifact"]["test"]
    score = {name: way["nDCG@10"] for name, way in ways.items() if isinstance(way, Mapping)}
    return float(round(score["fmqa"] - max(score["BM25 alone"], score["dense alone"]), 4))


def _titles_found(content: Mapping[str, Any]) -> float:
    return float(round(content["papers"]["titles found"], 3))


# Of papers-dev and of notes-dev, in this order.
_ANSWERS = (
    ("evidence recall", "≥", 0.45, 0.70),
    ("fact recall", "≥", 0.55, 0.80),
    ("citation precision", "≥", 0.45, 0.60),
    ("citations", "≤", 8, 8),
    ("wrong refusals", "≤", 0.08, 0.05),
    ("refusal recall", "≥", 0.80, 0.85),
)
_SETS = ("papers-dev", "notes-dev")


def _answers(place: int, figure: str, test: str, *bounds: float) -> Figure:
    name = _SETS[place]
    return Figure(f"answers, {name}, {figure}", "answers-none", (name, figure), test, bounds[place])


_ASK = "fmqa ask, no model:"

FIGURES = (
    Figure("references, recall of arXiv ids", "references",
           ("papers", "ids recall"), "≥", 0.98),
    Figure("references, precision of arXiv ids", "references",
           ("papers", "ids precision"), "≥", 0.98),
    Figure("references, titles found", "references", _titles_found),
    Figure("robustness, files without exactly one outcome", "robustness",
           ("files_without_exactly_one_result",), "=", 0),
    Figure("robustness, outcomes without words", "robustness", ("results_without_words",), "=", 0),
    Figure("robustness, files over their limit", "robustness", ("over_the_time_limit",), "=", 0),
    Figure("robustness, good papers changed beside them", "robustness",
           ("good_files_changed",), "=", 0),
    Figure("retrieval, SciFact test nDCG@10", "retrieval",
           ("scifact", "test", "fmqa", "nDCG@10"), "≥", 0.73),
    Figure("retrieval, above the better leg by", "retrieval", _lead, ">", 0),
    Figure("retrieval, MED nDCG@10", "retrieval", ("med", "test", "fmqa", "nDCG@10"), "≥", 0.795),
    Figure("ingestion, times as fast as stock", "ingest",
           ("times as fast, median",), "≥", 3),
    Figure("ingestion, peak memory with children", "ingest",
           ("fmqa", "peak MiB with children"), "≤", 1430, " MiB"),
    Figure("search, warm, p50", "latency", ("warm search", "p50, ms"), "≤", 30, " ms"),
    Figure("search, warm, p99", "latency", ("warm search", "p99, ms"), "≤", 100, " ms"),
    Figure("fmqa --help, cold", "latency", ("cold", "fmqa --help, s"), "≤", 0.3, " s"),
    Figure("fmqa search, cold", "latency", ("cold", "fmqa search, s"), "≤", 1.5, " s"),
    Figure("fmqa search, times as fast as stock", "latency", ("stock", "times as fast")),
    Figure("fmqa ask, first verified content", "latency",
           ("cold", f"{_ASK} first verified content, s"), "≤", 2, " s"),
    Figure("fmqa ask, whole answer", "latency",
           ("cold", f"{_ASK} whole answer, s"), "≤", 3, " s"),
    Figure("quotes, answers", "quotes-none", ("summary", "answers"), "≥", 50),
    Figure("quotes, verbatim on the record's page", "quotes-none",
           ("summary", "verbatim on the record's page"), "=", 1),
    Figure("quotes, on the file's page, independently", "quotes-none",
           ("summary", "on the file's page, read independently"), "=", 1),
    Figure("repeatable, answers that are the first ones", "repeatable", ("same", "lowest"), "=", 1),
    *(_answers(place, *row) for place, _ in enumerate(_SETS) for row in _ANSWERS),
    Figure("hidden prompts, found", "injection", ("summary", "found, share"), "=", 1),
    Figure("hidden prompts, false alarms in clean papers", "injection",
           ("summary", "false alarms"), "=", 0),
    Figure("arXiv, kills", "arxiv", ("kills", "kills"), "≥", 100),
    Figure("arXiv, kills, checks that found something", "arxiv", ("kills", "dirty checks"), "=", 0),
    Figure("arXiv, kills, requests for what was committed", "arxiv",
           ("kills", "repeated requests"), "=", 0),
    Figure("arXiv, kills, records that differ", "arxiv", ("kills", "records that differ"), "=", 0),
    Figure("arXiv, 600 papers, peak memory with children", "arxiv",
           ("memory", "peak MiB with children"), "≤", 1430, " MiB"),
    Figure("arXiv, its memory to that of 60 papers", "arxiv",
           ("memory", "many to few"), "≤", 1.25),
    Figure("facets of 50 notes, kind, accuracy", "facets", ("notes", "kind accuracy"), "≥", 0.85),
    Figure("facets of 50 notes, modality, F1", "facets", ("notes", "modality F1"), "≥", 0.85),
    Figure("facets of 50 notes, training, F1", "facets", ("notes", "training F1"), "≥", 0.75),
    Figure("facets of 50 notes, data size, exact", "facets", ("notes", "data size exact"), "≥",
           0.8),
    Figure("facets of 50 notes, quotes on their page", "facets",
           ("notes", "quotes on their page"), "=", 1),
    Figure("facets of the PDFs, kind, accuracy", "facets", ("PDFs", "kind accuracy")),
    Figure("60 questions on both stores, identical citations", "stores",
           ("identical citations",), "≥", 0.95),
    Figure("60 questions on both stores, identical with HNSW", "stores",
           ("identical citations, HNSW forced",), "≥", 0.95),
    Figure("a million passages in PostgreSQL, hybrid search, p50", "stores-scale",
           ("hybrid search, p50, ms",), "≤", 50, " ms"),
    Figure("a million passages in PostgreSQL, recall@10 of the vectors", "stores-scale",
           ("recall@10 of the vectors",), "≥", 0.95),
    Figure("a million passages in PostgreSQL, recall@10 of the words", "stores-scale",
           ("recall@10 of the words",), "≥", 0.95),
    Figure("a million passages written into SQLite, peak memory, last tenth to first", "growth",
           ("sqlite", "last tenth to first, memory"), "≤", 1.1),
    Figure("a million passages, kind of index", "million",
           ("kind",), "=", "IndexIVFScalarQuantizer"),
    Figure("a million passages, search, p50", "million", ("search, p50, ms",), "≤", 3, " ms"),
    Figure("a million passages, recall@10", "million", ("recall@10",), "≥", 0.98),
    Figure("cluster, two workers against one", "cluster",
           ("two workers against one",), "≥", 1.7),
    Figure("cluster, overhead of two workers against the local pipeline", "cluster",
           ("two workers' overhead against local",), "≤", 0.1),
)  # fmt: skip
