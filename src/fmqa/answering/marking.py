"""Evidence markers: which sentences of a passage answer a question.

A marker reads the question, the paper's title and the whole passage once, and scores each sentence
in its context and the passage as a whole, after Chirkova et al., "Provence: efficient and robust
context pruning for retrieval-augmented generation" (arXiv:2501.16214).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from fmqa import weights
from fmqa.answering.quotes import units_of
from fmqa.answering.rows import in_table, is_row, table_of
from fmqa.types import Hit, Quote
from fmqa.weights.catalog import MINILM
from fmqa.weights.cross_encoder import CrossEncoderRunner, windows
from fmqa.weights.pull import ensure

if TYPE_CHECKING:
    from fmqa.settings import Settings
    from fmqa.types import Embedder

WEIGHTS = weights.TRAINED / "marker.safetensors"


@dataclass(frozen=True, slots=True)
class MarkedPassage:
    """A passage with the log-odds that each of its sentences, and the passage itself, answers."""

    hit: Hit
    units: tuple[Quote, ...]
    logits: tuple[float, ...]
    whole: float


class EvidenceMarker(Protocol):
    """Scores the sentences of passages against a question."""

    def mark(self, question: str, hits: Sequence[Hit]) -> list[MarkedPassage]:
        """The passages in their order, those without a sentence to quote left out."""
        ...


class TrainedMarker:
    """The marker that comes with the package, or any of the same form.

    Args:
        runner: its weights, ready to run.
    """

    def __init__(self, runner: CrossEncoderRunner) -> None:
        self.runner = runner

    def mark(self, question: str, hits: Sequence[Hit]) -> list[MarkedPassage]:
        """See `EvidenceMarker`."""
        marked = [(hit, units) for hit in hits if (units := units_of(hit))]
        cut = [
            windows(
                self.runner.tokenizer,
                question,
                context_of(hit, units),
                [said(unit) for unit in units],
            )
            for hit, units in marked
        ]
        scored = iter(self.runner.score([window for part in cut for window, _ in part]))
        found = []
        for (hit, units), part in zip(marked, cut, strict=True):
            logits, whole = [0.0] * len(units), _NONE
            for _, first in part:
                segments, single = next(scored)
                # A sentence that leads the next window was scored in its own, behind others.
                skip = 1 if first and len(segments) > 1 else 0
                logits[first + skip : first + len(segments)] = segments[skip:]
                whole = max(whole, single)
            found.append(MarkedPassage(hit, tuple(units), tuple(logits), whole))
        return found


class PairMarker:
    """Any cross-encoder of sentence-transformers, which scores one sentence at a time.

    Args:
        name: of the hub, or a folder.
        device: as torch calls it.
    """

    def __init__(self, name: str, device: str = "cpu") -> None:
        from sentence_transformers import CrossEncoder
        from torch import nn

        self.model = CrossEncoder(name, device=device, activation_fn=nn.Identity())

    def mark(self, question: str, hits: Sequence[Hit]) -> list[MarkedPassage]:
        """See `EvidenceMarker`."""
        marked = [(hit, units) for hit in hits if (units := units_of(hit))]
        pairs = [(question, text) for hit, units in marked for text in _in_context(hit, units)]
        scores = iter(map(float, self.model.predict(pairs, show_progress_bar=False)))
        found = []
        for hit, units in marked:
            logits = tuple(next(scores) for _ in units)
            found.append(MarkedPassage(hit, tuple(units), logits, max(logits)))
        return found


class CosineMarker:
    """No model of its own: the cosine of each sentence, under its paper's title, to the question.

    Args:
        embedder: the library's.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder

    def mark(self, question: str, hits: Sequence[Hit]) -> list[MarkedPassage]:
        """See `EvidenceMarker`."""
        marked = [(hit, units) for hit in hits if (units := units_of(hit))]
        texts = [text for hit, units in marked for text in _in_context(hit, units)]
        if not texts:
            return []
        vectors = self.embedder.embed_array([question, *texts])
        cosines = iter((vectors[1:] @ vectors[0]).tolist())
        found = []
        for hit, units in marked:
            logits = tuple(_SCALE * (next(cosines) - _EVEN) for _ in units)
            found.append(MarkedPassage(hit, tuple(units), logits, max(logits)))
        return found


def make_marker(settings: Settings, embedder: Embedder) -> EvidenceMarker:
    """The marker that the settings name.

    Raises:
        ModelMissing: its files aren't on this machine.
    """
    if settings.marker == "none":
        return CosineMarker(embedder)
    if settings.marker == "local":
        folder = ensure(MINILM, settings.models_dir)
        return TrainedMarker(CrossEncoderRunner(folder, WEIGHTS, settings.threads))
    return PairMarker(settings.marker, settings.embedding_device)


_NONE = -100.0
# The log-odds that a cosine stands for: logistic regression on held-out training questions.
_SCALE, _EVEN = 6.6, 0.88


def said(unit: Quote) -> str:
    """A sentence, or a row with what stands over it, as a marker reads it."""
    return in_table(unit).replace(" | ", " ") if is_row(unit) else unit.text


def context_of(hit: Hit, units: Sequence[Quote]) -> str:
    """What stands before a passage's sentences: title, section, and a table's caption and heads.

    Args:
        hit: the passage.
        units: what can be quoted of it, see `units_of`.
    """
    stored = hit.passage
    parts = [stored.paper.title, stored.passage.section]
    row = next(filter(is_row, units), None)
    parts += table_of(row) if row else ()
    return " ".join(f"{' '.join(part.split()).rstrip('.')}." for part in parts if part)


def _in_context(hit: Hit, units: Sequence[Quote]) -> list[str]:
    """Each of a passage's sentences behind what stands before them."""
    context = context_of(hit, units)
    return [f"{context} {said(unit)}" for unit in units]
