"""How long an answer takes with the local model in one warm process, over the starter notes.

    python -m benchmarks.warm [--questions 30] [--llm local]

Each question is new to the process: no answer comes from the cache. What has been loaded before is
the embedding model, the language model and its fixed prompts, by a few questions that aren't
counted. Timed are the checked quotes, the first sentence that the model wrote (of the answers that
have one), the first sentence of any kind, and the whole answer.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.common import print_table, write_results
from benchmarks.latency import percentile
from fmqa.answering.assistant import Assistant, EvidenceFound, Finished, SentenceReady
from fmqa.apps.workbench import Workbench
from fmqa.evaluation.questions import Question, chosen, read_questions, starter_questions
from fmqa.settings import Settings

WARMING = 3
QUOTES, WRITTEN, FIRST, WHOLE = (
    "verified quotes",
    "first model sentence",
    "first sentence",
    "whole answer",
)


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--questions", type=int, default=30)
    parser.add_argument("--llm", default="local")
    options = parser.parse_args()
    questions = english(options.questions + WARMING)
    with tempfile.TemporaryDirectory() as home:
        bench = Workbench(Settings(home=Path(home), llm=options.llm))
        try:
            bench.load_starter()
            assistant = bench.assistant.inner
            for question in questions[:WARMING]:
                assistant.ask(question.question)
            taken = [timed(assistant, question.question) for question in questions[WARMING:]]
        finally:
            bench.close()
    figures = summary(taken)
    print_table(f"warm answers, {options.llm}", list(figures.items()))
    write_results(f"warm-{options.llm}", {"summary": figures})


def english(count: int) -> list[Question]:
    """Answerable English questions that stand alone, drawn by a seed."""
    own = [
        question
        for question in read_questions(starter_questions())
        if question.answerable and question.kind != "chinese" and not question.after
    ]
    return chosen(own, limit=count)


def timed(assistant: Assistant, question: str) -> dict[str, float]:
    """Seconds from the question to each part of its answer; only parts that came."""
    began = time.perf_counter()
    seen: dict[str, float] = {}
    for event in assistant.stream(question):
        seconds = time.perf_counter() - began
        if isinstance(event, EvidenceFound):
            seen.setdefault(QUOTES, seconds)
        elif isinstance(event, SentenceReady):
            seen.setdefault(FIRST, seconds)
            if event.sentence.verdict == "supported":
                seen.setdefault(WRITTEN, seconds)
        elif isinstance(event, Finished):
            seen[WHOLE] = seconds
    return seen


def summary(taken: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Percentiles of each part in seconds, and in how many answers it was there."""
    figures: dict[str, float] = {"questions": len(taken)}
    for part in (QUOTES, FIRST, WRITTEN, WHOLE):
        times = [seen[part] for seen in taken if part in seen]
        figures[f"{part}, answers"] = len(times)
        if times:
            for share in (50, 95):
                figures[f"{part}, p{share}, s"] = round(percentile(times, share), 3)
    return figures


if __name__ == "__main__":
    main()
