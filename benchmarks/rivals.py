"""fmqa beside LangChain's RAG chain and PaperQA2: same notes, same models, same questions.

The language model is the local one for all three, served by llama.cpp; the embedding model is
MiniLM. Questions are a sample of the held-back half of `corpus/questions.jsonl`, the same share of
each type. What was answered is kept in `benchmarks/.cache/rivals`, so that a run which was cut off
goes on; `--fresh` asks anew. Compared are the questions that all three have answered.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import write_results
from benchmarks.home import CACHE, source_digest
from benchmarks.rival_scores import Reply, comparison, print_comparison
from benchmarks.stock import stock_python
from fmqa.apps.workbench import Workbench
from fmqa.evaluation.evaluator import Evaluation, evaluate
from fmqa.evaluation.questions import Question, read_questions, starter_questions, with_before
from fmqa.settings import Settings
from fmqa.sources.note_files import read_notes, starter_folder
from fmqa.weights.llama import LocalServer

FOLDER = CACHE / "rivals"
SCRIPT = Path(__file__).with_name("rival_systems.py")
RIVALS = ("langchain", "paperqa")
_LEAST_COMPARED = 8  # fewer say nothing
_SLOT_TOKENS = 4096  # PaperQA2's last prompt holds all of its evidence


def main() -> None:
    """Ask all three, and print how they compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=12, help="how many, about")
    parser.add_argument("--fresh", action="store_true", help="forget what was answered")
    parser.add_argument("--only", choices=("fmqa", *RIVALS), action="append")
    options = parser.parse_args()
    if options.fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    questions = sample(read_questions(starter_questions()), options.questions)
    with tempfile.TemporaryDirectory() as home:
        bench = Workbench(Settings(home=Path(home), llm="local"))
        try:
            asked = understood(bench, questions)
            for system in options.only or ("fmqa", *RIVALS):
                if system == "fmqa":
                    ask_fmqa(bench, questions)
                else:
                    ask_rival(bench, system, questions, asked)
        finally:
            bench.close()
    systems = ("fmqa", *RIVALS)
    common = [q for q in questions if all(q.id in _said(name) for name in systems)]
    compared = comparison(common, {n: answers(n, common) for n in systems}, note_texts())
    print_comparison(compared)
    print(f"{len(common)} of {len(questions)} questions, those that all three have answered")
    if len(common) >= _LEAST_COMPARED:
        write_results("rivals", {"questions": [q.id for q in common], **compared})


def sample(questions: Sequence[Question], count: int) -> list[Question]:
    """Some of the held-back half, the same share of each type, drawn with a fixed seed."""
    held_back = [question for question in questions if question.split == "test"]
    by_kind: dict[tuple[str, bool], list[Question]] = {}
    for question in held_back:
        kind = question.group if question.answerable else ""
        by_kind.setdefault((kind, question.kind == "chinese"), []).append(question)
    drawn: set[str] = set()
    for key in sorted(by_kind):
        group = by_kind[key]
        share = max(1, round(count * len(group) / len(held_back)))
        random.Random(str(key)).shuffle(group)  # so that a larger sample holds the smaller one
        drawn.update(question.id for question in group[:share])
    return [question for question in held_back if question.id in drawn]


def understood(bench: Workbench, questions: Iterable[Question]) -> dict[str, str]:
    """Each question as one that stands alone: the others keep no conversation, so they get ours."""
    return {
        one.question.id: (one.question.after and one.answer["understood_as"])
        or one.question.question
        for one in _asked(_quoting(bench), questions).grades
    }


def _asked(assistant: Any, questions: Iterable[Question]) -> Evaluation:
    """Their answers, with those to what they are asked after."""
    every = read_questions(starter_questions())
    return evaluate(assistant, with_before(list(questions), every), "")


def _quoting(bench: Workbench) -> Any:
    """The same library without a language model, which understands follow-ups by the same rules."""
    return Workbench(Settings(home=bench.settings.home, llm="none")).assistant


def note_texts() -> dict[str, str]:
    """The papers' texts by id, white space folded."""
    return {
        note.meta.paper_id: " ".join(note.text.split()) for note in read_notes(starter_folder())
    }


def ask_fmqa(bench: Workbench, questions: Sequence[Question]) -> None:
    """Ask ourselves what isn't answered yet."""
    left = {question.id for question in _left("fmqa", questions)}
    for one in _asked(bench.assistant, [q for q in questions if q.id in left]).grades:
        if one.question.id not in left:
            continue
        answered = one.answer["status"] == "answered"
        cited = one.answer["citations"] if answered else ()
        _keep(
            "fmqa",
            {
                "id": one.question.id,
                "text": "\n".join(said["text"] for said in one.answer["sentences"] if answered),
                "cited": [citation["paper_id"] for citation in cited],
                "evidence": [[citation["paper_id"], citation["quote"]] for citation in cited],
                "refused": not answered,
                "seconds": round(one.seconds or 0.0, 1),
            },
        )
        print(f"fmqa {one.question.id} {one.seconds:.1f} s", flush=True)


def ask_rival(
    bench: Workbench, system: str, questions: Sequence[Question], asked: dict[str, str]
) -> None:
    """Ask another system what it hasn't answered yet, in a process of its own."""
    from fmqa.weights.catalog import MINILM, QWEN_CODER

    left = _left(system, questions)
    if not left:
        return
    bench.pull(QWEN_CODER)
    model = QWEN_CODER.path(bench.settings.models_dir)
    with LocalServer(model, slot_tokens=_SLOT_TOKENS) as server:
        address, key = server.wait_ready()
        orders = {
            "base_url": f"{address.rstrip('/')}/v1",
            "key": key,
            "model": "local",
            "embedding": str(bench.pull(MINILM)),
            "papers": [
                {
                    "id": note.meta.paper_id,
                    "title": note.meta.title,
                    "authors": list(note.meta.authors),
                    "year": note.meta.year,
                    "text": note.text,
                }
                for note in read_notes(starter_folder())
            ],
            "questions": [{"id": q.id, "question": asked[q.id]} for q in left],
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump(orders, file)
            file.flush()
            command = [stock_python(), "-I", SCRIPT, system, file.name, _file(system)]
            environment = {"HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin", "HOME": str(FOLDER)}
            subprocess.run([str(part) for part in command], check=True, env=environment)


def _file(system: str) -> Path:
    """Ours depends on our source; the others' don't."""
    mark = f"-{source_digest('answering', 'retrieval')[:12]}" if system == "fmqa" else ""
    return FOLDER / f"{system}{mark}.jsonl"


def _keep(system: str, said: dict[str, Any]) -> None:
    with _file(system).open("a", encoding="utf-8") as answers_file:
        answers_file.write(json.dumps(said, ensure_ascii=False) + "\n")


def _said(system: str) -> dict[str, dict[str, Any]]:
    path = _file(system)
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {row["id"]: row for row in map(json.loads, lines)}


def _left(system: str, questions: Sequence[Question]) -> list[Question]:
    held = _said(system)
    return [question for question in questions if question.id not in held]


def answers(system: str, questions: Sequence[Question]) -> list[Reply]:
    """What a system has answered to these questions, in their order."""
    held = _said(system)
    return [Reply.of(held[question.id]) for question in questions if question.id in held]


if __name__ == "__main__":
    main()
