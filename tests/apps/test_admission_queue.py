"""The line of questions: who comes next, who is refused, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import Bench, Served, free_port, served, until

from fmqa.apps.admission_queue import AdmissionQueue
from fmqa.apps.asgi import Person
from fmqa.apps.web import app
from fmqa.errors import Busy
from fmqa.settings import Settings

ANN, BOB = Person(name="ann"), Person(mark="bob")


def test_first_come_first_served_and_each_knows_its_place() -> None:
    line = AdmissionQueue(at_once=1, waiting=3, per_person=9)
    first, second, third = (line.enter(ANN) for _ in range(3))
    assert line.lengths == (1, 2)
    assert list(first.positions()) == []
    assert next(second.positions()) == 1
    assert next(third.positions()) == 2
    with first:
        pass
    assert list(second.positions()) == []
    assert next(third.positions()) == 1
    line.leave(third)
    line.leave(third)  # once more does no harm
    line.leave(second)
    assert line.lengths == (0, 0)


def test_a_line_that_is_full_refuses_in_words() -> None:
    line = AdmissionQueue(at_once=1, waiting=1, per_person=9)
    line.enter(ANN)
    line.check(ANN)
    line.enter(ANN)
    for refuse in (line.check, line.enter):
        with pytest.raises(Busy, match="Too many questions are waiting") as busy:
            refuse(BOB)
        assert "again" in busy.value.hint


def test_nobody_takes_the_whole_line() -> None:
    line = AdmissionQueue(at_once=4, waiting=32, per_person=2)
    held = [line.enter(ANN) for _ in range(2)]
    with pytest.raises(Busy, match="Of yours, 2 are"):
        line.enter(ANN)
    line.enter(BOB)
    line.leave(held[0])
    line.enter(ANN)
    crowd = Person(address="192.0.2.1")  # many may share an address
    for _ in range(20):
        line.enter(crowd)
    with pytest.raises(Busy, match="Of yours, 20 are"):
        line.enter(crowd)
    line.enter(Person(address="192.0.2.2"))


def test_who_waits_is_told_when_it_ends_and_who_is_within_is_let_finish() -> None:
    line = AdmissionQueue(at_once=1, waiting=3)
    within, waits = line.enter(ANN), line.enter(ANN)
    told: list[str] = []

    def wait() -> None:
        try:
            waits.wait()
        except Busy as busy:
            told.append(str(busy))
        line.leave(waits)

    thread = threading.Thread(target=wait)
    thread.start()
    line.close()
    thread.join(10)
    assert "about to end" in told[0]
    with pytest.raises(Busy, match="about to end"):
        line.enter(BOB)
    assert not line.emptied(0.05)
    line.leave(within)
    assert line.emptied(0.05)


def test_many_threads_never_more_than_allowed() -> None:
    line = AdmissionQueue(at_once=3, waiting=64, per_person=64)
    guard = threading.Lock()
    seen: list[int] = []
    now = [0]

    def ask() -> None:
        with line.enter(ANN) as turn:
            turn.wait()
            with guard:
                now[0] += 1
                seen.append(now[0])
            with guard:
                now[0] -= 1

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 40
    assert max(seen) <= 3
    assert line.lengths == (0, 0)


# On a running server


def busy_server(**settings: Any) -> Any:
    return served(Bench(settings=Settings(llm="none", questions_at_once=1, **settings)))


def ask(server: Served, question: str) -> str:
    """What the API says to a question, once it does."""
    with httpx.Client(base_url=server.address, trust_env=False, timeout=60) as client:
        begun = client.post("/gradio_api/call/ask", json={"data": [question, "", []]})
        begun.raise_for_status()
        return client.get(f"/gradio_api/call/ask/{begun.json()['event_id']}").text


def test_programs_are_told_their_place() -> None:
    from gradio_client import Client

    with busy_server() as server:
        client = Client(server.address, verbose=False, analytics_enabled=False)
        first = client.submit("slow one", api_name="/ask")
        until(lambda: server.ready.admission.lengths == (1, 0))
        second = client.submit("second", api_name="/ask")
        until(lambda: server.ready.admission.lengths == (1, 1))

        def place() -> str:
            data = second.status().progress_data
            return str(data[0].desc) if data else ""

        until(lambda: "one question comes first" in place())
        server.bench.assistant.go.set()
        assert first.result()["question"] == "slow one"
        assert second.result()["question"] == "second"


def test_programs_are_refused_in_words() -> None:
    from gradio_client import Client

    with busy_server(questions_waiting=0) as server:
        client = Client(server.address, verbose=False, analytics_enabled=False)
        first = client.submit("slow one", api_name="/ask")
        until(lambda: server.ready.admission.lengths == (1, 0))
        with pytest.raises(Exception, match=r"Too many questions .* again in a moment"):
            client.predict("second", api_name="/ask")
        server.bench.assistant.go.set()
        first.result()


def test_what_was_asked_is_counted_and_not_told() -> None:
    with served() as server:
        for question in ("one secret", "two"):
            ask(server, question)
        told = httpx.get(f"{server.address}/metrics", trust_env=False).text
        assert 'fmqa_questions_total{outcome="answered"} 2.0' in told
        assert "fmqa_answer_seconds_count 2.0" in told
        assert 'fmqa_answer_seconds_bucket{le="0.25"} 2.0' in told
        assert 'fmqa_answer_seconds_bucket{le="0.1"} 0.0' in told
        assert "fmqa_questions_waiting 0.0" in told
        assert "fmqa_library_papers 3.0" in told
        assert "secret" not in told


def test_two_servers_count_apart() -> None:
    with served() as one, served() as other:
        ask(one, "only here")
        for place, count in ((one, 1), (other, 0)):
            assert (
                place.ready.metrics.registry.get_sample_value("fmqa_answer_seconds_count") == count
            )


_SERVE = """
import sys, threading
from served import Bench, Scripted, app
from fmqa.settings import Settings
go = threading.Event()
seconds = float(sys.argv[2])
bench = Bench(Scripted(go), Settings(llm="none", questions_at_once=1, closing_seconds=seconds))
threading.Thread(target=lambda: (sys.stdin.readline(), go.set()), daemon=True).start()
app.serve(bench, port=int(sys.argv[1]))
print("closed" if bench.closed else "open")
"""


@contextmanager
def _process(port: int, seconds: float) -> Iterator[subprocess.Popen[str]]:
    here = Path(__file__).parent
    source = Path(app.__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(port), str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{here}:{here.parent}:{source}"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()  # what fails above would wait for it for good


@pytest.mark.slow
def test_sigterm_lets_the_running_answer_finish() -> None:
    port = free_port()
    server = Served(f"http://127.0.0.1:{port}", None, None)  # type: ignore[arg-type]
    said: dict[str, str] = {}
    with _process(port, 60) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert "fmqa is at" in process.stdout.readline()

        def put(question: str) -> threading.Thread:
            thread = threading.Thread(target=lambda: said.update({question: ask(server, question)}))
            thread.start()
            return thread

        def figure(name: str) -> bool:
            return name in httpx.get(f"{server.address}/metrics", trust_env=False).text

        running = put("slow one")
        until(lambda: figure("fmqa_questions_answering 1.0"))
        waiting = put("waits")
        until(lambda: figure("fmqa_questions_waiting 1.0"))
        process.send_signal(signal.SIGTERM)
        waiting.join(20)
        assert "about to end" in said["waits"]
        late = put("late")
        late.join(20)
        assert "about to end" in said["late"]
        state = httpx.get(f"{server.address}/readyz", trust_env=False)
        assert (state.status_code, state.json()["ending"]) == (503, True)
        assert "slow one" not in said
        process.stdin.write("go on\n")
        process.stdin.flush()
        running.join(20)
        assert "About slow one" in said["slow one"]
        assert process.stdout.read() == "closed\n"
        assert process.wait(30) == 0


@pytest.mark.slow
def test_sigterm_waits_no_longer_than_said() -> None:
    port = free_port()
    server = Served(f"http://127.0.0.1:{port}", None, None)  # type: ignore[arg-type]
    with _process(port, 1) as process:
        assert process.stdout is not None
        assert "fmqa is at" in process.stdout.readline()
        with httpx.Client(base_url=server.address, trust_env=False) as client:
            client.post("/gradio_api/call/ask", json={"data": ["slow one", "", []]})
            until(lambda: "fmqa_questions_answering 1.0" in client.get("/metrics").text)
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "closed\n"
        assert process.wait(30) == 0
