"""Own questions over the starter library: fact recall, citation precision, quotes, abstention.

Each answerable question carries facts as regular expressions and the papers that hold them; each
unanswerable one should be refused. Thresholds may be fitted on the half marked `fit`; the half
marked `test` is what counts.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common import print_table, write_results
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.types import Source

QUESTIONS = Path(__file__).with_name("questions.jsonl")


def main() -> None:
    """Ask them all and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llm", default="none")
    parser.add_argument("--show", action="store_true", help="print each answer")
    options = parser.parse_args()
    questions = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as home:
        bench = Workbench(Settings(home=Path(home), llm=options.llm))
        try:
            rows = [judge(bench, question, show=options.show) for question in questions]
        finally:
            bench.close()
    results = {
        split: summary([r for r in rows if r["split"] == split]) for split in ("fit", "test")
    }
    for split, figures in results.items():
        print_table(f"own questions, {options.llm}, {split}", list(figures.items()))
    missed = [row["id"] for row in rows if not row["right"]]
    write_results(f"answers-{options.llm}", {"summary": results, "missed": missed})


def judge(bench: Workbench, question: dict[str, Any], *, show: bool) -> dict[str, Any]:
    """Ask one question and hold the answer against what is expected."""
    answer = bench.assistant.ask(question["question"])
    spoken = " ".join(sentence.text for sentence in answer.sentences)
    facts = [bool(re.search(fact, spoken, re.IGNORECASE)) for fact in question["facts"]]
    cited = [citation.paper_id for citation in answer.citations]
    if show:
        mark = {True: "answerable", False: "UNANSWERABLE"}[question["answerable"]]
        print(f"\n[{question['id']}, {mark}] {question['question']}\n  facts {facts}")
        for sentence in answer.sentences:
            papers = [answer.citations[n - 1].paper_id for n in sentence.citations]
            print(f"  - ({sentence.verdict}) {sentence.text} {papers}")
        for withheld in answer.withheld:
            print(f"  x {withheld.text} ({withheld.reason})")
        if answer.reason:
            print(f"  ABSTAINED: {answer.reason}")
    return {
        **question,
        "status": answer.status,
        "right": all(facts) and question["answerable"] == (answer.status == "answered"),
        "recalled": facts,
        "cited": cited,
        "first_right": bool(cited) and (not question["papers"] or cited[0] in question["papers"]),
        "right_papers": sum(paper in question["papers"] for paper in cited),
        "quotes_on_page": [_on_page(bench, citation) for citation in answer.citations],
        "withheld": len(answer.withheld),
        "supported": sum(s.verdict == "supported" for s in answer.sentences),
        "sentences": len(answer.sentences),
        "timings_ms": answer.timings_ms.model_dump(),
    }


def _on_page(bench: Workbench, citation: Any) -> bool:
    """Whether the quote stands verbatim, white space folded, on the page that is named."""
    source = Source(citation.source)
    pages = bench.library.record.pages(citation.paper_id, citation.version or 0, source)
    texts = [page.text for page in pages if page.number == citation.page]
    return any(_folded(citation.quote) in _folded(text) for text in texts)


def _folded(text: str) -> str:
    return " ".join(text.split())


def summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The figures of one half of the questions."""
    answerable = [row for row in rows if row["answerable"]]
    refused = [row for row in rows if row["status"] == "abstained"]
    unanswerable = [row for row in rows if not row["answerable"]]
    facts = [fact for row in answerable for fact in row["recalled"]]
    named = [row for row in answerable if row["papers"] and row["cited"]]
    quotes = [quote for row in rows for quote in row["quotes_on_page"]]
    answered = [row for row in rows if row["status"] == "answered"]
    totals = sorted(row["timings_ms"]["total"] for row in answered) or [0]
    firsts = sorted(row["timings_ms"]["evidence"] for row in answered) or [0]
    return {
        "questions": len(rows),
        "fact recall": _share(sum(facts), len(facts)),
        "answered when answerable": _share(
            sum(row["status"] == "answered" for row in answerable), len(answerable)
        ),
        "first citation of the right paper": _share(
            sum(row["first_right"] for row in named), len(named)
        ),
        "citations of the right papers": _share(
            sum(row["right_papers"] for row in named), sum(len(row["cited"]) for row in named)
        ),
        "quotes on their page": _share(sum(quotes), len(quotes)),
        "abstention recall": _share(
            sum(row["status"] == "abstained" for row in unanswerable), len(unanswerable)
        ),
        "abstention precision": _share(sum(not row["answerable"] for row in refused), len(refused)),
        "sentences by the model": _share(
            sum(row["supported"] for row in rows), sum(row["sentences"] for row in rows)
        ),
        "quotes shown, median ms": firsts[len(firsts) // 2],
        "whole answer, median ms": totals[len(totals) // 2],
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else float("nan")


if __name__ == "__main__":
    main()
