"""The one gate before all that is served: who comes in, with how much, and to whose session.

Gradio has checks of its own on some of its routes only, and hands out a session's stream to
whoever names the session. Here every route is behind the same check, whoever mounts it, and a
session belongs to whoever named it first.
The page to log in on is here too."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from fmqa.apps.asgi import App, Message, Mount, Person, Receive, Send, put_person, with_headers
from fmqa.apps.web.auth import LOGIN_SECONDS, Logins, TooManyFailures
from fmqa.apps.web.completions import PATH as MODELS
from fmqa.apps.web.completions import error_form
from fmqa.apps.web.markup import view
from fmqa.apps.web.wording import IN_ENGLISH, LANGUAGES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

LOGIN_COOKIE = "fmqa-login"
MARK_COOKIE = "fmqa-browser"
# What everybody may ask: whether we live, the page to log in on, and Gradio's call to itself.
OPEN = frozenset(
    ("/login", "/healthz", "/readyz", "/favicon.ico", "/robots.txt", "/gradio_api/startup-events")
)
PAGES = frozenset(f"/{say.path}" for say in LANGUAGES)
UPLOAD = "/gradio_api/upload"
_GRADIO = "/gradio_api/"
_SESSION_IN_PATH = re.compile(r"/gradio_api/(?:heartbeat|stream)/([^/]+)")
_SESSIONS_KEPT = 20_000  # many more than Gradio keeps
_KIB = 1024


class Owners:
    """Whose each session of the page is: the first who names it has it."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._held: OrderedDict[str, str] = OrderedDict()

    def allows(self, session: str, owner: str) -> bool:
        """Whether it is this owner's, who gets it when nobody has it."""
        with self._guard:
            first = self._held.setdefault(session, owner)
            self._held.move_to_end(session)
            while len(self._held) > _SESSIONS_KEPT:
                self._held.popitem(last=False)
        return secrets.compare_digest(first.encode(), owner.encode())


class TooLarge(Exception):
    """A request's body is over the limit."""


class Gate:
    """ASGI middleware that lets in whom the logins know, and limits what comes in.

    Args:
        app: the application behind it.
        logins: who may come in; everybody when None.
        max_bytes: the largest body of a request.
        max_upload_bytes: the largest body of an upload.
    """

    def __init__(
        self, app: App, logins: Logins | None, max_bytes: int, max_upload_bytes: int
    ) -> None:
        self.app = app
        self.logins = logins
        self.max_bytes = max_bytes
        self.max_upload_bytes = max_upload_bytes
        self.owners = Owners()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on what may pass; answer everything else here."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks WebSocket
            await send({"type": "websocket.close", "code": 1008})
            return
        from starlette.requests import Request

        request = Request(scope, receive)
        person, refusal = await self._who(request)
        put_person(scope, person)
        if refusal is None:
            refusal = self._too_large_by_its_word(request)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        started = False
        answer = _marking(send, request, person)

        async def sent(message: Message) -> None:
            nonlocal started
            started = True
            await answer(message)

        try:
            replayed, body = await self._body(request, receive)
            if not all(self.owners.allows(s, person.key) for s in _sessions(request, body)):
                refusal = _said(request, 404, "There is no such session.", "Open the page anew.")
                await refusal(scope, receive, send)
                return
            await self.app(scope, replayed, sent)
        except TooLarge:
            if started:
                raise
            await self._too_large(request)(scope, receive, send)

    async def _who(self, request: Request) -> tuple[Person, Response | None]:
        """Whom it comes from, and what to answer when that is nobody who may come in."""
        address = request.client.host if request.client else ""
        if self.logins is None:
            mark = request.cookies.get(MARK_COOKIE, "") or _new_mark(request)
            return Person(mark=mark, address=address), None
        token = request.cookies.get(LOGIN_COOKIE, "")
        header = _credentials(request)
        try:
            name = self.logins.named(token) if token else ""
            name = name or (await self._basic(header, address) if header else "")
        except TooManyFailures as error:
            return Person(address=address), too_many_failures(request, error)
        person = Person(name=name, address=address)
        if name or request.url.path.rstrip("/") in OPEN:
            return person, None
        return person, _log_in_first(request)

    async def _basic(self, header: str, address: str) -> str:
        import anyio.to_thread

        assert self.logins is not None
        return self.logins.named(header) or await anyio.to_thread.run_sync(
            self.logins.basic, header, address
        )

    def _limit(self, request: Request) -> int:
        upload = request.url.path.rstrip("/") == UPLOAD
        return self.max_upload_bytes if upload else self.max_bytes

    def _too_large_by_its_word(self, request: Request) -> Response | None:
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length) <= self._limit(request):
            return None
        return self._too_large(request)

    def _too_large(self, request: Request) -> Response:
        limit = self._limit(request) // _KIB
        return _said(
            request,
            413,
            f"The request is too large: {limit:,} KiB are taken at most.",
            "Send a shorter question, or a smaller file.",
        )

    async def _body(self, request: Request, receive: Receive) -> tuple[Receive, bytes]:
        """What the application receives, and the body when that has to be looked into.

        Raises:
            TooLarge: at once, or later from what the application receives.
        """
        limit = self._limit(request)
        if request.method != "POST" or not request.url.path.startswith(_GRADIO):
            return _counted(receive, limit), b""
        if request.url.path.rstrip("/") == UPLOAD:
            return _counted(receive, limit), b""
        messages: list[Message] = []
        counted = _counted(receive, limit)
        while True:
            messages.append(await counted())
            if messages[-1]["type"] != "http.request" or not messages[-1].get("more_body"):
                break
        body = b"".join(message.get("body", b"") for message in messages)

        async def again() -> Message:
            return messages.pop(0) if messages else await receive()

        return again, body


def _credentials(request: Request) -> str:
    """The `Authorization` header; a model's key, ``name:password``, counts as Basic."""
    header = request.headers.get("authorization", "")
    kind, _, key = header.partition(" ")
    if kind.lower() != "bearer" or ":" not in key or not _for_a_model(request):
        return header
    return f"Basic {base64.b64encode(key.encode('latin-1')).decode()}"


def _for_a_model(request: Request) -> bool:
    return request.url.path.startswith(f"{MODELS}/")


def _counted(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def received() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise TooLarge
        return message

    return received


def _sessions(request: Request, body: bytes) -> set[str]:
    """All sessions that a request names, wherever Gradio looks for one."""
    path = request.url.path
    if not path.startswith(_GRADIO):
        return set()
    found = set(parse_qs(request.url.query).get("session_hash", ()))
    if in_path := _SESSION_IN_PATH.match(path):
        found.add(in_path[1])
    if body:
        try:
            said: Any = json.loads(body)
        except ValueError:  # Gradio's own parser says so in its words
            said = _form_session(request, body)
        if isinstance(said, dict) and isinstance(said.get("session_hash"), str):
            found.add(said["session_hash"])
    return found


def _form_session(request: Request, body: bytes) -> dict[str, str]:
    """The session of a multipart form, which one route of Gradio takes."""
    parts = re.findall(rb'name="session_hash"\s*\r\n\r\n([^\r]*)\r\n', body)
    return {"session_hash": parts[-1].decode(errors="replace")} if parts else {}


def _new_mark(request: Request) -> str:
    """A mark for a browser that opens the page; programs get none."""
    opens = request.method == "GET" and request.url.path in PAGES
    return secrets.token_urlsafe(18) if opens else ""


def _marking(send: Send, request: Request, person: Person) -> Send:
    """Sends the cookie along, where a browser is new."""
    known = request.cookies.get(MARK_COOKIE)
    if not person.mark or known or request.url.path not in PAGES:
        return send
    return with_headers(send, (b"set-cookie", cookie(request, MARK_COOKIE, person.mark)))


def cookie(request: Request, name: str, value: str, seconds: int | None = None) -> bytes:
    """A cookie that no script sees and no other site sends."""
    parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if seconds is not None:
        parts.append(f"Max-Age={seconds}")
    if request.url.scheme == "https":
        parts.append("Secure")
    return "; ".join(parts).encode("latin-1")


def wants_page(request: Request) -> bool:
    """Whether a person in a browser waits for a page, and not a program for data."""
    return "text/html" in request.headers.get("accept", "")


def _log_in_first(request: Request) -> Response:
    from starlette.responses import RedirectResponse

    if request.method in ("GET", "HEAD") and (wants_page(request) or request.url.path == "/"):
        there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(there, safe='')}", status_code=303)
    refusal = _said(
        request,
        401,
        "Nobody is logged in.",
        "Log in on the page, or send name and password by HTTP Basic.",
    )
    if "sec-fetch-mode" not in request.headers:  # a browser would ask in a window of its own
        refusal.headers["WWW-Authenticate"] = 'Basic realm="fmqa", charset="UTF-8"'
    return refusal


def too_many_failures(request: Request, error: TooManyFailures) -> Response:
    """What to answer after too many wrong passwords."""
    seconds = max(1, round(error.seconds))
    refusal = _said(
        request, 429, "Too many wrong passwords.", f"Try again in {seconds // 60 + 1} minutes."
    )
    refusal.headers["Retry-After"] = str(seconds)
    return refusal


def _said(request: Request, status: int, error: str, hint: str) -> Response:
    """A refusal in words: as text to a person, as JSON to a program, in the form that it knows."""
    from starlette.responses import JSONResponse, PlainTextResponse

    if _for_a_model(request):
        return JSONResponse(error_form(status, f"{error} {hint}"), status_code=status)
    if wants_page(request):
        return PlainTextResponse(f"{error} {hint}", status_code=status)
    detail = f"{error} {hint}"  # where Gradio's client looks for words
    return JSONResponse({"error": error, "hint": hint, "detail": detail}, status_code=status)


_WRONG = "Name or password is wrong."


def login_routes(logins: Logins) -> Mount:
    """The routes `/login` and `/logout`."""
    from starlette.responses import JSONResponse, RedirectResponse
    from starlette.routing import Route

    def show(request: Request) -> Response:
        return _login_page(_inside(request.query_params.get("next", "/")))

    async def log_in(request: Request) -> Response:
        import anyio.to_thread

        form = parse_qs((await request.body()).decode(errors="replace"))
        name, password, there = (
            form.get(field, [""])[0] for field in ("username", "password", "next")
        )
        address = request.client.host if request.client else ""
        try:
            token = await anyio.to_thread.run_sync(logins.log_in, name.strip(), password, address)
        except TooManyFailures as error:
            return too_many_failures(request, error)
        if token is None:
            if wants_page(request):
                return _login_page(_inside(there), _WRONG, 401)
            return JSONResponse({"error": _WRONG, "detail": _WRONG}, status_code=401)
        answer: Response
        if wants_page(request):
            answer = RedirectResponse(_inside(there), status_code=303)
        else:
            answer = JSONResponse({"success": True})
        answer.raw_headers.append(
            (b"set-cookie", cookie(request, LOGIN_COOKIE, token, LOGIN_SECONDS))
        )
        return answer

    def log_out(request: Request) -> Response:
        logins.log_out(request.cookies.get(LOGIN_COOKIE, ""))
        answer = RedirectResponse("/login", status_code=303)
        answer.raw_headers.append((b"set-cookie", cookie(request, LOGIN_COOKIE, "", 0)))
        return answer

    return Mount(
        (
            Route("/login", show, methods=["GET"]),
            Route("/login", log_in, methods=["POST"]),
            Route("/login/", log_in, methods=["POST"]),
            Route("/logout", log_out, methods=["GET", "POST"]),
        )
    )


def _login_page(there: str, problem: str = "", status: int = 200) -> Response:
    from starlette.responses import HTMLResponse

    text = view("page.login", IN_ENGLISH, there, problem)
    return HTMLResponse(text, status_code=status, headers={"cache-control": "no-store"})


def _inside(there: str) -> str:
    """Where to go on, when that is a page of ours; another site's address leads to the first."""
    parts = urlsplit(there)
    ours = there.startswith("/") and not there.startswith(("//", "/\\"))
    if not ours or parts.scheme or parts.netloc or any(ord(c) < 0x21 for c in there):
        return "/"
    return there
