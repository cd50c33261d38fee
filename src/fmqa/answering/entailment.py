"""Entailment checkers: whether all of a sentence follows from a quote.

A checker gives a probability. Ours reads the quote behind its paper's title and the sentence before
it; any cross-encoder of the hub that was trained on entailment serves as well, and so does a strong
language model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from fmqa import prompts, weights
from fmqa.answering.asking import LanguageModel
from fmqa.errors import ModelSilent
from fmqa.types import Quote
from fmqa.weights.catalog import MINILM
from fmqa.weights.cross_encoder import CrossEncoderRunner, paired
from fmqa.weights.pull import ensure

if TYPE_CHECKING:
    from fmqa.settings import Settings

CHECKER_WEIGHTS = weights.TRAINED / "checker.safetensors"
_ENTAILED = re.compile(r"entail|support|consistent|^label_1$|^true$", re.IGNORECASE)
_NOT_ENTAILED = re.compile(r"\bnot|non|contra|in-?consistent|unsupport", re.IGNORECASE)
_LARGEST = 20.0  # log-odds


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, and the quote that is to carry it."""

    sentence: str
    quote: Quote

    @property
    def before(self) -> str:
        """What the quote is read behind: its paper's title and the sentence before it."""
        return " ".join(
            part for part in (self.quote.passage.paper.title, self.quote.context) if part
        )


class EntailmentChecker(Protocol):
    """Says how surely quotes carry sentences.

    ``at_once`` when all sentences of an answer are best asked about in one call.
    """

    at_once: bool = False

    def log_odds(self, claims: Sequence[Claim]) -> list[float]:
        """The log-odds that all of each sentence follows from its quote.

        Raises:
            ModelError: a language model that should say so can't.
        """
        ...


class TrainedChecker(EntailmentChecker):
    """The checker that comes with the package.

    Args:
        runner: its weights, ready to run.
    """

    def __init__(self, runner: CrossEncoderRunner) -> None:
        self.runner = runner

    def log_odds(self, claims: Sequence[Claim]) -> list[float]:
        """See `EntailmentChecker`."""
        cut = self.runner.tokenizer
        rows = [paired(cut, one.before, one.quote.text, one.sentence) for one in claims]
        return [segments[0] + whole for segments, whole in self.runner.score(rows)]


class HubChecker(EntailmentChecker):
    """A cross-encoder of the hub that was trained on entailment, such as ``cross-encoder/nli-…``.

    Args:
        name: of the hub, or a folder.
        device: as torch calls it.
    """

    def __init__(self, name: str, device: str = "cpu") -> None:
        from sentence_transformers import CrossEncoder
        from torch import nn

        self.model = CrossEncoder(name, device=device, activation_fn=nn.Identity())
        labels = {int(key): str(word) for key, word in self.model.config.id2label.items()}
        self._entailed = [
            place
            for place, word in labels.items()
            if _ENTAILED.search(word) and not _NOT_ENTAILED.search(word)
        ]

    def log_odds(self, claims: Sequence[Claim]) -> list[float]:
        """See `EntailmentChecker`: of entailment against all other labels together."""
        import numpy as np

        pairs = [(f"{one.before} {one.quote.text}", one.sentence) for one in claims]
        scores = self.model.predict(pairs, show_progress_bar=False)
        logits = np.asarray(scores, np.float64).reshape(len(pairs), -1)
        if logits.shape[1] == 1:  # of the one label against none
            logits = np.hstack([-logits / 2, logits / 2])
        held = self._entailed or [-1]
        yes = np.logaddexp.reduce(logits[:, held], axis=1)
        rest = np.logaddexp.reduce(np.delete(logits, held, axis=1), axis=1)
        found: list[float] = np.clip(yes - rest, -_LARGEST, _LARGEST).tolist()
        return found


class ModelChecker(EntailmentChecker):
    """A strong language model as the judge: all sentences in one call, a structured reply.

    Args:
        model: that judges.
    """

    at_once = True

    def __init__(self, model: LanguageModel) -> None:
        self.model = model

    def log_odds(self, claims: Sequence[Claim]) -> list[float]:
        """See `EntailmentChecker`. What the reply leaves out does not follow.

        Raises:
            ModelSilent: the reply holds no verdict.
        """
        if not claims:
            return []
        shown = [(one.before, one.quote.text, one.sentence) for one in claims]
        verdicts = _verdicts(self.model.ask(prompts.CHECK_SYSTEM, prompts.check_pairs(shown)))
        if not verdicts:
            raise ModelSilent("The language model gave no verdict on the sentences.")
        return [
            _LARGEST if verdicts.get(number) else -_LARGEST for number in range(1, len(claims) + 1)
        ]


def _verdicts(reply: str) -> dict[int, bool]:
    """The verdicts by pair; a reply that was cut off counts as far as it goes."""
    found: dict[int, bool] = {}
    for match in re.finditer(r"\{[^{}]*\}", reply):
        try:
            one: Any = json.loads(match.group())
        except ValueError:
            continue
        if isinstance(one.get("pair"), int) and isinstance(one.get("follows"), bool):
            found[one["pair"]] = one["follows"]
    return found


def make_checker(settings: Settings, model: LanguageModel, *, strong: bool) -> EntailmentChecker:
    """The checker that the settings name.

    Args:
        settings: of the library.
        model: the language model.
        strong: whether the language model can judge.

    Raises:
        ModelMissing: its files aren't on this machine.
    """
    named = settings.checker
    if named == "auto":
        named = "llm" if strong else "local"
    if named == "llm":
        return ModelChecker(model)
    if named == "local":
        folder = ensure(MINILM, settings.models_dir)
        return TrainedChecker(CrossEncoderRunner(folder, CHECKER_WEIGHTS, settings.threads))
    return HubChecker(named, settings.embedding_device)
