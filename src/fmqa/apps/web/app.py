"""The chat's server: made, launched, waited for and ended."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from fmqa.apps.syncs import background_sync, library_in_words
from fmqa.apps.web.readiness import Readiness
from fmqa.errors import UsageError

if TYPE_CHECKING:
    import gradio as gr

    from fmqa.apps.web.tab import State
    from fmqa.apps.workbench import Workbench
    from fmqa.sync.background import BackgroundSync

HOST = "127.0.0.1"
LOOPBACK = (HOST, "localhost", "::1")
_CLOSING_SECONDS = 2


def build(ready: Readiness, state: State = lambda: ("", False)) -> gr.Blocks:
    """The page whose answers come from what is being made ready.

    Args:
        ready: where the assistant comes from, and the program's other parts.
        state: one line on the library, and whether something is wrong with it.
    """
    from fmqa.apps.web.page import Page
    from fmqa.apps.web.tab import Context

    blocks: gr.Blocks = Page(Context(ready, ready.bench, state)).blocks
    return blocks


def launch(
    blocks: gr.Blocks,
    host: str | None = HOST,
    port: int | None = None,
    bench: Workbench | None = None,
) -> str:
    """Start the server in a thread of its own and return its address.

    Args:
        blocks: from `build`.
        host: the interface; None leaves it, and whether frames are allowed, to Gradio's own
            environment, which is what a Hugging Face Space needs.
        port: None leaves it to Gradio.
        bench: whose papers' pages are served for the evidence; none when None.

    Raises:
        UsageError: the port is taken.
    """
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from fmqa.apps.web.assets import script, styles, theme
    from fmqa.apps.web.languages import LanguageChoice
    from fmqa.apps.web.security import SafeHeaders

    _reach_ourselves_directly()
    middleware = [Middleware(SafeHeaders, framed=host is None), Middleware(LanguageChoice)]
    if host in LOOPBACK:  # no other site's name may be made to lead here
        middleware.append(Middleware(TrustedHostMiddleware, allowed_hosts=[host, "localhost"]))
    try:
        served, address, _ = blocks.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            inbrowser=False,
            show_error=False,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            mcp_server=False,
            ssr_mode=False,
            pwa=False,
            max_file_size="1kb",
            state_session_capacity=1000,
            theme=theme(),
            css_paths=styles(),
            js=script(),
            app_kwargs={"middleware": middleware, "docs_url": None, "redoc_url": None},
        )
    except OSError as error:
        raise _taken(port) from error
    if bench is not None:
        from fmqa.apps.web.routes import add_evidence_routes

        add_evidence_routes(served, bench)
    return str(address).rstrip("/")


def serve(
    bench: Workbench, port: int = 7860, host: str = HOST, *, allow_remote: bool = False
) -> None:
    """Serve the chat until the program is interrupted or told to end.

    Args:
        bench: the program's parts.
        port: where to listen.
        host: the interface; anything but the loopback needs ``allow_remote``.
        allow_remote: that everybody who reaches the interface may ask, without a login.

    Raises:
        UsageError: the port is taken, or others would be let in without having been asked for.
    """
    if host not in LOOPBACK and not allow_remote:
        raise UsageError(
            f"On {host}, everybody who can reach this machine could ask without a login.",
            hint="Leave --host away, or say --allow-remote if a proxy or a container guards it.",
        )
    _check_port(host, port)
    run(bench, host, port)


def run(bench: Workbench, host: str | None, port: int | None = None) -> None:
    """Build, launch, say the address, and wait for SIGINT or SIGTERM; `launch` says the rest."""
    sync = _background_sync(bench)
    with _told_to_end() as told:
        ready = Readiness(bench)
        blocks = build(ready, lambda: library_in_words(bench, sync))
        try:
            address = launch(blocks, host, port, bench)
            sys.stdout.write(f"fmqa is at {address} (Ctrl-C ends it)\n")
            sys.stdout.flush()
            ready.start()
            if sync is not None:
                sync.start()
            told.wait()
        finally:
            close(blocks)
            if sync is not None:
                sync.stop(_CLOSING_SECONDS)
            ready.settle()
            bench.close()


def _background_sync(bench: Workbench) -> BackgroundSync | None:
    """What keeps the library current meanwhile, where the settings ask for it.

    Raises:
        UsageError: the interval can't be understood.
    """
    if not bench.settings.sync_every:
        return None
    from fmqa.sync.periods import parse_period

    return background_sync(bench, parse_period(bench.settings.sync_every))


def close(blocks: gr.Blocks) -> None:
    """End the server; answers that are still being written get a moment."""
    server: Any = getattr(blocks, "server", None)
    if server is not None:
        server.config.timeout_graceful_shutdown = _CLOSING_SECONDS
    log = logging.getLogger("uvicorn.error")
    level = log.level
    log.setLevel(logging.CRITICAL)  # an open tab's connection ends as an "error" with a traceback
    try:
        blocks.close(verbose=False)
    finally:
        log.setLevel(level)


@contextmanager
def _told_to_end() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, where this thread may listen to signals."""
    told = threading.Event()

    def tell(_number: int, _frame: FrameType | None) -> None:
        told.set()

    if threading.current_thread() is not threading.main_thread():
        yield told
        return
    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _check_port(host: str, port: int) -> None:
    """Fail before anything heavy is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _taken(port) from error


def _taken(port: int | None) -> UsageError:
    return UsageError(
        f"Port {port} can't be used: another program has it."
        if port
        else "No free port was found.",
        hint="Choose another one: `fmqa serve --port 7861`.",
    )


def _reach_ourselves_directly() -> None:
    """Gradio asks its own server whether it is up; a proxy of the environment can't know."""
    for name in ("NO_PROXY", "no_proxy"):
        names = [part for part in os.environ.get(name, "").split(",") if part]
        names += [own for own in (HOST, "localhost") if own not in names]
        os.environ[name] = ",".join(names)
