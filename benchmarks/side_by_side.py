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
from dataclasses import dataclass
from functools import partial
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
_ITEM = re.compile(r"^\s*(?:[-*•]|#+|\d+[.)])\s+|\*\*", re.MULTILINE)
Row = dict[str, Any]


def main() -> None:
    """Ask what isn't asked yet, and grade all."""
    parser = options_parser(__doc__)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--library", type=Path, help="data folder that holds the papers already")
    options = parser.parse_args()
    folder = shared_questions()
    file = folder / "papers-dev.jsonl" if folder else Path()
    if folder is None or not file.is_file():
        print("skipped: no questions papers-dev.jsonl (FMQA_BENCH_QUESTIONS)")
        return
    papers = folder.parent / "papers" / "dev"
    asked = drawn(read_questions(file), options.questions)
    with tempfile.TemporaryDirectory() as scratch:
        home = options.library or papers_home(papers)
        shutil.copytree(home / "index", Path(scratch) / "index")
        ask_all(asked, papers, Path(scratch))
        rows = json_rows(ANSWERS)
        bench = Workbench(Settings(home=Path(scratch), llm="none"))
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
        address, key = server.wait_ready()
        (llama,) = [one.pid for one in psutil.Process().children()]
        systems = _systems(papers, home, f"{address}/v1", key, llama)
        for question, name in left:
            row = {"id": question.id, "system": name, **systems[name](question.question)}
            with ANSWERS.open("a", encoding="utf-8") as out:
                out.write(json.dumps(row) + "\n")
            took = f"{row['seconds']:.1f} s, {row['cpu']:.1f} s of CPU"
            print(f"{question.id} {name}: {took} {row.get('failed', '')}", flush=True)


def _systems(
    papers: Path, home: Path, address: str, key: str, llama: int
) -> dict[str, Callable[[str], Row]]:
    model = ensure(MINILM, Settings().models_dir)
    index, docs = FOLDER / "langchain", FOLDER / "docs.pickle"
    if not index.exists():
        stock_run("ingest", papers, model, index, threads=THREADS)
    if not docs.exists():
        stock_run("add", papers, model, docs, threads=THREADS)
    served = {"OPENAI_BASE_URL": address, "OPENAI_API_KEY": key}
    langchain = Worker(["langchain", str(index), str(model)], served, llama)
    paperqa = Worker(["paperqa", str(docs), str(model)], served, llama)
    # The same server; small, since that is what fmqa takes this model for where it runs it itself.
    settings = Settings(
        home=home, llm="openai:local", llm_base_url=address, llm_api_key=key, llm_tier="small"
    )
    bench = Workbench(settings)
    bench.assistant.ask("What is a foundation model?")  # loads what it needs, as workers do

    def fmqa(question: str) -> Row:
        began, used = time.monotonic(), _cpu(llama, psutil.Process().pid)
        answer = bench.assistant.ask(question)
        told = _taken(began, used, llama, psutil.Process().pid)
        passages = [[one.title, one.context, one.whole] for one in answer.citations]
        sentences = [one.english or one.text for one in answer.sentences]
        return {"sentences": sentences, "passages": passages, **told}

    return {
        "fmqa": fmqa,
        "LangChain, 4 chunks": partial(langchain.ask, top=4),
        "LangChain, 12 chunks": partial(langchain.ask, top=12),
        "PaperQA2": paperqa.ask,
    }


@dataclass
class Worker:
    """A process of the stock environment that answers, started when it is first asked.

    Args:
        orders: of `stock_pipeline.py`.
        served: where the language model is, as variables.
        llama: process id of its server.
    """

    orders: list[str]
    served: dict[str, str]
    llama: int
    process: subprocess.Popen[str] | None = None

    def ask(self, question: str, **more: int) -> Row:
        """What came, or why nothing did, with the time it took; of a late one the process ends."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        pids = self.llama, process.pid
        began, used = time.monotonic(), _cpu(*pids)
        process.stdin.write(json.dumps({"question": question, **more}) + "\n")
        process.stdin.flush()
        while not select.select([process.stdout], [], [], 1)[0]:
            if _cpu(*pids) - used > CPU_SECONDS:
                told = _taken(began, used, *pids)
                process.kill()
                process.wait()
                self.process = None
                _wait_idle(self.llama)
                return {"failed": f"no answer after {CPU_SECONDS:.0f} s of CPU", **told}
        told = _taken(began, used, *pids)
        return {**json.loads(process.stdout.readline()), **told}

    def _running(self) -> subprocess.Popen[str]:
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [str(stock_python()), "-I", str(PIPELINE), *self.orders],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment(stock_variables(THREADS) | self.served),
            )
            assert self.process.stdout is not None
            assert self.process.stdout.readline(), "it ended while loading"
        return self.process


def _cpu(*pids: int) -> float:
    """Seconds of CPU that processes have used."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(one.user + one.system for one in times)


def _taken(began: float, used: float, *pids: int) -> dict[str, float]:
    seconds, cpu = time.monotonic() - began, _cpu(*pids) - used
    return {"seconds": round(seconds, 2), "cpu": round(cpu, 2)}


def _wait_idle(pid: int) -> None:
    """Until the server has seen that nobody waits for its answer."""
    before = -1.0
    while (now := _cpu(pid)) > before:
        before = now
        time.sleep(2)


def refused(row: Row) -> bool:
    """Whether a system says that it can't answer, in the words that its prompt gives for that."""
    words = REFUSALS[row["system"]]
    if not words:
        return not row["sentences"]
    said = row["text"].replace("’", "'").strip()
    return not said or words.lower() in said.lower()


def sentences_of(row: Row) -> list[str]:
    """What a system says; nothing where it refuses or failed."""
    if "failed" in row or refused(row):
        return []
    if "sentences" in row:
        return list(row["sentences"])
    plain = _ITEM.sub("", row["text"])
    return [plain[start:end] for start, end in split_sentences(plain)]


def passing(bench: Workbench, rows: Sequence[Row]) -> dict[tuple[str, str], list[bool]]:
    """By question and system, whether the checker passes each sentence."""
    titles = {Path(one.file).stem: one.meta.title for one in bench.library.record.papers()}
    verifier = CheckingVerifier(bench.verifier.checker)
    found = {}
    for row in rows:
        said, quotes = sentences_of(row), _quotes(row, titles)
        found[row["id"], row["system"]] = [verifier.verify(one, quotes).supported for one in said]
    return found


def _quotes(row: Row, titles: dict[str, str]) -> list[Quote]:
    """The context that a system had, sentence by sentence, each behind the one before it."""
    parts = []
    for passage in row.get("passages", []):
        if len(passage) == 3:
            parts.append(passage)
            continue
        text = " ".join(passage[1].replace("-\n", "").split())
        pieces = [text[start:end] for start, end in split_sentences(text)]
        title = titles.get(passage[0], "")
        parts += [[title, *pair] for pair in zip(["", *pieces], pieces, strict=False)]
    quotes = [part for part in parts if part[2]]
    return [_quote(*part) for part in quotes]


def _quote(title: str, before: str, text: str) -> Quote:
    pair = Pair(id="-", title=title, before=before, quote=text, sentence="-", label="faithful")
    return pair.claim.quote


def summary(
    asked: Sequence[Question], rows: Sequence[Row], passed: dict[tuple[str, str], list[bool]]
) -> dict[str, Any]:
    """The figures of each system, over the questions that all were asked."""
    by = {(row["id"], row["system"]): row for row in rows}
    whole = [one for one in asked if all((one.id, name) in by for name in REFUSALS)]
    figures: dict[str, Any] = {
        "questions": len(whole),
        "answerable": sum(one.answerable for one in whole),
    }
    for name in REFUSALS if whole else ():
        mine = [by[one.id, name] for one in whole]
        figures[name] = _figures(whole, mine, [p for one in whole for p in passed[one.id, name]])
        for key in ("seconds", "CPU seconds"):
            base = figures[next(iter(REFUSALS))][f"{key}, median"]
            figures[name][f"{key}, times fmqa's"] = round(figures[name][f"{key}, median"] / base, 1)
    return figures


def _figures(asked: Sequence[Question], rows: Sequence[Row], passed: Sequence[bool]) -> Row:
    """Of one system. What failed counts as asked, states nothing, and is no refusal."""
    said = [sentences_of(row) for row in rows]
    facts = [
        fact
        for one, sentences in zip(asked, said, strict=True)
        for fact in grade(one, {"sentences": [{"text": text} for text in sentences]}).stated
    ]
    refusals = {True: 0, False: 0}
    for one, row in zip(asked, rows, strict=True):
        refusals[one.answerable] += "failed" not in row and refused(row)
    answers = [sentences for sentences in said if sentences]
    return {
        "fact recall": _share(facts),
        "facts expected": len(facts),
        "sentences that the checker passes": _share(passed),
        "sentences": len(passed),
        "words of an answer, median": statistics.median(
            [len(" ".join(one).split()) for one in answers] or [0]
        ),
        "wrong refusals": refusals[True],
        "right refusals": refusals[False],
        "failed": sum("failed" in row for row in rows),
        "seconds, median": statistics.median(row["seconds"] for row in rows),
        "CPU seconds, median": statistics.median(row["cpu"] for row in rows),
    }


def _share(held: Sequence[bool]) -> float | None:
    return round(sum(held) / len(held), 3) if held else None


if __name__ == "__main__":
    main()
