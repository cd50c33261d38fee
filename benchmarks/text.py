"""How well and how fast papers are read: similarity to a hand-checked text, and pages a second.

    python benchmarks/text.py --data ../shared/data

The ground truth holds the whole paper. Compared are the parts that passages are made of, from the
abstract to the references: of the truth, the page numbers, the stamp, and the lines before the
abstract and from "REFERENCES" on are cut; of the passages, those of the appendix (tables). The
passages are put in the order of the pages, and each section's heading before its first one, since
the truth has headings. Labels inside figures count as missing: passages leave them out.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path

from fmqa.reading.pool import ReadLimits, read_files
from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import Document

sys.path.insert(0, str(Path(__file__).parent))
from common import write_results

PAPER = "1602.06541"


def fold(text: str) -> str:
    """Runs of white space as one space."""
    return " ".join(text.split())


def true_body(text: str) -> str:
    """The ground truth from the abstract to the references, without page numbers and stamp."""
    body = text[text.index("Abstract") : text.index("\nREFERENCES")]
    body = re.sub(r"(?m)^arXiv:\d{4}\.\d{4,5}v\d.*$", "", body)
    return fold(re.sub(r"(?m)^\d{1,2}$", "", body))


def read_body(document: Document) -> str:
    """The passages up to the appendix, with their sections' headings."""
    text = {page.number: page.text for page in document.pages}
    places = sorted(
        (span.page, span.start, span.end, passage.section)
        for passage in document.passages
        for span in passage.spans
        if not passage.section.startswith("APPENDIX")
    )
    parts: list[str] = []
    section = "Abstract"
    for page, start, end, name in places:
        if name != section:
            parts.append(name)
            section = name
        parts.append(text[page][start:end])
    return fold(" ".join(parts))


def similarity(data: Path) -> dict[str, float]:
    """Levenshtein ratios of the passages' body, and of the pages' whole text, to the truth."""
    from rapidfuzz.distance import Levenshtein

    [path] = data.glob(f"pdfs/{PAPER}*.pdf")
    truth = (data / "pdfs" / "ground_truth" / f"{PAPER}.txt").read_text()
    document = DefaultPdfReader().read(path)
    pages = fold(" ".join(page.text for page in document.pages))
    return {
        "passages": Levenshtein.normalized_similarity(read_body(document), true_body(truth)),
        "pages": Levenshtein.normalized_similarity(pages, fold(truth)),
    }


def speed(paths: list[Path], workers: int) -> dict[str, float]:
    """Pages a second over all papers, the workers' start included, and in this process."""
    began = time.perf_counter()
    results = list(read_files(paths, ReadLimits(), workers))
    pooled = time.perf_counter() - began
    pages = sum(len(result.document.pages) for result in results if result.document)
    reader = DefaultPdfReader()
    began, cpu = time.perf_counter(), time.process_time()
    for path in paths:
        reader.read(path)
    alone, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {
        "pages": pages,
        "pages_a_second_pool": pages / pooled,
        "pages_a_second_one_process": pages / alone,
        "pages_a_cpu_second": pages / cpu,
    }


def invariants(paths: list[Path]) -> dict[str, int]:
    """Passages counted, and those whose spans don't give back their text (must be none)."""
    reader = DefaultPdfReader()
    passages = wrong = hidden = 0
    for path in paths:
        document = reader.read(path)
        text = {page.number: page.text for page in document.pages}
        passages += len(document.passages)
        hidden += len(document.hidden)
        wrong += sum(
            passage.text != " ".join(text[s.page][s.start : s.end] for s in passage.spans)
            for passage in document.passages
        )
    return {"passages": passages, "passages_off_their_spans": wrong, "hidden_runs": hidden}


def main() -> None:
    """Measure, print, and write ``benchmarks/results/text.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    paths = sorted((options.data / "pdfs").glob("*.pdf"))
    if not paths:
        print(f"skipped: no PDFs in {options.data / 'pdfs'}")
        return
    results = {
        **{f"similarity_{key}": value for key, value in similarity(options.data).items()},
        **speed(paths, options.workers),
        **invariants(paths),
    }
    for name, value in results.items():
        print(f"{name:32} {value:10.4f}" if isinstance(value, float) else f"{name:32} {value:10}")
    write_results("text", results)


if __name__ == "__main__":
    main()
