"""A strong model reads the answers, in the way of ragas (Es et al. 2023, arXiv 2309.15217).

Faithfulness is the share of sentences that the model finds carried by their quotes. Relevance is
the mean cosine of the question to questions that the model makes up from the answer alone, 0 when
the answer says nothing. Both are a model's opinion, and are only asked for by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fmqa import prompts

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.language_models import BaseChatModel
    from numpy.typing import NDArray

    from fmqa.answering.drafting import Errors
    from fmqa.answering.schema import Answer, Sentence

    EmbedTexts = Callable[[Sequence[str]], NDArray[np.float32]]

_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model thinks of an answer.

    ``faithful`` has one verdict for each sentence, None where the model's reply couldn't be read;
    ``relevance`` is 0 to 1, or None likewise. ``reasons`` are the model's words, as they came.
    """

    faithful: tuple[bool | None, ...]
    relevance: float | None
    reasons: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Judge:
    """Judges answers.

    Args:
        model: any of LangChain's chat models, a strong one.
        embed: turns texts into unit vectors, shape (texts, dimension).
        errors: turns what a provider raises into a `ModelError`.
    """

    def __init__(self, model: BaseChatModel, embed: EmbedTexts, errors: Errors) -> None:
        self.model = model
        self.embed = embed
        self.errors = errors

    def judge(self, answer: Answer) -> Judgement:
        """Reads one answer: a request for each sentence and one for the whole.

        Raises:
            ModelError: the model can't be used.
        """
        verdicts = [self._faithful(answer, sentence) for sentence in answer.sentences]
        return Judgement(
            tuple(verdict for verdict, _ in verdicts),
            self._relevance(answer),
            tuple(reason for _, reason in verdicts),
        )

    def _faithful(self, answer: Answer, sentence: Sentence) -> tuple[bool | None, str]:
        quotes = [answer.citations[number - 1] for number in sentence.citations]
        shown = [(citation.title, citation.quote) for citation in quotes]
        reply = self._ask(prompts.JUDGE_FAITHFUL, prompts.judge_sentence(sentence.text, shown))
        verdict = reply.get("carried")
        return (verdict if isinstance(verdict, bool) else None), str(reply.get("why", ""))

    def _relevance(self, answer: Answer) -> float | None:
        reply = self._ask(prompts.JUDGE_RELEVANT, prompts.judge_answer(answer.answer))
        if reply.get("says_nothing") is True:
            return 0.0
        made = reply.get("questions")
        if not isinstance(made, list) or not made or not all(isinstance(q, str) for q in made):
            return None
        vectors = self.embed([answer.question, *made])
        return max(0.0, float((vectors[1:] @ vectors[0]).mean()))

    def _ask(self, system: str, message: str) -> dict[str, Any]:
        """The JSON object in the model's reply; an empty one where there is none."""
        from langchain_core.messages import HumanMessage, SystemMessage

        with self.errors():
            reply = self.model.invoke([SystemMessage(system), HumanMessage(message)])
        match = _OBJECT.search(str(reply.text))
        try:
            found = json.loads(match.group()) if match else {}
        except json.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}
