"""How well bibliographies are read: arXiv ids, titles and years against third-party truth.

    python -m benchmarks.references

`pdf_refs_gold.jsonl` lists the references of four papers: 84 of 243 with their arXiv id. Ids are
compared a paper at a time, as sets; for those with a title, the id must stand at the entry that
holds the title, too. A title counts as found when one of the paper's references has it with a
ratio of at least 0.9 (rapidfuzz, letters in lower case). `grobid_citation_eval.jsonl` holds
reference strings, which the field parser reads alone; many lost their spaces where they were cut
from PDFs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.common import data_folder, json_rows, options_parser, print_table, write_results
from fmqa.reading.bibliography.fields import parse_fields
from fmqa.reading.bibliography.ids import find_ids, valid_id
from fmqa.reading.bibliography.mentions import find_mentions
from fmqa.reading.reader import DefaultPdfReader
from fmqa.sources.arxiv_ids import parse_address
from fmqa.types import Document, Reference

_FOUND = 90.0


def main() -> None:
    """Measure, print, and write ``benchmarks/results/references.json``."""
    options_parser(__doc__).parse_args()
    data = data_folder()
    paths = sorted((data / "pdfs").glob("*.pdf"))
    documents, cost = _read(paths)
    papers = measure_papers(json_rows(data / "references" / "pdf_refs_gold.jsonl"), documents)
    strings = measure_strings(json_rows(data / "references" / "grobid_citation_eval.jsonl"))
    for title, figures in (("papers", papers), ("strings", strings), ("cost", cost)):
        flat = [item for item in figures.items() if not isinstance(item[1], dict)]
        print_table(title, flat)
    for name, row in papers["ids by paper"].items():
        print(f"  {name:<20} {row}")
    write_results("references", {"papers": papers, "strings": strings, "cost": cost})


def _read(paths: Iterable[Path]) -> tuple[dict[str, Document], dict[str, float]]:
    """The documents, and what their bibliographies cost of the time that reading took."""
    from fmqa.reading import reader as module

    spent = {"references": 0.0, "mentions": 0.0}

    def timed(name: str, function: Any) -> Any:
        def measured(*arguments: Any) -> Any:
            began = time.perf_counter()
            result = function(*arguments)
            spent[name] += time.perf_counter() - began
            return result

        return measured

    kept = module.find_references
    vars(module)["find_references"] = timed("references", kept)
    vars(module)["find_mentions"] = timed("mentions", find_mentions)
    try:
        began = time.perf_counter()
        documents = {path.name: DefaultPdfReader().read(path) for path in paths}
        whole = time.perf_counter() - began
    finally:
        vars(module)["find_references"] = kept
        vars(module)["find_mentions"] = find_mentions
    shares = {f"{name}, share of the reading time": spent[name] / whole for name in spent}
    return documents, {"reading, s": whole, **shares}


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


def measure_strings(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Ids, years and titles that the parsers read from reference strings."""
    from rapidfuzz import fuzz

    hits = wanted = found = years = dated = titled = titles = empty = untitled = 0
    wrong: list[str] = []
    for row in rows:
        true = {bare for text in row.get("arxiv", []) if (bare := _gold_id(text))}
        ids = {each.bare for each in find_ids(row["raw"])}
        hits, wanted, found = hits + len(true & ids), wanted + len(true), found + len(ids)
        wrong += [f"missed {each}" for each in sorted(true - ids)]
        wrong += [f"not in gold {each}" for each in sorted(ids - true)]
        fields = parse_fields(row["raw"])
        year = re.search(r"\b(?:1[6-9]|20)\d\d", row.get("date") or "")
        if year:
            dated += 1
            years += fields.year == int(year[0])
        if row.get("title"):
            titles += 1
            titled += fuzz.ratio(_fold(row["title"]), _fold(fields.title)) >= _FOUND
        else:
            untitled += 1
            empty += not fields.title
    return {
        "strings": len(rows),
        "ids recall": hits / wanted,
        "ids precision": hits / found,
        "ids differing": wrong,
        "years right": years / dated,
        "titles found": titled / titles,
        "titles": titles,
        "left without a title where there is none": empty / untitled,
    }


def _gold_id(text: str) -> str | None:
    """The truth's ids are cut from the strings, with their words and spaces."""
    bare = re.sub(r"\s|\[[a-z.-]+\]$", "", text)
    return valid_id(re.sub(r"(?i)^.*arxiv[:.]?|v\d+$|[\[\]]", "", bare))


if __name__ == "__main__":
    main()
