"""Which language the page comes in: the one that was chosen, else the browser's first."""

from __future__ import annotations

from fmqa.apps.asgi import App, Message, Receive, Send
from fmqa.apps.web.wording import IN_ENGLISH, LANGUAGES

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


class LanguageChoice:
    """ASGI middleware that leads from the page's address to that of the reader's language.

    Args:
        app: the application behind it.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on, or send the reader to the page in his language."""
        from starlette.requests import Request
        from starlette.responses import RedirectResponse

        pages = {f"/{path}": code for code, path in _PATHS.items()}
        own = _own_path(scope) if scope["type"] == "http" else ""
        if own not in pages or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        chosen = request.query_params.get(CHOICE, "")
        kept = request.cookies.get(CHOICE, "")
        wanted = next((code for code in (chosen, kept) if code in _PATHS), None)
        wanted = wanted or preferred(request.headers.get("accept-language", ""))
        if own != "/" or chosen in _PATHS or wanted == IN_ENGLISH.code:
            await self.app(scope, receive, _keeping(send, pages[own]) if chosen else send)
            return
        query = f"?{request.url.query}" if request.url.query else ""
        answer = RedirectResponse(f"{scope.get('root_path', '')}/{_PATHS[wanted]}{query}", 307)
        answer.headers["vary"] = "Accept-Language, Cookie"
        await answer(scope, receive, send)


def _own_path(scope: Message) -> str:
    """The path below the one that a proxy serves the page under."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) if root and path.startswith(root) else path


def _keeping(send: Send, code: str) -> Send:
    """Adds the cookie that keeps the choice."""
    cookie = f"{CHOICE}={code}; Path=/; Max-Age={_A_YEAR}; SameSite=Lax"

    async def with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"set-cookie", cookie.encode())]
        await send(message)

    return with_cookie
