"""Answers of a strong model that isn't here: its prompts written to files, its replies played back.

    python -m benchmarks.rehearsal write QUESTIONS.jsonl HOME FOLDER [--limit N]
    python -m benchmarks.rehearsal play QUESTIONS.jsonl HOME FOLDER ANSWERS.jsonl [--limit N]

``write`` puts what the model would be sent into FOLDER/<id>.txt. Whoever stands in for the model
writes FOLDER/<id>.reply.txt, and ``play`` sends these through the whole product. Where sentences
fail the check it writes FOLDER/<id>.repair.txt, and takes FOLDER/<id>.repair.reply.txt when that
is there. With ``--judge`` the model checks the sentences, too: FOLDER/<id>.check1.txt, and after a
repair .check2.txt; without, our own checker does. Questions without a reply aren't asked. The
answers have the form of `fmqa eval --answers`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from benchmarks.common import options_parser, print_table
from fmqa import Settings, Workbench, prompts
from fmqa.answering.asking import LanguageModel
from fmqa.answering.entailment import ModelChecker
from fmqa.answering.synthesis import SynthesisDrafter
from fmqa.answering.verification import CheckingVerifier
from fmqa.errors import ModelSilent
from fmqa.evaluation.evaluator import evaluate
from fmqa.evaluation.questions import Question, chosen, read_questions


class Recorded(BaseChatModel):
    """A chat model that replies from files, and writes down what it has no reply to.

    ``folder`` holds the files, ``asked`` is the id of the question that is being answered.
    """

    folder: Path
    asked: str = ""
    checks: int = 0

    @property
    def _llm_type(self) -> str:
        return "recorded"

    def _reply(self, messages: Sequence[BaseMessage]) -> str:
        repair = ".repair" if messages[0].content == prompts.REPAIR_SYSTEM else ""
        if messages[0].content == prompts.CHECK_SYSTEM:
            self.checks += 1
            repair = f".check{self.checks}"
        told = "\n\n".join(f"=== {one.type}\n{one.content}" for one in messages)
        (self.folder / f"{self.asked}{repair}.txt").write_text(told + "\n", encoding="utf-8")
        path = self.folder / f"{self.asked}{repair}.reply.txt"
        if not path.is_file():
            raise ModelSilent(f"No reply is recorded in {path.name}.")
        return path.read_text(encoding="utf-8")

    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self._reply(messages)))])

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        for word in self._reply(messages).splitlines(keepends=True):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))


def main() -> None:
    """Write the prompts, or play the replies."""
    parser = options_parser(__doc__)
    modes = parser.add_subparsers(dest="mode", required=True)
    for mode in ("write", "play"):
        one = modes.add_parser(mode)
        for name in ("questions", "home", "folder"):
            one.add_argument(name, type=Path)
        one.add_argument("--limit", type=int, help="draw so many questions, always the same")
        if mode == "play":
            one.add_argument("answers", type=Path)
            one.add_argument("--judge", action="store_true", help="let the model check, too")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    questions = chosen(read_questions(options.questions), limit=options.limit)
    if options.mode == "play":
        questions = [q for q in questions if (options.folder / f"{q.id}.reply.txt").is_file()]
    judge = options.mode == "play" and options.judge
    answers = rehearse(questions, options.home, options.folder, judge=judge)
    if options.mode == "play":
        lines = [json.dumps({"id": i, "answer": a}, ensure_ascii=False) for i, a in answers.items()]
        options.answers.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print_table(f"{options.mode}, {len(questions)} questions", counts(answers, options.folder))


def rehearse(
    questions: Sequence[Question], home: Path, folder: Path, *, judge: bool
) -> dict[str, dict[str, Any]]:
    """The answers that the product gives with the replies of a folder, by the questions' ids."""
    model = Recorded(folder=folder)
    answers: dict[str, dict[str, Any]] = {}

    def asking(label: str, done: int, total: int) -> None:
        model.asked = questions[min(done, total - 1)].id
        model.checks = 0

    bench = Workbench(Settings(home=home, llm="none"))
    try:
        # Follow-ups are joined, so that no reply is needed for that.
        assistant = bench.assistant.inner
        asked = LanguageModel(lambda: model)
        assistant.drafter = SynthesisDrafter(asked, bench.settings.evidence_tokens)
        assistant.model = "recorded"
        checker = ModelChecker(asked) if judge else bench.verifier.checker
        assistant.verifier = CheckingVerifier(checker)
        evaluate(assistant, questions, "recorded", wrote=answers.__setitem__, progress=asking)
    finally:
        bench.close()
    return answers


def counts(answers: dict[str, dict[str, Any]], folder: Path) -> list[tuple[str, Any]]:
    """How many sentences were said, in which way, and how many weren't."""
    said = [one for answer in answers.values() for one in answer["sentences"]]
    repairs = [path.read_text("utf-8") for path in folder.glob("*.repair.reply.txt")]
    repaired = " ".join(" ".join(repairs).split())
    return [
        ("answered", sum(answer["status"] == "answered" for answer in answers.values())),
        ("sentences said", len(said)),
        ("of these in the papers' words", sum(one["verdict"] == "verbatim" for one in said)),
        ("of these repaired", sum(one["text"].rstrip(".") in repaired for one in said)),
        ("sentences withheld", sum(len(answer["withheld"]) for answer in answers.values())),
    ]


if __name__ == "__main__":
    main()
