"""The tools over streamable HTTP, at ``/mcp`` of the app, behind the app's own gate."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fmqa.apps.agents.server import make_server
from fmqa.apps.asgi import App, Message, Mount, Receive, Send
from fmqa.apps.queries import Queries

if TYPE_CHECKING:
    from fmqa.apps.web.readiness import Readiness

PATH = "/mcp"
_MOST_BYTES = 1 << 20


def mount(ready: Readiness) -> Mount:
    """The route of the MCP server, and what it has running.

    Each request stands alone and is answered in JSON: no session is kept that somebody else could
    take over, and a restart of the app goes unnoticed.

    Args:
        ready: where the assistant comes from, and the program's other parts.
    """
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.routing import Route

    server = make_server(Queries(ready.bench, lambda: ready.assistant), ready.admission)
    inner = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=_MOST_BYTES,
        # The app's own hosts are checked for all of it, and `OwnPages` checks origins: this
        # server can't know by what names the app is reached.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    (route,) = inner.routes
    assert isinstance(route, Route)
    guarded = Route(PATH, endpoint=OwnPages(route.endpoint))
    return Mount((guarded,), lifespan=lambda app: inner.router.lifespan_context(inner))


class OwnPages:
    """ASGI middleware that refuses what the page of another site sends.

    Agents send no ``Origin``; a browser does, and can be made to by any site (the specification's
    warning on DNS rebinding, "Transports", 2025-06-18).

    Args:
        app: the application behind it.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass on what comes from no page, or from one of ours."""
        from starlette.datastructures import Headers
        from starlette.responses import PlainTextResponse

        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            refusal = PlainTextResponse("Pages of other sites may not ask here.", 403)
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)
