"""Scores of answers from any system, by the rules that `fmqa eval` has for ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

from fmqa.evaluation.grading import states
from fmqa.evaluation.questions import Question
from fmqa.reading.sentences import split_sentences

# Said of the whole answer: that there is none. Written to let every wording of it count.
_REFUSAL = re.compile(
    r"\b(?:(?:i|we) (?:do not|don['’]t|cannot|can['’]t|am unable|could not|couldn['’]t) "
    r"(?:know|answer|determine|find|provide|say)|i['’]m (?:not sure|sorry|unable)|"
    r"cannot answer|(?:does|do|did) not (?:\w+ ){0,3}?(?:mention|contain|provide|specify|include|"
    r"state|address|discuss|give)|(?:is|are|was|were) not (?:\w+ )?(?:mentioned|provided|specified|"
    r"stated|available|given|included|discussed)|no (?:information|mention|data)|"
    r"(?:insufficient|not enough|no relevant) (?:information|context|evidence)|"
    r"not (?:directly )?(?:related|relevant) to|unable to (?:answer|determine|provide))"
    r"|不知道|无法回答|没有提到|未提及|没有提供",
    re.IGNORECASE,
)
_FIRST_SENTENCES = 2  # a refusal stands at the beginning; what follows may explain it


@dataclass(frozen=True, slots=True)
class Reply:
    """What one system said to one question. ``evidence`` is what it shows as proof, by paper."""

    id: str
    text: str
    cited: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]
    refused: bool
    seconds: float
    failed: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Reads a kept answer; who doesn't say that he refuses is judged by his words."""
        refused = row.get("refused")
        if refused is None:
            refused = not row["text"].strip() or bool(_REFUSAL.search(_beginning(row["text"])))
        return cls(
            row["id"],
            row["text"],
            tuple(dict.fromkeys(row["cited"])),
            tuple((paper, text) for paper, text in row["evidence"]),
            refused,
            row["seconds"],
            bool(row.get("error")),
        )


def _beginning(text: str) -> str:
    ends = [end for _, end in split_sentences(text)][:_FIRST_SENTENCES]
    return text[: ends[-1]] if ends else text


def scores(
    questions: Sequence[Question], replies: Sequence[Reply], sources: Mapping[str, str]
) -> dict[str, float | int | None]:
    """One system's figures. ``sources`` are the papers' texts, white space folded."""
    by_id = {reply.id: reply for reply in replies}
    pairs = [(question, by_id[question.id]) for question in questions if question.id in by_id]
    facts = [
        not reply.refused and any(states(reply.text, one) for one in wordings)
        for question, reply in pairs
        for wordings in question.facts
    ]
    answered = [(q, r) for q, r in pairs if q.answerable and q.papers and not r.refused]
    cited = [(paper, q.papers) for q, r in answered for paper in r.cited]
    wanted = [(paper, r.cited) for q, r in answered for paper in q.papers]
    shown = [one for _, reply in pairs if not reply.refused for one in reply.evidence]
    refusals = [not q.answerable for q, r in pairs if r.refused]
    return {
        "questions": len(pairs),
        "fact recall": _share(facts),
        "citation precision, papers": _share([paper in ids for paper, ids in cited]),
        "citation recall, papers": _share([paper in ids for paper, ids in wanted]),
        "evidence that stands verbatim in its paper": _share(
            [" ".join(text.split()) in sources.get(paper, "") for paper, text in shown]
        ),
        "abstention recall": _share([r.refused for q, r in pairs if not q.answerable]),
        "abstention precision": _share(refusals),
        "failed": sum(reply.failed for _, reply in pairs),
        "median seconds": round(median(r.seconds for _, r in pairs), 1) if pairs else None,
    }


def _share(holds: Sequence[bool]) -> float | None:
    return round(sum(holds) / len(holds), 3) if holds else None


def comparison(
    questions: Sequence[Question],
    replies: Mapping[str, Sequence[Reply]],
    sources: Mapping[str, str],
) -> dict[str, Any]:
    """All systems' figures, by name."""
    return {"systems": {name: scores(questions, said, sources) for name, said in replies.items()}}


def print_comparison(compared: Mapping[str, Any]) -> None:
    """A table with a column for each system."""
    systems = compared["systems"]
    print("\n" + " " * 46 + "".join(f"{name:>12}" for name in systems))
    for figure in next(iter(systems.values())):
        cells = (systems[name][figure] for name in systems)
        print(f"  {figure:<44}" + "".join(f"{'–' if c is None else c:>12}" for c in cells))
