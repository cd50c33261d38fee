"""fmqa, LangChain's stock RAG and PaperQA2 side by side, with one language model on one server.

    python -m benchmarks.side_by_side [--questions 40] [--library FOLDER]

Questions of `papers-dev`, drawn by a seed in the set's own share of those that can't be answered,
are asked of all systems in turn, the first question first. Each answer is kept at once
(`benchmarks/.cache/side-by-side`), so that a run that was killed goes on; figures are of the
questions that all systems were asked. All answers are graded alike, see docs/benchmarks.md.
"""

from __future__ import annotations

import json
import random
import re
import select
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from benchmarks.common import (
    json_rows,
    options_parser,
    print_table,
    shared_questions,
    write_results,
)
from benchmarks.processes import CACHE, environment, papers_home
from benchmarks.stock import PIPELINE, stock_python, stock_run, stock_variables
from fmqa.answering.verification import CheckingVerifier
from fmqa.apps.workbench import Workbench
from fmqa.evaluation.grading import grade
from fmqa.evaluation.pairs import Pair
from fmqa.evaluation.questions import Question, read_questions
from fmqa.reading.sentences import split_sentences
from fmqa.settings import Settings
from fmqa.types import Quote
from fmqa.weights.catalog import MINILM, QWEN_CODER
from fmqa.weights.llama import LocalServer
from fmqa.weights.pull import ensure

FOLDER = CACHE / "side-by-side"
ANSWERS = FOLDER / "answers.jsonl"
CONTEXT_TOKENS = 16_384
THREADS = 2
CPU_SECONDS = 480.0  # what two cores give in 240 s; a question that takes more has failed
SEED = 0
# What its prompt tells a system's model to say where the context doesn't answer.
REFUSALS = {
    "fmqa": "",
    "LangChain, 4 chunks": "I don't know",
    "LangChain, 12 chunks": "I don't know",
    "PaperQA2": "I cannot answer",
}
_MARKDOWN = re.compile(r"^\s*(?:[-*•]|#+|\d+[.)])\s+|\*\*", re.MULTILINE)
Row = dict[str, Any]
Marks = dict[tuple[str, str], list[bool]]
"""By question and system: whether the checker passes each sentence."""


def main() -> None:
    """Ask what isn't asked yet, and grade all."""
    parser = options_parser(__doc__)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--library", type=Path, help="data folder that holds the papers already")
    options = parser.parse_args()
    folder = shared_questions()
    if folder is None or not (folder / "papers-dev.jsonl").is_file():
        print("skipped: no questions papers-dev.jsonl (FMQA_BENCH_QUESTIONS)")
        return
    papers = folder.parent / "papers" / "dev"
    asked = drawn(read_questions(folder / "papers-dev.jsonl"), options.questions)
    with tempfile.TemporaryDirectory() as home:
        shutil.copytree((options.library or papers_home(papers)) / "index", Path(home) / "index")
        ask_all(asked, papers, Path(home))
        bench = Workbench(Settings(home=Path(home), llm="none"))
        rows = json_rows(ANSWERS)
        figures = summary(asked, rows, passing(bench, rows))
        bench.close()
    for name in REFUSALS:
        print_table(f"{name}, {figures['questions']} questions", list(figures[name].items()))
    write_results("side-by-side", figures)


def drawn(questions: Sequence[Question], count: int) -> list[Question]:
    """So many questions, answerable or not as in all of them; so is each beginning of the list."""
    placed = []
    for answerable in (True, False):
        part = [one for one in questions if one.answerable == answerable]
        random.Random(SEED).shuffle(part)
        placed += [((place + 0.5) / len(part), one) for place, one in enumerate(part)]
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])][:count]


def ask_all(asked: Sequence[Question], papers: Path, home: Path) -> None:
    """Put each question to each system that hasn't been asked it, and keep what came."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    ANSWERS.touch()
    done = {(row["id"], row["system"]) for row in json_rows(ANSWERS)}
    left = [(one, name) for one in asked for name in REFUSALS if (one.id, name) not in done]
    if not left:
        return
    ensure(QWEN_CODER, Settings().models_dir)
    file = QWEN_CODER.path(Settings().models_dir)
    with LocalServer(file, slots=1, slot_tokens=CONTEXT_TOKENS) as server:
        systems = _systems(papers, home, *server.wait_ready())
        for question, name in left:
            row = {"id": question.id, "system": name, **systems[name](question.question)}
            with ANSWERS.open("a", encoding="utf-8") as out:
                out.write(json.dumps(row) + "\n")
            took = f"{row['seconds']:.1f} s, {row['cpu']:.1f} s of CPU"
            print(f"{question.id} {name}: {took} {row.get('failed', '')}", flush=True)


def _systems(papers: Path, home: Path, address: str, key: str) -> dict[str, Callable[[str], Row]]:
    (server,) = psutil.Process().children()
    model = ensure(MINILM, Settings().models_dir)
    index, docs = FOLDER / "langchain", FOLDER / "docs.pickle"
    for command, made in {"ingest": index, "add": docs}.items():
        if not made.exists():
            stock_run(command, papers, model, made, threads=THREADS)
    served = {"OPENAI_BASE_URL": f"{address}/v1", "OPENAI_API_KEY": key}
    langchain = Worker(["langchain", index, model], served, server)
    paperqa = Worker(["paperqa", docs, model], served, server)
    # Of the model that it runs itself, fmqa takes translations only; so here.
    llm = {"llm": "openai:local", "llm_base_url": f"{address}/v1", "llm_api_key": key}
    bench = Workbench(Settings(home=home, llm_tier="small", **llm))
    bench.assistant.ask("What is a foundation model?")  # loads all, as workers do at their start

    def fmqa(question: str) -> Row:
        taken = _clock(server, psutil.Process())
        answer = bench.assistant.ask(question)
        return taken() | {
            "sentences": [one.english or one.text for one in answer.sentences],
            "passages": [[one.title, one.context, one.whole] for one in answer.citations],
        }

    return {
        "fmqa": fmqa,
        "LangChain, 4 chunks": partial(langchain.ask, top=4),
        "LangChain, 12 chunks": partial(langchain.ask, top=12),
        "PaperQA2": paperqa.ask,
    }


class Worker:
    """A process of the stock environment that answers, started when it is first asked.

    Args:
        orders: of `stock_pipeline.py`.
        served: where the language model is, as variables.
        server: the language model's process.
    """

    def __init__(
        self, orders: Sequence[str | Path], served: dict[str, str], server: psutil.Process
    ) -> None:
        self.command = [str(part) for part in (stock_python(), "-I", PIPELINE, *orders)]
        self.variables = environment(stock_variables(THREADS) | served)
        self.server = server
        self.process: subprocess.Popen[str] | None = None

    def ask(self, question: str, **more: int) -> Row:
        """What came, or why nothing did, with the time it took; of a late one the process ends."""
        process = self.process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        taken = _clock(self.server, psutil.Process(process.pid))
        process.stdin.write(json.dumps({"question": question, **more}) + "\n")
        process.stdin.flush()
        while not select.select([process.stdout], [], [], 1)[0]:
            if (told := taken())["cpu"] > CPU_SECONDS:
                process.kill()
                process.wait()
                self.process = None
                time.sleep(10)  # until the server has seen that nobody waits for its answer
                return told | {"failed": f"no answer after {CPU_SECONDS:.0f} s of CPU"}
        return taken() | json.loads(process.stdout.readline())

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            self.command, stdin=pipe, stdout=pipe, text=True, env=self.variables
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline(), "it ended while it was loading"
        return self.process


def _clock(*processes: psutil.Process) -> Callable[[], dict[str, float]]:
    """What tells the seconds from now on, and the CPU seconds that processes have used in them."""

    def used() -> float:
        times = [one.cpu_times() for one in processes]
        return float(sum(one.user + one.system for one in times))

    began, before = time.monotonic(), used()
    return lambda: {"seconds": time.monotonic() - began, "cpu": used() - before}


def refused(row: Row) -> bool:
    """Whether a system says that it can't answer, in the words that its prompt gives for that."""
    words = REFUSALS[row["system"]]
    if not words:
        return not row["sentences"]
    said = row["text"].replace("’", "'")
    return not said.strip() or words.lower() in said.lower()


def sentences_of(row: Row) -> list[str]:
    """What a system says; nothing where it refuses or failed."""
    if "failed" in row or refused(row):
        return []
    plain = _MARKDOWN.sub("", row.get("text", ""))
    return row.get("sentences") or [plain[start:end] for start, end in split_sentences(plain)]


def passing(bench: Workbench, rows: Sequence[Row]) -> Marks:
    """Which sentences fmqa's own checker passes, each against all that its system had before it."""
    titles = {Path(one.file).stem: one.meta.title for one in bench.library.record.papers()}
    verifier = CheckingVerifier(bench.verifier.checker)
    found = {}
    for row in rows:
        quotes = [one for passage in row.get("passages", ()) for one in _quotes(titles, *passage)]
        marks = [verifier.verify(said, quotes).supported for said in sentences_of(row)]
        found[row["id"], row["system"]] = marks
    return found


def _quotes(titles: dict[str, str], paper: str, *texts: str) -> list[Quote]:
    """A passage's sentences, each behind the one before; of fmqa, a quote behind its context."""
    if len(texts) == 1:
        text = " ".join(texts[0].replace("-\n", "").split())
        pieces = ["", *(text[start:end] for start, end in split_sentences(text))]
        pairs = list(pairwise(pieces))
    else:
        pairs = [(texts[0], texts[1])]
    title = titles.get(paper, paper)
    made = {"id": "-", "title": title, "sentence": "-", "label": "faithful"}
    return [Pair(before=before, quote=quote, **made).claim.quote for before, quote in pairs]


def summary(asked: Sequence[Question], rows: Sequence[Row], passed: Marks) -> dict[str, Any]:
    """The figures of each system, over the questions that all were asked."""
    by = {(row["id"], row["system"]): row for row in rows}
    whole = [one for one in asked if all((one.id, name) in by for name in REFUSALS)]
    answerable = sum(one.answerable for one in whole)
    figures: dict[str, Any] = {"questions": len(whole), "answerable": answerable}
    for name in REFUSALS:
        marks = [mark for one in whole for mark in passed[one.id, name]]
        figures[name] = _figures(whole, [by[one.id, name] for one in whole], marks)
        for key in ("seconds, median", "CPU seconds, median"):
            ratio = figures[name][key] / figures["fmqa"][key]
            figures[name][f"{key}, times fmqa's"] = round(ratio, 1)
    return figures


def _figures(asked: Sequence[Question], rows: Sequence[Row], marks: Sequence[bool]) -> Row:
    """Of one system. What failed counts as asked, states nothing, and is no refusal."""
    facts: list[bool] = []
    words, refusals = [], {True: 0, False: 0}
    for question, row in zip(asked, rows, strict=True):
        said = sentences_of(row)
        facts += grade(question, {"sentences": [{"text": text} for text in said]}).stated
        refusals[question.answerable] += "failed" not in row and refused(row)
        words += [len(" ".join(said).split())] if said else []
    return {
        "fact recall": round(sum(facts) / len(facts), 3),
        "facts expected": len(facts),
        "sentences that the checker passes": round(sum(marks) / len(marks), 3) if marks else None,
        "sentences": len(marks),
        "words of an answer, median": statistics.median(words or [0]),
        "wrong refusals": refusals[True],
        "right refusals": refusals[False],
        "failed": sum("failed" in row for row in rows),
        "seconds, median": round(statistics.median(row["seconds"] for row in rows), 2),
        "CPU seconds, median": round(statistics.median(row["cpu"] for row in rows), 2),
    }


if __name__ == "__main__":
    main()
