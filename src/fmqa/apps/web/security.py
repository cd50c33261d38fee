"""What the browser is told to refuse, whatever the page may come to hold.

The page escapes all text; should that ever fail, these headers keep a script from sending
anything anywhere, and keep other sites from showing the page in a frame of theirs.
"""

from __future__ import annotations

from fmqa.apps.asgi import App, Message, Receive, Send

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


class SafeHeaders:
    """ASGI middleware that adds the headers to every answer.

    Args:
        app: the application behind it.
        framed: whether other sites may show the page in a frame, as Hugging Face does.
    """

    def __init__(self, app: App, framed: bool = False) -> None:
        self.app = app
        policy = _POLICY if framed else f"{_POLICY}; frame-ancestors 'self'"
        self.headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
        ]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on, adding the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self.headers]
            await send(message)

        await self.app(scope, receive, with_headers)


class OwnPageOnly:
    """ASGI middleware that lets no page of another site send anything here.

    Such a page could otherwise upload files to a server on the reader's own machine: browsers send
    forms anywhere without asking. They say where a request comes from in ``Sec-Fetch-Site`` (W3C
    Fetch Metadata), which no script can change; programs that aren't browsers say nothing.

    Args:
        app: the application behind it.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        from starlette.responses import PlainTextResponse

        foreign = (b"cross-site", b"same-site")
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            headers = dict(scope["headers"])
            if headers.get(b"sec-fetch-site", b"") in foreign:
                words = "Another site's page can't send anything here."
                await PlainTextResponse(words, status_code=403)(scope, receive, send)
                return
        await self.app(scope, receive, send)
