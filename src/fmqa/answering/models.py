"""The chat model that the settings name: our own llama.cpp server, or any of LangChain's.

The local model runs in a child process (`llama_server`), so that a native crash doesn't take the
app along, and dies with its parent. Requests reach one of its slots by ``id_slot`` (see `in_slot`);
each slot keeps the tokens that it has read, so that a prompt's fixed beginning is read only once.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, cast

from fmqa.errors import ModelError, ModelMissing, ModelUnavailable
from fmqa.settings import Settings
from fmqa.weights.catalog import QWEN_CODER
from fmqa.weights.cpu import usable_threads
from fmqa.weights.pull import ensure

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

SLOTS = 4
SLOT_TOKENS = 1536
LOAD_SECONDS = 120.0
ANSWER_TOKENS = 256
SEED = 0

_CHILD = Path(__file__).with_name("llama_server.py")
_PREFIXES_KEPT = 8
_NO_MODEL_HINT = "Or set FMQA_LLM=none for the papers' own words."
_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google_genai": "GOOGLE_API_KEY",
    "mistralai": "MISTRAL_API_KEY",
}
_EXTRAS = {"langchain_anthropic": "anthropic", "langchain_ollama": "ollama"}


class LocalServer:
    """A llama.cpp server of our own on the loopback interface, with a key of its own.

    ``start`` returns at once and the model loads meanwhile; whatever needs it waits for it, and
    starts it again if it has died. Safe to share between threads.
    """

    def __init__(
        self,
        model: Path,
        *,
        threads: int = 0,
        slots: int = SLOTS,
        slot_tokens: int = SLOT_TOKENS,
        repack: bool = False,
    ) -> None:
        """Starts nothing yet.

        Args:
            model: the GGUF file; what its slots have read of fixed prompts is kept beside it.
            threads: 0 means all that the process may use.
            slots: requests answered at once.
            slot_tokens: tokens of prompt and answer that each slot holds.
            repack: have llama.cpp copy the weights into the CPU's favourite order: four answers at
                once come about 15 % sooner, but the start takes 3 s more, and memory 0.6 GB more.
        """
        self.model = model
        self.slots = slots
        self._orders = {
            "model": str(model),
            "threads": usable_threads(threads),
            "slots": slots,
            "slot_tokens": slot_tokens,
            "repack": repack,
        }
        self._lock = threading.RLock()
        self._child: _Child | None = None

    def start(self) -> Self:
        """Starts the child unless it runs. Doesn't wait."""
        with self._lock:
            if self._child is None or not self._child.alive:
                self.stop()
                self._child = _Child(self._orders | {"prefixes": f"{self._prefixes()}/"})
        return self

    def wait_ready(self, timeout: float = LOAD_SECONDS) -> tuple[str, str]:
        """The server's address and key, once its model is loaded.

        Raises:
            ModelUnavailable: it ended, or isn't ready in time.
        """
        self.start()
        child = self._child
        if child is None:  # stopped by another thread meanwhile
            raise ModelUnavailable("The local model's server was stopped.")
        return child.wait_ready(timeout), child.key

    @property
    def ready(self) -> bool:
        """Whether the model is loaded and answers."""
        child = self._child
        return child is not None and child.alive and child.address is not None

    def stop(self) -> None:
        """Ends the child; does nothing when there is none."""
        with self._lock:
            if self._child is not None:
                self._child.stop()
                self._child = None

    def __enter__(self) -> Self:
        """Starts it."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stops it."""
        self.stop()

    def warm(self, messages: Sequence[BaseMessage]) -> None:
        """Makes every slot read ``messages``, the fixed beginning of the prompts to come.

        One slot reads them, the others copy what it holds, and the next process finds it on disk.
        """
        plain = _as_dicts(messages)
        name = self._prefix_name(plain)
        slots = range(self.slots)
        if (self._prefixes() / name).is_file():
            with suppress(ModelUnavailable):
                for slot in slots:
                    self._slot_action(slot, "restore", name)
                return
        self._request("/v1/chat/completions", _reading(plain))
        scratch = f"{name}.{secrets.token_hex(4)}.tmp"
        self._slot_action(0, "save", scratch)
        (self._prefixes() / scratch).replace(self._prefixes() / name)
        for slot in slots[1:]:
            self._slot_action(slot, "restore", name)
        self._forget_old_prefixes()

    def _slot_action(self, slot: int, action: str, name: str) -> None:
        self._request(f"/slots/{slot}?action={action}", {"filename": name})

    def _request(self, path: str, body: dict[str, Any]) -> None:
        import httpx

        address, key = self.wait_ready()
        try:
            with httpx.Client(trust_env=False, timeout=LOAD_SECONDS) as client:
                client.post(
                    address + path, json=body, headers={"Authorization": f"Bearer {key}"}
                ).raise_for_status()
        except httpx.HTTPError as error:
            raise ModelUnavailable(f"The local model's server failed: {error}.") from error

    def _prefixes(self) -> Path:
        folder = self.model.with_name("prefixes")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _prefix_name(self, messages: list[dict[str, str]]) -> str:
        from importlib.metadata import version

        stat = self.model.stat()
        facts = [messages, version("xllamacpp"), stat.st_size, stat.st_mtime_ns]
        facts.append(self._orders["slot_tokens"])
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24] + ".kv"

    def _forget_old_prefixes(self) -> None:
        with suppress(OSError):
            files = sorted(self._prefixes().iterdir(), key=lambda path: path.stat().st_mtime)
            for path in files[:-_PREFIXES_KEPT]:
                path.unlink(missing_ok=True)


class _Child:
    """One run of the child process."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self.key = secrets.token_urlsafe(32)
        self.address: str | None = None
        self._answered = threading.Event()
        # A session of its own: Ctrl-C in the terminal is the parent's to handle.
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and script
            [sys.executable, "-P", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        stdin = cast("IO[bytes]", self._process.stdin)
        with suppress(BrokenPipeError):
            stdin.write(json.dumps(orders | {"api_key": self.key}).encode() + b"\n")
            stdin.flush()
        threading.Thread(target=self._listen, name="llama-server", daemon=True).start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_ready(self, timeout: float) -> str:
        if not self._answered.wait(timeout):
            raise ModelUnavailable(f"The local model wasn't loaded after {timeout:.0f} seconds.")
        if self.address is None:
            code = self._process.wait()
            raise ModelUnavailable(
                f"The local model's server ended while starting (exit code {code}).",
                hint="`fmqa doctor` says whether memory or files are missing. " + _NO_MODEL_HINT,
            )
        return self.address

    def stop(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.terminate()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        with suppress(OSError, ValueError):
            line = cast("IO[bytes]", self._process.stdout).readline()
            self.address = json.loads(line)["address"]
        self._answered.set()


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """What `check_model` found: the model's name, and a word on how it answered."""

    name: str
    detail: str


def local_server(settings: Settings) -> LocalServer:
    """A server, not yet started, for the model that ``local`` names.

    Raises:
        ModelMissing: the model, or llama.cpp, isn't on this machine.
        ModelCorrupt: the model isn't the publisher's.
    """
    from importlib.util import find_spec

    if find_spec("xllamacpp") is None:
        raise ModelMissing(
            "llama.cpp, which runs the local model, isn't installed.",
            hint="Run: pip install xllamacpp. " + _NO_MODEL_HINT,
        )
    ensure(QWEN_CODER, settings.models_dir)
    return LocalServer(QWEN_CODER.path(settings.models_dir), threads=settings.threads)


def make_chat_model(settings: Settings, server: LocalServer | None = None) -> BaseChatModel | None:
    """The chat model that ``settings.llm`` names, or None for ``none``.

    Args:
        settings: of the program.
        server: for ``local``, the server to use; without one, a server is made and started, and
            ends with the process.

    Raises:
        ModelMissing: the model's files, or the provider's package, aren't on this machine.
        ModelUnavailable: the provider needs a key that isn't set.
    """
    if settings.llm == "none":
        return None
    if settings.llm == "local":
        return _local_chat_model(server or local_server(settings).start(), settings)
    return _remote_chat_model(settings)


def in_slot(
    model: BaseChatModel, slot: int, **options: Any
) -> Runnable[LanguageModelInput, AIMessage]:
    """The local model, its requests going to one slot. ``options`` go to llama.cpp as they are."""
    return model.bind(extra_body={"id_slot": slot, "cache_prompt": True, **options})


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
    """Makes the model that the settings name say one word.

    Raises:
        ModelError: it can't, and why.
    """
    if settings.llm == "none":
        return ModelCheck("none", "no language model: answers are the papers' own words")
    began = time.monotonic()
    server = local_server(settings) if settings.llm == "local" else None
    try:
        model = make_chat_model(settings, server)
        assert model is not None
        with model_errors(settings):
            model.invoke("Say yes.", max_tokens=4) if server else model.invoke("Say yes.")
    finally:
        if server:
            server.stop()
    return ModelCheck(settings.llm, f"answered after {time.monotonic() - began:.1f} s")


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
        return ModelUnavailable(
            f"{where} refuses more requests: {text}", hint="Wait, or check the account's quota."
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
    return ModelUnavailable(f"{where} failed: {text}")


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
        max_tokens=ANSWER_TOKENS,  # type: ignore[call-arg]  an alias
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
    if provider == "openai" and settings.llm_base_url:
        options |= _compatible_server(settings)
    try:
        if name:
            return init_chat_model(name, model_provider=provider, **options)
        return init_chat_model(settings.llm, **options)
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


def _as_dicts(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    roles = {"human": "user", "ai": "assistant"}
    return [{"role": roles.get(m.type, m.type), "content": str(m.content)} for m in messages]


def _reading(messages: list[dict[str, str]]) -> dict[str, Any]:
    """A request of slot 0 that reads ``messages`` and writes nothing."""
    return {"messages": messages, "id_slot": 0, "cache_prompt": True, "max_tokens": 0}
