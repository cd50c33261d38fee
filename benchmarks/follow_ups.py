"""Follow-ups of our own over other people's papers: how many are understood.

    python -m benchmarks.follow_ups PDFS [--llm none] [--split held] [--replies FOLDER]

The earlier questions of each line of `follow_ups.jsonl` are asked first, then the follow-up behind
them, and the question that is meant alone. A follow-up counts as understood when a page is cited
that answers it, or half of what the meant question cites in its paper; after a refusal of the meant
question, when it is refused too with a sentence of that paper as the nearest. "Tell me more" has to
cite the paper in half of its citations, and something new; a new topic has to cite half of what it
cites alone. The files in PDFS are those of `papers/train`; nothing was chosen on `held`.

With ``--replies`` a strong model that isn't here rewrites: what it would be sent is written into
FOLDER/<id>-<turn>.txt, and what whoever stands in for it writes into FOLDER/<id>-<turn>.reply.txt
is taken in the next run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import json_rows, options_parser, print_table
from benchmarks.rehearsal import Recorded
from fmqa import Settings, Workbench
from fmqa.answering.asking import LanguageModel
from fmqa.answering.assistant import Asked, Finished, exchange
from fmqa.answering.conversation import Exchange, ModelRewriter
from fmqa.answering.schema import Answer

DATA = Path(__file__).with_name("follow_ups.jsonl")
_NEXT = {"more", "yes"}  # kinds that ask for what else there is


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One line of the file: the earlier questions, what is asked, and what is meant by it.

    ``paper`` is how the title of the paper that is meant begins, empty for a new topic; ``pages``
    are those of it that answer.
    """

    id: str
    split: str
    kind: str
    before: list[str]
    asked: str
    meant: str
    paper: str
    pages: list[int]


def main() -> None:
    """Ask all, and print the share that is understood, by kind."""
    parser = options_parser(__doc__)
    parser.add_argument("papers", type=Path, help="folder of the PDFs")
    parser.add_argument("--llm", default="none")
    parser.add_argument("--split", choices=("train", "held"))
    parser.add_argument("--home", type=Path, help="where the PDFs are read already")
    parser.add_argument("--replies", type=Path, help="folder of a strong model's replies")
    parser.add_argument("--verbose", action="store_true", help="show each follow-up")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        bench = Workbench(Settings(home=options.home or Path(made), llm=options.llm))
        try:
            if options.home is None:
                bench.load_starter()
                bench.ingestor.ingest(sorted(options.papers.glob("*.pdf")))
            model = rewriting(bench, options.replies) if options.replies else None
            told = [judged(bench.remembering, one, model) for one in follow_ups(options.split)]
        finally:
            bench.close()
    for row in told if options.verbose else ():
        print("ok " if row["understood"] else "-- ", row["id"], row["asked"], "=>", row["as"])
    kinds = sorted({row["kind"] for row in told})
    shown = [(kind, share([row for row in told if row["kind"] == kind])) for kind in kinds]
    print_table(f"follow-ups understood, {options.llm}", [*shown, ("all", share(told))])


def follow_ups(split: str | None = None) -> list[FollowUp]:
    """The follow-ups of a split, or all."""
    held = [FollowUp(**row) for row in json_rows(DATA)]
    return [one for one in held if split in (None, one.split)]


def share(rows: Sequence[dict[str, Any]]) -> str:
    """How many were understood, of how many."""
    right = sum(row["understood"] for row in rows)
    return f"{right} of {len(rows)}, {right / max(1, len(rows)):.2f}"


def rewriting(bench: Workbench, folder: Path) -> Recorded:
    """The model whose replies are in a folder, made to rewrite."""
    folder.mkdir(parents=True, exist_ok=True)
    model = Recorded(folder=folder)
    assistant = bench.assistant.inner
    assistant.rewrite = ModelRewriter(LanguageModel(lambda: model), assistant.rewrite)
    return model


def judged(assistant: Asked, one: FollowUp, model: Recorded | None) -> dict[str, Any]:
    """One follow-up with what came of it."""
    history: list[Exchange] = []
    last: Answer | None = None
    for turn, question in enumerate(one.before):
        if model is not None:
            model.asked = f"{one.id}-{turn}"
        last = assistant.ask(question, history=history)
        history.append(exchange(last))
    if model is not None:
        model.asked = f"{one.id}-{len(one.before)}"
    # Never from memory: which replies there are isn't part of what is remembered by.
    *_, finished = assistant.anew(one.asked, history=history)
    assert isinstance(finished, Finished)
    answer = finished.answer
    alone = assistant.ask(one.meant)
    return {
        "id": one.id,
        "kind": one.kind,
        "asked": one.asked,
        "as": answer.understood_as or answer.question,
        "understood": understood(one, answer, alone, last),
    }


def understood(one: FollowUp, answer: Answer, alone: Answer, last: Answer | None) -> bool:
    """Whether an answer is to what was meant; see the module's head."""
    cited, wanted = _places(answer.citations), _places(alone.citations)
    if not one.paper:
        return 2 * len(cited & wanted) >= len(wanted)
    theirs = [c for c in answer.citations if c.title.startswith(one.paper)]
    if one.kind in _NEXT:
        new = _places(theirs) - _places(last.citations if last else ())
        return bool(new) and 2 * len(theirs) >= len(cited)
    if any(c.page in one.pages for c in theirs):
        return True
    wanted = _places(c for c in alone.citations if c.title.startswith(one.paper))
    if wanted:
        return 2 * len(cited & wanted) >= len(wanted)
    near = answer.nearest
    return answer.status == "abstained" and near is not None and near.title.startswith(one.paper)


def _places(citations: Any) -> set[tuple[str, int, int]]:
    return {(c.paper_id, c.page, c.start) for c in citations}


if __name__ == "__main__":
    main()
