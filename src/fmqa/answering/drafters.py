"""Which drafter the settings ask for, ready to write."""

from __future__ import annotations

from functools import partial

from fmqa.answering.drafting import Drafter
from fmqa.answering.models import make_chat_model, model_errors, runs_here
from fmqa.answering.synthesis import SynthesisDrafter
from fmqa.settings import Settings
from fmqa.weights.llama import LocalServer


def writes(settings: Settings) -> bool:
    """Whether the language model is strong enough to read passages and write an answer.

    One that isn't only translates: the answer is the papers' own words, edited by program.
    """
    if settings.llm == "none":
        return False
    if settings.llm_tier != "auto":
        return settings.llm_tier == "strong"
    return not (runs_here(settings.llm) or settings.llm.startswith("ollama:"))


def make_drafter(settings: Settings, server: LocalServer | None = None) -> Drafter:
    """A drafter on the language model, which has to be one that writes.

    Args:
        settings: of the program.
        server: our own, where the model runs on it.

    Raises:
        ModelError: the server doesn't come up; the provider's package or key is missing.
    """
    if server is not None:
        # First the wait, which costs nothing here, then LangChain's import, which would hold up
        # the choice of quotes that goes on meanwhile.
        server.wait_ready()
    model = make_chat_model(settings, server)
    assert model is not None
    return SynthesisDrafter(model, partial(model_errors, settings), settings.evidence_tokens)
