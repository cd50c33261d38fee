"""How many labelled cells are read with their heads: ``python -m benchmarks.tables DIR``.

``DIR`` holds the papers that ``table_cells.jsonl`` names. A cell is right when a row of its page
has its value under a head that holds all of its column's heads, and names all of its row's; shown,
when a row holds the value and the row's heads and nothing is said of the column; wrong, when the
value is told under another head.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.common import json_rows
from fmqa.answering.rows import rows_of, told
from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import Document, Hit, PaperStatus, Quote, Source, StoredPassage

CELLS = Path(__file__).with_name("table_cells.jsonl")


def main() -> None:
    """Print how many cells are right, shown, wrong and missing."""
    cells = json_rows(CELLS)
    counts: Counter[str] = Counter()
    read: dict[str, Document] = {}
    for cell in cells:
        name = cell["paper"]
        if name not in read:
            read[name] = DefaultPdfReader().read(Path(sys.argv[1]) / name)
        found = outcome(cell, rows_on(read[name], cell["page"]))
        counts[found] += 1
        if found != "right":
            print(found, json.dumps(cell, ensure_ascii=False))
    print(f"{len(cells)} cells:", dict(counts))


def rows_on(document: Document, page: int) -> list[Quote]:
    """The rows of all tables on a page."""
    held = [p for p in document.passages if p.spans[0].page == page]
    stored = [
        StoredPassage(n, document.meta, Source.PDF, PaperStatus.CURRENT, passage)
        for n, passage in enumerate(held)
    ]
    return [row for passage in stored for row in rows_of(Hit(passage, 0.0))]


def outcome(cell: dict[str, Any], rows: list[Quote]) -> str:
    """Whether a cell is ``right``, ``shown``, ``wrong`` or ``missing`` among the rows."""
    best = "missing"
    for row in rows:
        said = told(row, known=True)
        if cell["value"] not in said or not all(head in said for head in cell["row"]):
            continue
        if "\t" not in row.text:
            best = "shown" if best == "missing" else best
            continue
        parts = said.split(" – ")[-1].rstrip(".").split("; ")
        heads = [part[: -len(cell["value"]) - 2] for part in parts if part.endswith(cell["value"])]
        if any(all(head in over for head in cell["column"]) for over in heads):
            return "right"
        best = "wrong"
    return best


if __name__ == "__main__":
    main()
