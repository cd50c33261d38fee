"""Writing a large library, paper by paper: whether memory grows with it, and whether it slows down.

    python -m benchmarks.growth [--passages 1000000] [--store sqlite|postgres]

Made-up papers of a hundred passages (`benchmarks.stores_scale.World`) are committed one by one as
an ingestion commits them, and the index is published at the end, in a process of its own, whose
largest resident memory is told at each tenth. With --store the other's figures stay. Reading and
embedding, which hold no more than the papers that are under way, aren't part of it:
`benchmarks.arxiv memory` measures these.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from benchmarks.common import RESULTS, options_parser, print_table, write_results
from benchmarks.processes import run
from benchmarks.stores import database
from benchmarks.stores_scale import World
from fmqa.store.library import Library
from fmqa.types import (
    Document,
    Outcome,
    Page,
    PaperMeta,
    Passage,
    PassageKind,
    ReadResult,
    Source,
    Span,
)

_MODEL = "made-up:384"
_A_PAPER = 100  # passages
_ON_A_PAGE = 10
_PARTS = 10
_STORES = ("sqlite", "postgres")


def main() -> None:
    """Measure each store in a process of its own, print, and keep the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--store", choices=_STORES, default=None)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(grown(options.store, options.passages // _A_PAPER)))
        return
    kept = RESULTS / "growth.json"
    held = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    figures = {store: held[store] for store in _STORES if store in held}
    for store in _STORES if options.store is None else (options.store,):
        named = ["--passages", str(options.passages), "--store", store, "--child"]
        ended = run([sys.executable, "-m", "benchmarks.growth", *named], {})
        figures[store] = json.loads(ended.output)
        print_table(f"{options.passages:,} passages written, {store}", list(figures[store].items()))
        write_results("growth", figures)


def grown(store: str, papers: int) -> dict[str, Any]:
    """Write so many papers and publish; what it took."""
    world = World(papers * _A_PAPER)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database()) if store == "postgres" else ""
        library = Library(folder / "index", folder / "record.sqlite3", url)
        stack.enter_context(closing(library))
        memory, seconds = [peak()], list[float]()
        with library.writing(_MODEL) as writer:
            for part in range(_PARTS):
                began = time.perf_counter()
                for number in range(part * papers // _PARTS, (part + 1) * papers // _PARTS):
                    document = paper(world, number)
                    vectors = world.vectors(len(document.passages))
                    found = ReadResult(folder / f"{number}.pdf", Outcome.OK, sha256=document.sha256)
                    writer.add(document, vectors, _MODEL, found)
                seconds.append(time.perf_counter() - began)
                memory.append(peak())
                print(f"  {part + 1}/{_PARTS}: {memory[-1]} MiB", file=sys.stderr, flush=True)
            began = time.perf_counter()
        publishing = time.perf_counter() - began
        return {
            "passages": papers * _A_PAPER,
            "peak MiB at the start": memory[0],
            "peak MiB after each tenth": memory[1:],
            "last tenth to first, memory": round(memory[-1] / memory[1], 3),
            "passages a second, each tenth": [
                round(papers / _PARTS * _A_PAPER / taken) for taken in seconds
            ],
            "published, s": round(publishing, 1),
            "peak MiB after publishing": peak(),
            "problems found": library.check(),
        }


def peak() -> int:
    """This process's largest resident memory so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def paper(world: World, number: int) -> Document:
    """A paper of a hundred passages on ten pages."""
    texts = world.texts(_A_PAPER)
    pages, passages = list[Page](), list[Passage]()
    for first in range(0, len(texts), _ON_A_PAGE):
        page = first // _ON_A_PAGE + 1
        on_it = texts[first : first + _ON_A_PAGE]
        pages.append(Page(page, "\n".join(on_it)))
        start = 0
        for text in on_it:
            span = Span(page, start, start + len(text))
            passages.append(Passage(len(passages), "Methods", PassageKind.BODY, text, (span,)))
            start += len(text) + 1
    meta = PaperMeta(f"{number // 10_000:04d}.{number % 10_000:05d}", 1, f"Paper {number}")
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return Document(meta, Source.PDF, digest, tuple(pages), tuple(passages))


if __name__ == "__main__":
    main()
