"""What stands around Gradio's page: layers that requests pass, routes beside it, its sessions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gradio.state_holder import SessionState, StateHolder

from fmqa.apps.asgi import (
    AGENTS,
    App,
    Header,
    Lifespan,
    Message,
    Mount,
    Receive,
    Send,
    with_changed_headers,
    with_headers,
)
from fmqa.apps.web.wording import IN_ENGLISH, LANGUAGES

if TYPE_CHECKING:
    from fmqa.apps.web.auth import Logins
    from fmqa.apps.web.readiness import Readiness

# Gradio's own page has inline scripts and builds functions from text.
_POLICY = (
    "default-src 'self'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "font-src 'self' data:; "
    "connect-src 'self'; "
    "worker-src 'self' blob:; "
    "object-src 'none'; "
    "base-uri 'self'; "
    "form-action 'self'"
)


def safe_headers(app: App, framed: bool = False) -> App:
    """The layer that adds headers to every answer.

    Args:
        app: the application behind it.
        framed: whether other sites may show the page in a frame, as Hugging Face does.
    """
    policy = _POLICY if framed else f"{_POLICY}; frame-ancestors 'self'"
    added = [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]

    def made_safe(own: list[Header]) -> list[Header]:
        if any(value.startswith(b"text/event-stream") for _, value in own):
            return [*own, *added, (b"x-accel-buffering", b"no")]  # nginx would wait
        return [*own, *added]

    async def layer(scope: Message, receive: Receive, send: Send) -> None:
        await app(scope, receive, with_changed_headers(send, made_safe))

    return layer


def below_path(app: App, root: str) -> App:
    """The layer that serves everything below a path, whether the proxy takes it away or not.

    What stands behind it knows nothing of the path: it is put before the addresses to which answers
    lead and before the paths of cookies, so that another program on the same site gets none.

    Args:
        app: the application behind it.
        root: the path, without a slash at its end.
    """
    from starlette.responses import RedirectResponse

    def moved(name: bytes, value: bytes) -> Header:
        if name.lower() == b"location" and value.startswith(b"/") and value[1:2] != b"/":
            return name, root.encode() + value
        if name.lower() == b"set-cookie":
            return name, value.replace(b"; Path=/", b"; Path=" + root.encode() + b"/")
        return name, value

    async def layer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        path = str(scope["path"])
        if path == root and scope["method"] in ("GET", "HEAD"):
            await RedirectResponse(f"{root}/", 307)(scope, receive, send)
            return
        if path.startswith(f"{root}/"):
            path = path.removeprefix(root)
        scope = {**scope, "path": path, "raw_path": path.encode(), "root_path": ""}
        below = with_changed_headers(send, lambda own: [moved(*header) for header in own])
        await app(scope, receive, below)

    return layer


def own_page_only(app: App) -> App:
    """The layer that lets no page of another site send anything here.

    Such a page could otherwise upload files to a server on the reader's own machine: browsers send
    forms anywhere without asking. They say where a request comes from in ``Sec-Fetch-Site`` (W3C
    Fetch Metadata), which no script can change; programs that aren't browsers say nothing. Agents
    send no ``Origin`` either, so that what comes to them with another site's is a page's (the Model
    Context Protocol's warning on DNS rebinding, "Transports", 2025-06-18).

    Args:
        app: the application behind it.
    """
    from starlette.responses import PlainTextResponse

    refusal = PlainTextResponse("Another site's page can't send anything here.", status_code=403)

    async def layer(scope: Message, receive: Receive, send: Send) -> None:
        foreign = scope["type"] == "http" and _is_foreign(scope)
        await (refusal if foreign else app)(scope, receive, send)

    return layer


def _is_foreign(scope: Message) -> bool:
    from starlette.datastructures import Headers

    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if scope["path"].rstrip("/") == AGENTS and origin is not None:
        return urlsplit(origin).netloc != headers.get("host")
    changes = scope["method"] not in ("GET", "HEAD", "OPTIONS")
    return changes and headers.get("sec-fetch-site") in ("cross-site", "same-site")


CHOICE = "lang"
"""Names the query's field by which a language is chosen, and the cookie that keeps it."""

_A_YEAR = 365 * 24 * 3600
_PATHS = {wording.code: wording.path for wording in LANGUAGES}


def preferred(accepted: str) -> str:
    """The best of our languages for a browser's `Accept-Language`; English where none fits."""
    weighed = []
    for place, part in enumerate(accepted.split(",")[:32]):
        tag, _, weight = part.partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, tag.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    ours = [code for quality, _, code in sorted(weighed) if code in _PATHS and quality < 0]
    return ours[0] if ours else IN_ENGLISH.code


def language_choice(app: App) -> App:
    """The layer that leads from the page's address to that of the reader's language.

    Args:
        app: the application behind it.
    """
    from starlette.requests import Request
    from starlette.responses import RedirectResponse

    pages = {f"/{path}": code for code, path in _PATHS.items()}

    async def layer(scope: Message, receive: Receive, send: Send) -> None:
        own = str(scope["path"]) if scope["type"] == "http" else ""
        if own not in pages or scope["method"] != "GET":
            await app(scope, receive, send)
            return
        request = Request(scope)
        chosen = request.query_params.get(CHOICE, "")
        kept = request.cookies.get(CHOICE, "")
        wanted = next((code for code in (chosen, kept) if code in _PATHS), None)
        wanted = wanted or preferred(request.headers.get("accept-language", ""))
        if own != "/" or chosen in _PATHS or wanted == IN_ENGLISH.code:
            cookie = f"{CHOICE}={pages[own]}; Path=/; Max-Age={_A_YEAR}; SameSite=Lax"
            keeping = with_headers(send, (b"set-cookie", cookie.encode()))
            await app(scope, receive, keeping if chosen else send)
            return
        query = f"?{request.url.query}" if request.url.query else ""
        answer = RedirectResponse(f"/{_PATHS[wanted]}{query}", 307)
        answer.headers["vary"] = "Accept-Language, Cookie"
        await answer(scope, receive, send)

    return layer


def mounts(ready: Readiness, logins: Logins | None) -> list[Mount]:
    """All that is served beside the page, behind the same gate.

    A part with routes of its own offers a function that makes a `Mount` and is named here. In a
    handler, `person_of(request)` is who asks; paths under `/gradio_api` are Gradio's. What an ASGI
    application must have running goes into the mount's ``lifespan``.

    Args:
        ready: where the assistant comes from, and the program's other parts.
        logins: who may come in; None when everybody may.
    """
    from fmqa.apps import mcp_tools
    from fmqa.apps.web import completions, evidence, gate, readiness

    found = [
        mcp_tools.mount(ready),
        completions.mount(ready),
        readiness.mount(ready, guarded=logins is not None),
        evidence.mount(ready.bench),
        lean_sessions(),
    ]
    if logins is not None:
        found.append(gate.login_routes(logins))
    return found


def joined(mounted: Sequence[Mount]) -> Lifespan:
    """One lifespan of them all."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for mount in mounted:
                if mount.lifespan is not None:
                    await stack.enter_async_context(mount.lifespan(app))
            yield

    return lifespan


_EMPTY_KEPT = 64


class LeanSession(SessionState):
    """A session without Gradio's copy of the configuration of each of the page's parts.

    That copy, 350 KiB and tens of milliseconds for a page like ours, is made for each session, of
    which every call of a program is one; only links to a session's state would need it.

    Attributes:
        empty: whether nothing was ever put into it, so that it may go without a loss.
    """

    def __init__(self, blocks: Any) -> None:
        bare: Any = SimpleNamespace(default_config=blocks.default_config, blocks={})
        super().__init__(bare)
        self._parts = blocks.default_config.blocks
        self.empty = True

    def __setitem__(self, key: int, value: Any) -> None:
        # A part that was changed gets an id of its own, by which Gradio puts it in once more
        # with each event: a conversation would be kept as often as it has questions.
        if key in self._parts:
            self.empty = False
            super().__setitem__(key, value)
            self.config_values.pop(key, None)

    def _update_config(self, key: int) -> None:
        """Keep nothing."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Keep nothing."""


class LeanSessions(StateHolder):
    """The sessions of one server.

    Those that hold nothing are dropped soon, so that a program that asks a thousand times takes
    nobody's conversation away; of the others, those that weren't used for longest.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.session_data: OrderedDict[str, LeanSession] = OrderedDict()  # type: ignore[assignment]

    def __getitem__(self, session_id: str) -> LeanSession:
        session = self.session_data.get(session_id)
        if session is None:
            session = self.session_data.setdefault(session_id, LeanSession(self.blocks))
        super().__getitem__(session_id)
        return session

    def update(self, session_id: str) -> None:
        """Note that a session was used, and drop others when there are too many."""
        with self.lock:
            held = self.session_data
            if session_id in held:
                held.move_to_end(session_id)
            empty = [name for name in held if held[name].empty]
            full = [name for name in held if not held[name].empty]
            for dropped in (*empty[:-_EMPTY_KEPT], *full[: max(0, len(full) - self.capacity)]):
                del held[dropped]
                self.time_last_used.pop(dropped, None)

    def delete_all_expired_state(self) -> None:
        """Forget what Gradio does, and all of a page that was closed an hour ago."""
        super().delete_all_expired_state()  # type: ignore[no-untyped-call]
        now = datetime.now()  # naive, as Gradio's own
        with self.lock:
            for name, session in list(self.session_data.items()):
                idle = now - self.time_last_used.get(name, now)
                if session.is_closed and idle.total_seconds() > session.STATE_TTL_WHEN_CLOSED:
                    del self.session_data[name]
                    self.time_last_used.pop(name, None)


def lean_sessions() -> Mount:
    """Has the server keep its sessions so, before its first request."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        app.state_holder = LeanSessions()
        app.state_holder.set_blocks(app.get_blocks())
        yield

    return Mount((), lifespan)
