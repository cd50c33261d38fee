"""The chat's server: made, launched, waited for and ended."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from fmqa.apps.changing import Jobs
from fmqa.apps.health import background_sync, describe_library
from fmqa.apps.web.chat import ConversationStore
from fmqa.apps.web.readiness import Readiness
from fmqa.errors import UsageError

if TYPE_CHECKING:
    import gradio as gr
    from starlette.middleware import Middleware

    from fmqa.apps.web.auth import Logins
    from fmqa.apps.web.tab import State
    from fmqa.apps.workbench import Workbench
    from fmqa.settings import Settings

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"
LOOPBACK = (HOST, "localhost", "::1")
_CLOSING_SECONDS = 2
_LOOK_SECONDS = 0.25
_DELIVERY_SECONDS = 1.0  # what is finished still has to reach the browser
_SPARE_THREADS = 24  # beside those that answer or wait: for all that is quick
_UPLOADS_LOOKED_AT_SECONDS = 3600
_UPLOADS_KEPT_SECONDS = 24 * 3600
_FORM_BYTES = 1 << 16  # what a form adds to its files
_FILES_A_REQUEST = 20  # of the largest size
_NO_UPLOAD = 1 << 10  # Gradio has no way to take none


def build(
    ready: Readiness,
    state: State = lambda: ("", False),
    jobs: Jobs | None = None,
    *,
    uploads: bool = False,
) -> gr.Blocks:
    """The page whose answers come from what is being made ready.

    Args:
        ready: where the assistant comes from, and the program's other parts.
        state: one line on the library, and whether something is wrong with it.
        jobs: what changes the library for the page's users; None when they may not.
        uploads: whether files are taken, as drafts to check; with ``jobs`` they are.
    """
    from fmqa.apps.web.chat_page import ChatPage
    from fmqa.apps.web.tab import Context

    uploads = uploads or jobs is not None
    context = Context(ready, ready.bench, state, jobs=jobs, uploads=uploads)
    blocks: gr.Blocks = ChatPage(context).blocks
    blocks.delete_cache = (_UPLOADS_LOOKED_AT_SECONDS, _UPLOADS_KEPT_SECONDS)
    blocks.fmqa_ready = ready  # type: ignore[attr-defined]  # for `launch`: what is mounted beside the page needs it
    return blocks


def launch(
    blocks: gr.Blocks,
    host: str | None = HOST,
    port: int | None = None,
    logins: Logins | None = None,
    *,
    upload_bytes: int = 0,
) -> str:
    """Start the server in a thread of its own and return its address.

    Args:
        blocks: from `build`.
        host: the interface; None leaves it, and whether frames are allowed, to Gradio's own
            environment, which is what a Hugging Face Space needs.
        port: None leaves it to Gradio.
        logins: who may come in; everybody when None.
        upload_bytes: size of the largest file that is taken; 0 takes none.

    Raises:
        UsageError: the port is taken.
    """
    from fmqa.apps.asgi import person_of
    from fmqa.apps.web.chat_page import script, styles, theme
    from fmqa.apps.web.middleware import joined, mounts

    _reach_ourselves_directly()
    ready: Readiness = blocks.fmqa_ready  # type: ignore[attr-defined]
    settings = ready.bench.settings
    mounted = mounts(ready, logins)
    try:
        _, address, _ = blocks.launch(
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
            root_path=root_of(settings),
            num_workers=0,
            _frontend=False,  # it would ask for the page once and give up after three seconds
            max_threads=settings.questions_at_once + settings.questions_waiting + _SPARE_THREADS,
            # A file that is too large is said in its own line, and the others with it are taken.
            max_file_size=_FILES_A_REQUEST * upload_bytes or _NO_UPLOAD,
            allowed_paths=None,  # no file but what the page itself made or was sent
            state_session_capacity=1000,
            auth_dependency=None if logins is None else lambda request: person_of(request).name,
            theme=theme(),
            css_paths=styles(),
            js=script(),
            app_kwargs={
                "routes": [route for mount in mounted for route in mount.routes],
                "lifespan": joined(mounted),
                "middleware": _middleware(host, logins, settings, upload_bytes),
                "docs_url": None,
                "redoc_url": None,
            },
        )
    except OSError as error:
        raise _taken(port) from error
    return str(address).rstrip("/")


def _middleware(
    host: str | None, logins: Logins | None, settings: Settings, upload_bytes: int
) -> list[Middleware]:
    """What every request passes, the outermost first."""
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from fmqa.apps.web.gate import Gate
    from fmqa.apps.web.middleware import below_path, language_choice, own_page_only, safe_headers

    layers: list[Middleware] = []
    if root := root_of(settings):
        layers.append(Middleware(below_path, root=root))
    layers.append(Middleware(safe_headers, framed=host is None))
    if host in LOOPBACK:  # no other site's name may be made to lead here
        layers.append(Middleware(TrustedHostMiddleware, allowed_hosts=[host, "localhost"]))
    layers.append(Middleware(own_page_only))
    layers.append(
        Middleware(
            Gate,
            logins=logins,
            max_bytes=settings.request_max_kb << 10,
            max_upload_bytes=_FILES_A_REQUEST * upload_bytes + _FORM_BYTES,
        )
    )
    layers.append(Middleware(language_choice))
    return layers


def root_of(settings: Settings) -> str:
    """The path below which a proxy serves the page, without a slash at its end."""
    return settings.root_path.rstrip("/")


def serve(
    bench: Workbench,
    port: int = 7860,
    host: str = HOST,
    *,
    allow_remote: bool = False,
    login: bool = False,
) -> None:
    """Serve the chat until the program is interrupted or told to end.

    Args:
        bench: the program's parts.
        port: where to listen.
        host: the interface; anything but the loopback needs ``login`` or ``allow_remote``.
        allow_remote: that everybody who reaches the interface may ask, without a login.
        login: that everybody has to log in; the setting ``users_file`` says the same.

    Raises:
        UsageError: the port is taken, others would be let in without having been asked for, or
            everybody would have to log in and nobody can.
    """
    logins = logins_of(bench.settings, login)
    if host not in LOOPBACK and logins is None and not allow_remote:
        raise UsageError(
            f"On {host}, everybody who can reach this machine could ask without a login.",
            hint="Leave --host away, make users (`fmqa users add NAME`) and say --login, or say "
            "--allow-remote if a proxy or a container guards it.",
        )
    run(bench, host, port, logins)


def logins_of(settings: Settings, wanted: bool = False) -> Logins | None:
    """Who may come in, when that is asked for; None when everybody may.

    Raises:
        UsageError: nobody could log in, or the file of users can't be used.
    """
    if not wanted and settings.users_file is None:
        return None
    from fmqa.apps.web.auth import Logins, Users

    users = Users(settings.users_path)
    if not users.hashes:
        raise UsageError(
            f"Nobody could log in: {users.path} holds no user.", hint="Run `fmqa users add NAME`."
        )
    return Logins(users)


def run(
    bench: Workbench, host: str | None, port: int | None = None, logins: Logins | None = None
) -> None:
    """Build, launch, say the address, and wait for SIGINT or SIGTERM; `launch` says the rest."""
    sync = background_sync(bench)
    jobs = Jobs() if may_edit(bench.settings, host, login=logins is not None) else None
    with _own_uploads(), _stop_requested() as told:
        ready = Readiness(bench)
        size = largest_upload(bench.settings, jobs, login=logins is not None)
        blocks = build(ready, lambda: describe_library(bench, sync), jobs, uploads=bool(size))
        try:
            address = launch(blocks, host, port, logins, upload_bytes=size)
            sys.stdout.write(f"fmqa is at {address} (Ctrl-C ends it)\n")
            sys.stdout.flush()
            ready.start()
            if bench.settings.keep_conversations:
                ConversationStore(bench.library).sweep()
            if sync is not None:
                sync.start()
            told.wait()
            _finish(ready, told)
        finally:
            close(blocks)
            if sync is not None:
                sync.stop(_CLOSING_SECONDS)
            if jobs is not None:
                jobs.close(_CLOSING_SECONDS)
            ready.settle()
            bench.close()


def _finish(ready: Readiness, told: threading.Event) -> None:
    """Take no more questions, and let those that are being answered come to their end.

    Told to end once more meanwhile, it ends at once.
    """
    admission = ready.admission
    admission.close()
    answering, waiting = admission.lengths
    if answering or waiting:
        told.clear()
        seconds = ready.bench.settings.closing_seconds
        _log.info("Ending: %d answers get %g seconds to be finished.", answering, seconds)
        until = time.monotonic() + seconds
        while time.monotonic() < until and not told.is_set():
            if admission.emptied(_LOOK_SECONDS):
                told.wait(_DELIVERY_SECONDS)
                return


def may_edit(settings: Settings, host: str | None, *, login: bool = False) -> bool:
    """Whether the page may change the library.

    Args:
        settings: `web_edit` decides, unless it is ``auto``: then only the user of this machine may.
        host: the interface; None on a Hugging Face Space.
        login: whether others are let in by a login.
    """
    if settings.web_edit != "auto":
        return settings.web_edit == "on"
    return host in LOOPBACK and not login and "SPACE_ID" not in os.environ


def largest_upload(settings: Settings, jobs: Jobs | None, *, login: bool = False) -> int:
    """The size of the largest file that the server takes, in bytes; 0 when it takes none.

    Papers may be added where the library may be changed, and drafts checked by all who log in.
    """
    return settings.upload_max_mb << 20 if jobs is not None or login else 0


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
def _own_uploads() -> Iterator[None]:
    """A folder for what is uploaded and made for download that goes when the server ends."""
    before = os.environ.get("GRADIO_TEMP_DIR")
    with tempfile.TemporaryDirectory(prefix="fmqa-", ignore_cleanup_errors=True) as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["GRADIO_TEMP_DIR"]
            else:
                os.environ["GRADIO_TEMP_DIR"] = before


@contextmanager
def _stop_requested() -> Iterator[threading.Event]:
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
