"""What is served beside the page: routes that other parts of the program bring.

A part that has routes of its own (an MCP server, images of pages, metrics) offers a function that
makes a `Mount`, and is named in `mounts`. Whatever stands there is behind `Gate`, as everything
is: the same login, the same limit of a request's size. In a handler, `person_of(request)` is who
asks; `name` is empty where nobody has to log in. Paths under `/gradio_api` are Gradio's.

    def mount(ready: Readiness) -> Mount:
        async def page_image(request: Request) -> Response: ...
        return Mount((Route("/pages/{paper}/{page:int}.png", page_image),))

A Starlette or ASGI application is mounted by `Mount((routing.Mount("/mcp", app=server),),
lifespan=server.router.lifespan_context)`: what it must have running begins and ends with the
server. Handlers that are plain functions run in threads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from fmqa.apps.asgi import Lifespan, Mount

if TYPE_CHECKING:
    from fmqa.apps.web.auth import Logins
    from fmqa.apps.web.readiness import Readiness


def mounts(ready: Readiness, logins: Logins | None) -> list[Mount]:
    """All that is served beside the page.

    Args:
        ready: where the assistant comes from, and the program's other parts.
        logins: who may come in; None when everybody may.
    """
    from fmqa.apps.agents import http as agents
    from fmqa.apps.web import completions, health, login, metrics, routes, sessions

    found = [
        agents.mount(ready),
        completions.mount(ready),
        health.mount(ready, guarded=logins is not None),
        metrics.mount(ready),
        routes.mount(ready.bench),
        sessions.mount(),
    ]
    if logins is not None:
        found.append(login.mount(logins))
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
