"""The language model that the settings name: our own llama.cpp server, or any of LangChain's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fmqa.answering import asking
from fmqa.answering.asking import LanguageModel, asked_to_wait, overflows
from fmqa.answering.reasoning import without_reasoning
from fmqa.errors import ModelError, ModelMissing, ModelSilent, ModelUnavailable
from fmqa.settings import Settings
from fmqa.weights.catalog import QWEN_CODER
from fmqa.weights.llama import LocalServer
from fmqa.weights.pull import ensure

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

ANSWER_TOKENS = 256
STRONG_TOKENS = 2048
"""Of a strong model's answer, with the instructions before the passages."""
_FEW_TOKENS = 8
SEED = 0

_FILE = "gguf:"
_MAGIC = b"GGUF"
_NO_MODEL_HINT = "Or set FMQA_LLM=none for the papers' own words."
_SMALL_CONTEXT = "Give the server a larger context, or set another model with FMQA_LLM."
_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
}
_PATIENT = {"openai", "anthropic", "azure_openai", "deepseek", "groq", "xai", "together"}


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """What `check_model` found: the model's name, and a word on how it answered."""

    name: str
    detail: str


def runs_here(llm: str) -> bool:
    """Whether a model runs on a server of our own: ``local``, or ``gguf:`` and a file."""
    return llm == "local" or llm.startswith(_FILE)


def writes(settings: Settings) -> bool:
    """Whether the language model is strong enough to read passages and write an answer.

    One that isn't only translates: the answer is the papers' own words, edited by program.
    """
    if settings.llm == "none":
        return False
    if settings.llm_tier != "auto":
        return settings.llm_tier == "strong"
    return not (runs_here(settings.llm) or settings.llm.startswith("ollama:"))


def name_of_model(llm: str) -> str:
    """What an answer calls its model: of a file, the name without its place on this machine."""
    return f"{_FILE}{Path(llm).name}" if llm.startswith(_FILE) else llm


def local_server(settings: Settings) -> LocalServer:
    """A server, not yet started, for the model that ``local`` or ``gguf:`` names.

    A model that is said to be strong gets one slot, which holds the passages that it reads.

    Raises:
        ModelMissing: ``local``'s model, or llama.cpp, isn't on this machine.
        ModelCorrupt: the model isn't the publisher's.
        ModelUnavailable: ``gguf:`` names no GGUF file.
    """
    from importlib.util import find_spec

    if find_spec("xllamacpp") is None:
        raise ModelMissing(
            "llama.cpp, which runs the local model, isn't installed.",
            hint="Run: pip install xllamacpp. " + _NO_MODEL_HINT,
        )
    if settings.llm.startswith(_FILE):
        file = _gguf_file(settings.llm)
    else:
        ensure(QWEN_CODER, settings.models_dir)
        file = QWEN_CODER.path(settings.models_dir)
    if settings.llm_tier != "strong":
        return LocalServer(file, threads=settings.threads)
    tokens = settings.evidence_tokens + STRONG_TOKENS
    return LocalServer(file, threads=settings.threads, slots=1, slot_tokens=tokens)


def _gguf_file(llm: str) -> Path:
    file = Path(llm.removeprefix(_FILE)).expanduser()
    try:
        with file.open("rb") as opened:
            is_gguf = opened.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise ModelUnavailable(
            f"{file} can't be read: {error.strerror}.",
            hint="FMQA_LLM=gguf:/path/to/model.gguf names a file. " + _NO_MODEL_HINT,
        ) from error
    if not is_gguf:
        raise ModelUnavailable(
            f"{file} is no GGUF file.", hint="Name a model in llama.cpp's format. " + _NO_MODEL_HINT
        )
    return file


def language_model(settings: Settings, server: Callable[[], LocalServer]) -> LanguageModel:
    """The language model that ``settings.llm`` names, which isn't ``none``.

    Args:
        settings: of the program.
        server: gives our own server, for ``local`` and ``gguf:``.
    """

    def make() -> BaseChatModel:
        if not runs_here(settings.llm):
            return make_chat_model(settings)
        running = server()
        # First the wait, which costs nothing here, then LangChain's import, which would hold up
        # the choice of quotes that may go on meanwhile.
        running.wait_ready()
        return make_chat_model(settings, running)

    return LanguageModel(make, partial(model_errors, settings))


def make_chat_model(settings: Settings, server: LocalServer | None = None) -> BaseChatModel:
    """The chat model that ``settings.llm`` names.

    Args:
        settings: of the program.
        server: for ``local`` and ``gguf:``, the server to use; without one, a server is made and
            started, and ends with the process.

    Raises:
        ModelMissing: the model's files, or the provider's package, aren't on this machine.
        ModelUnavailable: the provider needs a key that isn't set.
    """
    if runs_here(settings.llm):
        return _local_chat_model(server or local_server(settings).start(), settings)
    return _remote_chat_model(settings)


@contextmanager
def model_errors(settings: Settings) -> Iterator[None]:
    """Turns what a provider raises into a `ModelUnavailable` that says what to do."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise as_model_error(error, settings) from error


def check_model(settings: Settings) -> ModelCheck:
    """Makes the model that the settings name say a few words, and sees whether it streams.

    Raises:
        ModelError: it can't, and why.
    """
    if settings.llm == "none":
        return ModelCheck("none", "no language model: answers are the papers' own words")
    began = time.monotonic()
    server = local_server(settings) if runs_here(settings.llm) else None
    with server or nullcontext():
        model = make_chat_model(settings, server)
        asked = model.bind(max_tokens=_FEW_TOKENS) if server else model
        with model_errors(settings):
            pieces = [str(piece.text) for piece in asking.stream(asked, "Say one, two, three.")]
    if not without_reasoning("".join(pieces)):
        raise ModelSilent("The language model gave no answer.")
    how = "streams" if sum(map(bool, pieces)) > 1 else "doesn't stream"
    return ModelCheck(settings.llm, f"answered after {time.monotonic() - began:.1f} s, {how}")


def as_model_error(error: Exception, settings: Settings) -> ModelError:
    """The error, in our words: told by its HTTP status or the name of its class."""
    status = getattr(error, "status_code", None)
    kinds = {kind.__name__ for kind in type(error).__mro__}
    text = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
    where = settings.llm + (f" at {settings.llm_base_url}" if settings.llm_base_url else "")
    if status in (401, 403) or "api_key" in text or "API key" in text:
        key = _KEYS.get(settings.llm.partition(":")[0], "the provider's own variable")
        return ModelUnavailable(
            f"{where} refuses the key, or none is set.",
            hint=f"Set FMQA_LLM_API_KEY or {key}. " + _NO_MODEL_HINT,
        )
    if status == 404:
        return ModelUnavailable(f"{where} isn't known there: {text}")
    if status == 429:
        wait = asked_to_wait(error)
        told = "Wait" if wait is None else f"Ask again in {wait:.0f} s"
        return ModelUnavailable(
            f"{where} refuses more requests: {text}", hint=f"{told}, or check the account's quota."
        )
    if kinds & {"APITimeoutError", "TimeoutException", "TimeoutError", "ReadTimeout"}:
        return ModelUnavailable(
            f"{where} didn't answer within {settings.llm_timeout:.0f} seconds.",
            hint="Raise FMQA_LLM_TIMEOUT, or ask again. " + _NO_MODEL_HINT,
        )
    if kinds & {"APIConnectionError", "TransportError", "ConnectError", "ConnectionError"}:
        return ModelUnavailable(
            f"{where} can't be reached: {text}",
            hint="Check the network and FMQA_LLM_BASE_URL. " + _NO_MODEL_HINT,
        )
    return ModelUnavailable(
        f"{where} failed: {text}", hint=_SMALL_CONTEXT if overflows(error) else None
    )


def _local_chat_model(server: LocalServer, settings: Settings) -> BaseChatModel:
    import asyncio

    import httpx
    from langchain_openai import ChatOpenAI

    def direct(request: httpx.Request) -> None:
        """Sends the request to where the server listens now; it may have been started again."""
        address, key = server.wait_ready()
        target = httpx.URL(address)
        request.url = request.url.copy_with(host=target.host, port=target.port)
        request.headers["Host"] = f"{target.host}:{target.port}"
        request.headers["Authorization"] = f"Bearer {key}"

    async def adirect(request: httpx.Request) -> None:
        await asyncio.to_thread(direct, request)

    # trust_env=False: a proxy of the environment has no business on the loopback interface.
    timeout = settings.llm_timeout
    return ChatOpenAI(
        model="local",
        base_url="http://127.0.0.1/v1",
        api_key=lambda: "set by the request hook",
        http_client=httpx.Client(
            trust_env=False, timeout=timeout, event_hooks={"request": [direct]}
        ),
        http_async_client=httpx.AsyncClient(
            trust_env=False, timeout=timeout, event_hooks={"request": [adirect]}
        ),
        temperature=0.0,
        seed=SEED,
        max_completion_tokens=STRONG_TOKENS if settings.llm_tier == "strong" else ANSWER_TOKENS,
        timeout=timeout,
        use_responses_api=False,
        http_socket_options=(),
        extra_body={"cache_prompt": True},
    )


def _remote_chat_model(settings: Settings) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    provider, _, name = settings.llm.partition(":")
    options: dict[str, Any] = {}
    if settings.llm_base_url:
        options["base_url"] = settings.llm_base_url
        if not name:  # a bare name at an address: an OpenAI-compatible server
            provider, name = "openai", settings.llm
    if settings.llm_api_key:
        options["api_key"] = settings.llm_api_key
    if provider == "ollama":
        options["client_kwargs"] = {"timeout": settings.llm_timeout}
    else:
        options["timeout"] = settings.llm_timeout
    if provider in _PATIENT:  # `asking` tries again itself, and never waits for long
        options["max_retries"] = 0
    if provider == "openai" and settings.llm_base_url:
        options |= _compatible_server(settings)
    try:
        if name:
            return cast("BaseChatModel", init_chat_model(name, model_provider=provider, **options))
        return cast("BaseChatModel", init_chat_model(settings.llm, **options))
    except ImportError as error:
        raise _missing_package(error, settings) from error
    except Exception as error:
        raise as_model_error(error, settings) from error


def _compatible_server(settings: Settings) -> dict[str, Any]:
    """Servers other than OpenAI's speak chat completions, and often want no key."""
    import os

    options: dict[str, Any] = {"use_responses_api": False}
    if not settings.llm_api_key and not os.environ.get("OPENAI_API_KEY"):
        options["api_key"] = "none"
    return options


def _missing_package(error: ImportError, settings: Settings) -> ModelMissing:
    module = (error.name or str(getattr(error.__cause__, "name", "") or "")).partition(".")[0]
    package = module.replace("_", "-") or "its LangChain package"
    return ModelMissing(
        f"{settings.llm} needs {package}, which isn't installed.",
        hint=f"Run: pip install {package}",
    )
