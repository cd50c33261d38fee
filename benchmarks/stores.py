"""PostgreSQL as a store: the same answers as on SQLite, and the search of a million passages.

    python -m benchmarks.stores [citations scale] [--questions 60] [--passages 1000000]

*citations*: the starter notes are embedded once, on SQLite, and moved with what `fmqa migrate`
does. They are asked on SQLite, on PostgreSQL as it is (vectors are compared one by one while they
are few), and on PostgreSQL with its HNSW index forced, as it has it from 20,000 passages on.
*scale*: a million made-up passages are written and searched (see `benchmarks.stores_scale`).

PostgreSQL is the tests' own, or the one that FMQA_DATABASE_URL names, in a schema that is dropped.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from benchmarks import stores_scale
from benchmarks.common import options_parser, print_table, write_results
from fmqa.answering.assistant import Assistant
from fmqa.apps.workbench import Workbench
from fmqa.evaluation.questions import Question, chosen, read_questions, starter_questions
from fmqa.settings import Settings
from fmqa.store.library import open_database
from fmqa.store.transfer import copy_record
from tests.servers import postgres, schema

_RESULTS = {"citations": "stores", "scale": "stores-scale"}

Cited = tuple[str, tuple[tuple[str, int, str], ...]]
"""How a question ended, and what was cited: paper, page, quote."""


def main() -> None:
    """Measure each part that is named, or all, print, and keep the figures."""
    parser = options_parser(__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(_RESULTS))
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--passages", type=int, default=1_000_000)
    options = parser.parse_args()
    measured: dict[str, Callable[[str], dict[str, Any]]] = {
        "citations": lambda url: compared(url, english(options.questions)),
        "scale": lambda url: stores_scale.measured(url, options.passages),
    }
    unknown = set(options.parts) - set(measured)
    if unknown:
        parser.error(f"there is no part {sorted(unknown)[0]!r}")
    given = os.environ.pop("FMQA_DATABASE_URL", "")
    for part in options.parts or measured:
        with database(given) as url:
            figures = measured[part](url)
        if figures:
            # Times of a busy machine are no times: said beside them.
            figures["load average"] = round(os.getloadavg()[1], 1)
            print_table(f"PostgreSQL, {part}", list(figures.items()))
            write_results(_RESULTS[part], figures)


@contextmanager
def database(given: str = "") -> Iterator[str]:
    """Address of an empty schema, in a database that is given or in one of the benchmark's own."""
    with ExitStack() as stack:
        url = (
            given
            or stack.enter_context(postgres({"shared_buffers": "1GB", "max_wal_size": "8GB"})).url
        )
        yield stack.enter_context(schema(url))


def english(count: int) -> list[Question]:
    """Questions that stand alone, answerable or not, drawn by a seed."""
    own = [one for one in read_questions(starter_questions()) if not one.after]
    return chosen(own, limit=count)


def compared(url: str, questions: Sequence[Question]) -> dict[str, Any]:
    """Ask the questions on each store."""
    with tempfile.TemporaryDirectory() as folder:
        home = Settings(home=Path(folder), llm="none")
        with closing(Workbench(home)) as bench:
            bench.load_starter()
        # Anew: an embedder that has embedded a library runs on another runtime from then on, whose
        # cosines differ in the last digits.
        with closing(Workbench(home)) as bench:
            here, here_ms = asked(bench.assistant.inner, questions)
        began = time.perf_counter()
        with (
            closing(open_database(home.record_path)) as source,
            closing(open_database(home.record_path, url)) as target,
        ):
            moved = copy_record(source, target, home.index_dir)
        seconds = time.perf_counter() - began
        there = Settings(home=Path(folder), llm="none", database_url=url)
        with closing(Workbench(there)) as bench:
            exact, exact_ms = asked(bench.assistant.inner, questions)
        with (
            patch("fmqa.store.postgres.hnsw._EXACT_UP_TO", 0),
            closing(Workbench(there)) as bench,
        ):
            bench.library.publish(bench.embedder.fingerprint)
            near, near_ms = asked(bench.assistant.inner, questions)
    told = {
        "compared one by one": [one.id for one in questions if here[one.id] != exact[one.id]],
        "with the HNSW index": [one.id for one in questions if here[one.id] != near[one.id]],
    }
    return {
        "questions": len(questions),
        "answered on SQLite": sum(status == "answered" for status, _ in here.values()),
        "identical citations": 1 - len(told["compared one by one"]) / len(questions),
        "identical citations, HNSW forced": 1 - len(told["with the HNSW index"]) / len(questions),
        "different": told,
        "answer on SQLite, p50, ms": median(here_ms),
        "answer on PostgreSQL, p50, ms": median(exact_ms),
        "answer on PostgreSQL, HNSW forced, p50, ms": median(near_ms),
        "rows moved a second": round(sum(moved.rows.values()) / seconds),
    }


def asked(
    assistant: Assistant, questions: Sequence[Question]
) -> tuple[dict[str, Cited], list[float]]:
    """What was cited to each question, by its id, and how long each took, in ms."""
    assistant.ask("What is MedSAM?")  # loads what is loaded once
    cited, taken = {}, []
    for question in questions:
        began = time.perf_counter()
        answer = assistant.ask(question.question)
        taken.append((time.perf_counter() - began) * 1000)
        citations = tuple((one.paper_id, one.page, one.quote) for one in answer.citations)
        cited[question.id] = (str(answer.status), citations)
    return cited, taken


if __name__ == "__main__":
    main()
