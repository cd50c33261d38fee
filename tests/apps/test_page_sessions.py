"""What is kept of each session, and which go first when there are too many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import gradio as gr
import httpx
import pytest
from served import Bench, Served, served

from fmqa.apps.web import app
from fmqa.apps.web.middleware import LeanSessions
from fmqa.apps.web.readiness import Readiness

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as running:
        yield running


@pytest.fixture
def sessions() -> LeanSessions:
    blocks: Any = app.build(Readiness(Bench()))  # type: ignore[arg-type]
    holder = LeanSessions()
    holder.set_blocks(blocks)
    return holder


def state_of(sessions: LeanSessions) -> int:
    """The id of a part that holds a conversation."""
    return next(k for k, part in sessions.blocks.blocks.items() if isinstance(part, gr.State))


def asked(server: Served, question: str) -> str:
    with httpx.Client(base_url=server.address, trust_env=False, timeout=30) as client:
        event = client.post("/gradio_api/call/ask", json={"data": [question, "", []]}).json()
        return client.get(f"/gradio_api/call/ask/{event['event_id']}").text


def test_programs_that_ask_leave_little_behind(server: Served) -> None:
    for number in range(70):
        assert "About" in asked(server, f"What is MedSAM{number}?")
    held = server.blocks.state_holder.session_data
    assert 0 < len(held) <= 64
    assert not any(session.config_values for session in held.values())
    assert len(server.blocks._queue.event_analytics) <= 100


def test_a_part_that_changes_is_kept_once(sessions: LeanSessions) -> None:
    session = sessions["ann"]
    parts = len(session.blocks_config.blocks)
    box = next(k for k, p in session.blocks_config.blocks.items() if p.elem_id == "fmqa-box")
    for text in ("one", "two"):  # as Gradio does it
        changed = gr.Textbox(text, render=False)
        session[box] = changed
        session[changed._id] = changed
    assert session[box].value == "two"
    assert len(session.blocks_config.blocks) == parts
    assert not session.config_values


def test_a_conversation_outlasts_any_number_of_calls(sessions: LeanSessions) -> None:
    state = state_of(sessions)
    sessions["reader"][state] = ("a conversation",)
    for number in range(2 * sessions.capacity):
        assert sessions[f"program {number}"].empty
    assert sessions["reader"][state] == ("a conversation",)
    assert len(sessions.session_data) <= 65


def test_of_too_many_conversations_the_oldest_goes(sessions: LeanSessions) -> None:
    state = state_of(sessions)
    sessions.capacity = 2
    for name in ("ann", "bob"):
        sessions[name][state] = (name,)
    assert sessions["ann"][state] == ("ann",)  # used again, so that bob's is the oldest
    sessions["cem"][state] = ("cem",)
    assert sessions["ann"][state] == ("ann",)
    assert list(sessions.session_data) == ["cem", "ann"]


def test_a_page_that_was_closed_is_forgotten_later(sessions: LeanSessions) -> None:
    state = state_of(sessions)
    for name in ("ann", "bob"):
        sessions[name][state] = (name,)
        sessions.time_last_used[name] -= timedelta(hours=2)
    sessions.session_data["ann"].is_closed = True
    sessions.delete_all_expired_state()
    assert list(sessions.session_data) == ["bob"]


def test_sessions_share_nothing(sessions: LeanSessions) -> None:
    state = state_of(sessions)
    sessions["ann"][state] = ("hers",)
    assert sessions["bob"][state] == ()
    assert sessions["ann"].blocks_config.blocks is not sessions["bob"].blocks_config.blocks
