"""What the server keeps of each session: its conversation, not a copy of the whole page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from gradio.state_holder import SessionState, StateHolder

from fmqa.apps.asgi import Mount

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


def mount() -> Mount:
    """Has the server keep its sessions so, before its first request."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        app.state_holder = LeanSessions()
        app.state_holder.set_blocks(app.get_blocks())
        yield

    return Mount((), lifespan)
