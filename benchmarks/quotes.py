"""Whether every quote stands on the page that its citation names, in 50 answers.

    python -m benchmarks.quotes [--llm local] [--answers 50]

Each quote is looked for twice: verbatim, white space folded, in the record's text of the page; and
in readings of the file's page that owe nothing to fmqa's (pypdf's, and pdfium's raw text), by its
letters and digits alone, since each reader has its own ligatures, hyphens and spaces. A note's
quote is looked for in the note's file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.common import data_folder, options_parser, print_table, write_results
from benchmarks.processes import papers_home
from fmqa.answering.schema import Citation
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.sources.note_files import starter_folder
from fmqa.types import Source

QUESTIONS = Path(__file__).with_name("paper_questions.txt")


def main() -> None:
    """Ask until there are enough answers, and print which quotes aren't where they should be."""
    parser = options_parser(__doc__)
    parser.add_argument("--llm", default="none")
    parser.add_argument("--answers", type=int, default=50)
    options = parser.parse_args()
    data = data_folder()
    bench = Workbench(Settings(home=papers_home(data / "pdfs"), llm=options.llm))
    try:
        rows = ask(bench, QUESTIONS.read_text(encoding="utf-8").splitlines(), options.answers)
    finally:
        bench.close()
    figures = summary(rows)
    print_table(f"quotes, {options.llm}", list(figures.items()))
    failures = [row for row in rows if not (row["in the record"] and row["in the file"])]
    for row in failures:
        print(f"\n  NOT FOUND: {row}")
    write_results(f"quotes-{options.llm}", {"summary": figures, "failures": failures})


def ask(bench: Workbench, questions: list[str], wanted: int) -> list[dict[str, Any]]:
    """One row per citation of the first ``wanted`` answers."""
    rows: list[dict[str, Any]] = []
    answered = 0
    for question in questions:
        answer = bench.assistant.ask(question)
        if answer.status == "abstained":
            print(f"  abstained: {question}")
            continue
        answered += 1
        rows += [check(bench, citation) | {"question": question} for citation in answer.citations]
        if answered == wanted:
            break
    return rows


def check(bench: Workbench, citation: Citation) -> dict[str, Any]:
    """Where one citation's quote was found."""
    source = Source(citation.source)
    pages = bench.library.record.pages(citation.paper_id, citation.version or 0, source)
    text = next((page.text for page in pages if page.number == citation.page), "")
    quote = folded(citation.quote)
    readings = _readings(bench, citation)
    found = {name: letters(quote) in letters(read()) for name, read in readings.items()}
    return {
        "paper": citation.paper_id,
        "page": citation.page,
        "source": source.value,
        "quote": citation.quote,
        "in the record": bool(quote) and quote in folded(text),
        "at its offsets": quote == folded(text[citation.start : citation.end]),
        "found by": sorted(name for name, there in found.items() if there),
        "in the file": any(found.values()),
    }


def _readings(bench: Workbench, citation: Citation) -> dict[str, Callable[[], str]]:
    """Independent readings of the page that is cited, by name."""
    if citation.source == "note":
        return {"note": lambda: _notes().get(citation.paper_id, "")}
    rows = bench.library.record.papers()
    file = next(row.file for row in rows if row.meta.paper_id == citation.paper_id)
    return {
        "pypdf": lambda: pypdf_text(file, citation.page),
        "pdfium": lambda: pdfium_text(file, citation.page),
    }


def pypdf_text(file: str, page: int) -> str:
    """A page as pypdf reads it; pages count from 1."""
    from pypdf import PdfReader

    return PdfReader(file).pages[page - 1].extract_text()


def pdfium_text(file: str, page: int) -> str:
    """A page's characters as pdfium has them, unmended; pages count from 1."""
    import pypdfium2

    document = pypdfium2.PdfDocument(file)
    try:
        return str(document[page - 1].get_textpage().get_text_bounded())
    finally:
        document.close()


def letters(text: str) -> str:
    """Letters and digits alone, ligatures and accents taken apart: readers differ in the rest."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(character for character in plain if character.isalnum()).casefold()


def folded(text: str) -> str:
    """Runs of white space as one space."""
    return " ".join(text.split())


@cache
def _notes() -> dict[str, str]:
    """Each note's file as it stands, by the id that its citations carry."""
    texts = {}
    for path in starter_folder().rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        named = [line for line in text.splitlines() if line.startswith("arxiv_id:")]
        key = named[0].split(":", 1)[1].strip(" \"'") if named else f"topic:{path.stem}"
        texts[key] = text
    return texts


def summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Shares of the citations."""
    papers = [row for row in rows if row["source"] == "pdf"]
    return {
        "answers": len({row["question"] for row in rows}),
        "citations": len(rows),
        "citations of papers": len(papers),
        "verbatim on the record's page": _share(row["in the record"] for row in rows),
        "at the offsets named": _share(row["at its offsets"] for row in rows),
        "on the file's page, read independently": _share(row["in the file"] for row in rows),
        "of papers: by pypdf": _share("pypdf" in row["found by"] for row in papers),
        "of papers: by pdfium's raw text": _share("pdfium" in row["found by"] for row in papers),
    }


def _share(values: Any) -> float:
    held = list(values)
    return round(sum(held) / len(held), 4) if held else float("nan")


if __name__ == "__main__":
    main()
