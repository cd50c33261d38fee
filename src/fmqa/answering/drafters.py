"""Which drafter the settings ask for, ready to write."""

from __future__ import annotations

from functools import partial

from fmqa.answering.drafting import Drafter, RewordingDrafter, reword_prefix
from fmqa.answering.models import in_slot, make_chat_model, model_errors
from fmqa.answering.synthesis import SynthesisDrafter
from fmqa.settings import Settings
from fmqa.weights.llama import LocalServer

_SENTENCE_TOKENS = 96
_PARALLEL = 4


def writes_at_once(settings: Settings) -> bool:
    """Whether the model is strong enough to read passages and write over all of them at once."""
    if settings.llm_tier != "auto":
        return settings.llm_tier == "strong"
    return settings.llm != "local" and not settings.llm.startswith("ollama:")


def local_drafter(settings: Settings, server: LocalServer) -> Drafter:
    """A drafter on our own server, its slots warmed with the prompt's fixed beginning.

    Raises:
        ModelError: the server doesn't come up.
    """
    # First the wait, which costs nothing here, then LangChain's import, which would hold up the
    # choice of quotes that goes on meanwhile.
    server.wait_ready()
    model = make_chat_model(settings, server)
    assert model is not None
    errors = partial(model_errors, settings)
    if writes_at_once(settings):
        return SynthesisDrafter(model, errors, settings.evidence_tokens)
    with errors():
        server.warm(reword_prefix())
    slots = [in_slot(model, slot, max_tokens=_SENTENCE_TOKENS) for slot in range(server.slots)]
    return RewordingDrafter(slots, errors)


def provider_drafter(settings: Settings) -> Drafter:
    """A drafter on a LangChain provider's model.

    Raises:
        ModelError: the provider's package or key is missing.
    """
    model = make_chat_model(settings)
    assert model is not None
    errors = partial(model_errors, settings)
    if writes_at_once(settings):
        return SynthesisDrafter(model, errors, settings.evidence_tokens)
    return RewordingDrafter([model] * _PARALLEL, errors)
