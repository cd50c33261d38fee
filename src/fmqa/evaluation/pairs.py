"""How well the check tells sentences that follow from their quote from those that don't.

Pairs are JSON lines: ``id``, ``title``, ``before`` (the sentence before the quote, where it leans
on it), ``quote``, ``sentence``, ``label`` (faithful or unfaithful) and ``fault``.
docs/evaluation.md has the form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fmqa.answering.entailment import Claim
from fmqa.evaluation.questions import read_rows
from fmqa.types import (
    PaperMeta,
    PaperStatus,
    Passage,
    PassageKind,
    Quote,
    Source,
    Span,
    StoredPassage,
)

if TYPE_CHECKING:
    from fmqa.answering.verification import CheckingVerifier

_POINTS = tuple(round(0.05 * step, 2) for step in range(1, 20))


class Pair(BaseModel):
    """A sentence beside its quote, and whether all of it follows."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1)
    title: str = ""
    before: str = ""
    quote: str = Field(min_length=1)
    sentence: str = Field(min_length=1)
    label: Literal["faithful", "unfaithful"]
    fault: str = ""
    paper: str = ""

    @property
    def follows(self) -> bool:
        """Whether it is labelled faithful."""
        return self.label == "faithful"

    @property
    def claim(self) -> Claim:
        """As the verifier takes it."""
        span = Span(1, 0, len(self.quote))
        passage = StoredPassage(
            id=0,
            paper=PaperMeta(paper_id=self.paper or "pair", version=1, title=self.title),
            source=Source.PDF,
            status=PaperStatus.CURRENT,
            passage=Passage(0, "", PassageKind.BODY, self.quote, (span,)),
        )
        return Claim(self.sentence, Quote(self.quote, span, passage, context=self.before))


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a file.

    Raises:
        UsageError: it can't be read, or a line is no pair.
    """
    return [pair for _, pair in read_rows(path, Pair, "docs/evaluation.md has the form of a pair.")]


@dataclass(frozen=True, slots=True)
class Checked:
    """Pairs with the probability that each sentence follows, and the one from which it is said."""

    pairs: Sequence[Pair]
    probabilities: Sequence[float]
    least: float

    def passing(self, *, follows: bool, least: float | None = None) -> float:
        """The share of the faithful, or of the unfaithful, sentences that would be said."""
        least = self.least if least is None else least
        held = [p >= least for pair, p in self._both() if pair.follows == follows]
        return sum(held) / len(held) if held else 0.0

    @property
    def area_under_curve(self) -> float:
        """The probability that a faithful sentence scores above an unfaithful one; ties half."""
        good = [p for pair, p in self._both() if pair.follows]
        bad = [p for pair, p in self._both() if not pair.follows]
        wins = sum((one > other) + 0.5 * (one == other) for one in good for other in bad)
        return wins / max(1, len(good) * len(bad))

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the figures at the threshold, by fault, and the curve over thresholds."""
        passing, caught = self.passing(follows=True), 1 - self.passing(follows=False)
        faults = sorted({pair.fault for pair in self.pairs if not pair.follows})
        return {
            "pairs": len(self.pairs),
            "least": self.least,
            "faithful_passing": passing,
            "unfaithful_caught": caught,
            "balanced_accuracy": (passing + caught) / 2,
            "area_under_curve": self.area_under_curve,
            "by_fault": {fault: self._of(fault) for fault in faults},
            "curve": [
                {
                    "least": least,
                    "faithful_passing": self.passing(follows=True, least=least),
                    "unfaithful_caught": 1 - self.passing(follows=False, least=least),
                }
                for least in _POINTS
            ],
        }

    def _of(self, fault: str) -> dict[str, int]:
        held = [
            p < self.least for pair, p in self._both() if pair.fault == fault and not pair.follows
        ]
        return {"caught": sum(held), "of": len(held)}

    def _both(self) -> list[tuple[Pair, float]]:
        return list(zip(self.pairs, self.probabilities, strict=True))


def check(verifier: CheckingVerifier, pairs: Sequence[Pair]) -> Checked:
    """Score all pairs."""
    scores = verifier.probabilities([pair.claim for pair in pairs])
    return Checked(pairs, scores, verifier.least)
