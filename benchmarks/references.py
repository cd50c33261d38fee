"""How well bibliographies are read: arXiv ids and titles against third-party truth.

    python -m benchmarks.references

`pdf_refs_gold.jsonl` lists the references of four papers: 84 of 243 with their arXiv id. Ids are
compared a paper at a time, as sets; for those with a title, the id must stand at the entry that
holds the title, too. A title counts as found when one of the paper's references has it with a
ratio of at least 0.9 (rapidfuzz, letters in lower case).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.common import data_folder, json_rows, options_parser, print_table, write_results
from fmqa.reading.bibliography.ids import valid_id
from fmqa.reading.reader import DefaultPdfReader
from fmqa.sources.arxiv_ids import parse_address
from fmqa.types import Document, Reference

_FOUND = 90.0


def main() -> None:
    """Measure, print, and write ``benchmarks/results/references.json``."""
    options_parser(__doc__).parse_args()
    data = data_folder()
    gold = json_rows(data / "references" / "pdf_refs_gold.jsonl")
    names = sorted({row["pdf"] for row in gold})
    documents = {name: DefaultPdfReader().read(data / "pdfs" / name) for name in names}
    papers = measure_papers(gold, documents)
    by_paper = papers.pop("ids by paper")
    print_table("papers", list(papers.items()))
    for name, row in by_paper.items():
        print(f"  {name:<20} {row}")
    write_results("references", {"papers": papers | {"ids by paper": by_paper}})


def measure_papers(gold: list[dict[str, Any]], documents: Mapping[str, Document]) -> dict[str, Any]:
    """Ids and titles of the papers' references against the truth."""
    by_paper: dict[str, Any] = {}
    hits = wanted = found = 0
    right = with_title = titles = titled = 0
    for name in sorted({row["pdf"] for row in gold}):
        rows = [row for row in gold if row["pdf"] == name]
        references = documents[name].references
        true = {_true_id(row) for row in rows if row.get("arxiv")}
        ids = {r.arxiv_id for r in references if r.arxiv_id}
        by_paper[name] = {
            "gold": len(true), "found": len(ids), "missed": sorted(true - ids),
            "not in gold": sorted(ids - true),
        }  # fmt: skip
        hits, wanted, found = hits + len(true & ids), wanted + len(true), found + len(ids)
        for row in rows:
            if not row.get("title"):
                continue
            titles += 1
            titled += _best_title(row["title"], references) >= _FOUND
            if row.get("arxiv"):
                with_title += 1
                entry = _entry_of(row["title"], references)
                right += entry is not None and entry.arxiv_id == _true_id(row)
    return {
        "ids recall": hits / wanted,
        "ids precision": hits / found,
        "ids at the entry with the title": f"{right} of {with_title}",
        "titles found": titled / titles,
        "titles": titles,
        "ids by paper": by_paper,
    }


def _true_id(row: Mapping[str, Any]) -> str:
    """The id of a row of the truth; three lost their archive ("-ph/0001025")."""
    linked = (parse_address(url) for url in row.get("urls", []))
    return valid_id(row["arxiv"]) or next((i.bare for i in linked if i), row["arxiv"])


def _fold(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _best_title(title: str, references: Iterable[Reference]) -> float:
    from rapidfuzz import fuzz

    return max((fuzz.ratio(_fold(title), _fold(r.title)) for r in references), default=0.0)


def _entry_of(title: str, references: Iterable[Reference]) -> Reference | None:
    """The reference whose text holds a title best."""
    from rapidfuzz import fuzz

    scored = [(fuzz.partial_ratio(_fold(title), _fold(r.text)), -i, r)
              for i, r in enumerate(references)]  # fmt: skip
    best = max(scored, default=None, key=lambda item: item[:2])
    return best[2] if best and best[0] >= _FOUND else None


if __name__ == "__main__":
    main()
