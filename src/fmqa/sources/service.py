"""What the clients of services share: a transport that is closed with them."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from fmqa.sources.transport import Transport


class Service:
    """A client of one service; use it as a context manager, or close it.

    Args:
        transport: the way to the service.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends it; nothing can be asked any more."""
        self._transport.close()
