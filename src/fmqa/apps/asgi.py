"""What all that is served over HTTP has in common: ASGI's types, a part's own routes, who asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

Message = MutableMapping[str, Any]
Header = tuple[bytes, bytes]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]

AGENTS = "/mcp"
"""Where agents find the library's tools."""


@dataclass(frozen=True)
class Mount:
    """Routes of one part, and what has to run as long as the server does."""

    routes: tuple[BaseRoute, ...]
    lifespan: Lifespan | None = None


def with_headers(send: Send, *headers: Header) -> Send:
    """Sends an answer with these headers besides its own."""
    return with_changed_headers(send, lambda own: [*own, *headers])


def with_changed_headers(send: Send, change: Callable[[list[Header]], list[Header]]) -> Send:
    """Sends an answer with what becomes of its own headers."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": change(list(message.get("headers", ())))}
        await send(message)

    return sent


_KEY = "fmqa.person"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks: by the name of a login, or else by the mark that a browser was given.

    Attributes:
        name: of the login; empty where nobody has to log in.
        mark: a random text that the browser keeps until it is closed; empty for a program.
        address: of the machine that the request came from.
    """

    name: str = ""
    mark: str = ""
    address: str = ""

    @property
    def key(self) -> str:
        """What tells this person from another, as well as that can be told."""
        if self.name:
            return f"name:{self.name}"
        return f"mark:{self.mark}" if self.mark else f"address:{self.address}"

    @property
    def alone(self) -> bool:
        """Whether the key stands for one person; many may share an address."""
        return bool(self.name or self.mark)


NOBODY = Person()


def put_person(scope: Any, person: Person) -> None:
    """Note whom a request comes from; `Gate` does it, for all that stands behind it."""
    scope[_KEY] = person


def person_of(request: Any) -> Person:
    """Whom a request comes from.

    Args:
        request: Gradio's or Starlette's request, or an ASGI scope.
    """
    inner = getattr(request, "request", None) or request  # Gradio's holds Starlette's
    scope: Any = inner if isinstance(inner, Mapping) else getattr(inner, "scope", None)
    found = scope.get(_KEY) if scope is not None else None
    return found if isinstance(found, Person) else Person()
