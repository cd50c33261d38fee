"""Whether two processes keep one pace, and whether fetching, reading and embedding overlap."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from benchmarks.arxiv_world import Figures, ingest, opened, settings_for
from benchmarks.home import command
from benchmarks.processes import ROOT, environment
from fmqa.reading.pool import ReadLimits, read_files
from fmqa.settings import Settings
from fmqa.sources.arxiv import ArxivClient
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.store.embedding import OnnxEmbedder, SentenceTransformerEmbedder, make_embedder
from fmqa.store.writer import passage_texts
from fmqa.sync.acquisition import Fetching
from fmqa.sync.run_types import Request
from fmqa.types import Document
from tests.small_arxiv import SmallArxiv, World, make_world

Model = OnnxEmbedder | SentenceTransformerEmbedder

_PACE = 3.0
_EACH = 8  # papers that each of the two processes fetches
_LONGEST = 300.0
_FAST, _SLOW = 0.1, 0.5  # at the first embedding takes longest, at the other fetching


def pace() -> Figures:
    """Two `fmqa ingest` of other papers into other data folders, started at once."""
    world = make_world()
    ids = [str(one) for one in ordinary(world)]
    with tempfile.TemporaryDirectory() as scratch, SmallArxiv(world, pace=_PACE) as server:
        began = time.perf_counter()
        started = [
            subprocess.Popen(
                command("ingest", *ids[part * _EACH : (part + 1) * _EACH]),
                env=environment(server.environment() | {"FMQA_HOME": f"{scratch}/{part}"}),
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for part in range(2)
        ]
        statuses = [process.wait(_LONGEST) for process in started]
        seconds = time.perf_counter() - began
        requests = [r for r in server.requests if r.kind in ("api", "pdf")]
        at_once = server.connections_at_once.get("arxiv", 0)
    gaps = [later.at - earlier.at for earlier, later in pairwise(requests)]
    return {
        "pace, s": _PACE,
        "processes": len(started),
        "requests": len(requests),
        "smallest gap, s": round(min(gaps), 4),
        "median gap, s": round(statistics.median(gaps), 4),
        "largest gap, s": round(max(gaps), 4),
        "most connections at once": at_once,
        "seconds": round(seconds, 1),
        "ended with": statuses,
    }


def overlap(papers: int, rounds: int) -> Figures:
    """The time of a whole ingestion against that of its slowest stage alone, at two paces."""
    world = make_world(papers + 20)
    ids = ordinary(world)[:papers]
    embedder = make_embedder(Settings())
    embedder.embed_array(["The model is loaded before anything is timed."])
    measured = {}
    for seconds, times in ((_FAST, rounds), (_SLOW, 1)):
        with SmallArxiv(world, pace=seconds) as server:
            each = [_round(server, ids, embedder) for _ in range(times)]
        measured[f"pace {seconds:g} s"] = _summary(each)
    return {
        "papers": papers,
        "whole to slowest stage": measured[f"pace {_FAST:g} s"]["whole to slowest stage, median"],
        **measured,
    }


def _summary(each: list[dict[str, float]]) -> Figures:
    """Medians over the rounds, and of their ratios."""
    stages = ("fetch", "read", "embed")
    ratios = [row["whole"] / max(row[stage] for stage in stages) for row in each]
    sums = [row["whole"] / sum(row[stage] for stage in stages) for row in each]
    median = {name: round(statistics.median(row[name] for row in each), 2) for name in each[0]}
    return {
        "rounds": len(each),
        "passages": median.pop("passages"),
        "seconds, median": median,
        "seconds, each round": [{k: round(v, 2) for k, v in row.items()} for row in each],
        "slowest stage": max(stages, key=lambda stage: median[stage]),
        "whole to slowest stage, median": round(statistics.median(ratios), 3),
        "whole to slowest stage, each round": [round(ratio, 3) for ratio in ratios],
        "whole to the stages one after the other": round(statistics.median(sums), 3),
    }


def ordinary(world: World) -> list[ArxivId]:
    """The cited papers that have a whole PDF, in their newest version."""
    odd = set(world.special.values())
    return [ArxivId(one, world[one].latest.number) for one in world.cited() if one not in odd]


def _round(server: SmallArxiv, ids: list[ArxivId], embedder: Model) -> dict[str, float]:
    """Seconds of the whole and of each stage alone, over the same papers; who else computes."""
    start, others = time.perf_counter(), _others()
    with tempfile.TemporaryDirectory() as scratch:
        whole, passages = _whole(server, ids, embedder, Path(scratch) / "whole")
        settings = settings_for(server, Path(scratch) / "stages")
        began = time.perf_counter()
        with opened(settings) as library, ArxivClient(settings) as arxiv:
            paths = list(Fetching(arxiv, library.catalog, settings.papers_dir, ids))
        fetched = time.perf_counter()
        results = list(read_files(paths, ReadLimits(), 2))
        read = time.perf_counter()
        documents = [result.document for result in results if result.document]
        assert len(documents) == len(ids)
        _embed(documents, embedder)
        embedded = time.perf_counter()
    return {
        "whole": whole,
        "fetch": fetched - began,
        "read": read - fetched,
        "embed": embedded - read,
        "cores used by others": (_others() - others) / (time.perf_counter() - start),
        "passages": passages,
    }


def _others() -> float:
    """Seconds of CPU that other processes than this one and its ended children have used."""
    import psutil

    whole, own = psutil.cpu_times(), psutil.Process().cpu_times()
    mine = own.user + own.system + own.children_user + own.children_system
    return float(whole.user + whole.nice + whole.system - mine)


def _whole(
    server: SmallArxiv, ids: list[ArxivId], embedder: Model, home: Path
) -> tuple[float, int]:
    settings = settings_for(server, home)
    began = time.perf_counter()
    with opened(settings) as library:
        named = Request(asked=tuple(ids), depth=0)
        report = ingest(settings, library, named, (embedder.fingerprint, embedder.embed_array))
    seconds = time.perf_counter() - began
    assert len(report.ingested) == len(ids), report
    return seconds, report.passages


def _embed(documents: list[Document], embedder: Model) -> None:
    """Paper by paper, as an ingestion does."""
    for document in documents:
        embedder.embed_array(passage_texts(document))
