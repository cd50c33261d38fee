"""Who comes in, with how much, and to whose session: by HTTP, on a running server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import PASSWORD, Bench, Served, logins, served

from fmqa.apps.web.auth import Failures, Logins, TooManyFailures
from fmqa.apps.web.gate import _inside
from fmqa.settings import Settings

pytestmark = pytest.mark.slow

# What would tell something, or do something: each has to ask who comes.
GUARDED = [
    ("GET", "/config"),
    ("GET", "/gradio_api/info"),
    ("GET", "/gradio_api/openapi.json"),
    ("GET", "/gradio_api/queue/data?session_hash=abc"),
    ("GET", "/gradio_api/queue/status"),
    ("GET", "/gradio_api/heartbeat/abc"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("GET", "/gradio_api/token"),
    ("GET", "/gradio_api/app_id"),
    ("GET", "/gradio_api/call/ask/0123"),
    ("GET", "/gradio_api/deep_link?session_hash=abc"),
    ("GET", "/monitoring"),
    ("GET", "/metrics"),
    ("GET", "/assets/index.js"),
    ("GET", "/zh"),
    ("GET", "/nothing-there"),
    ("POST", "/gradio_api/call/ask"),
    ("POST", "/gradio_api/run/ask"),
    ("POST", "/gradio_api/queue/join"),
    ("POST", "/gradio_api/cancel"),
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/component_server"),
    ("POST", "/mcp"),
]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    who = logins(tmp_path_factory.mktemp("who"), "ann", "bob")
    with served(who=who) as server:
        yield server


@pytest.fixture(scope="module")
def opened() -> Iterator[Served]:
    with served(Bench(settings=Settings(llm="none", request_max_kb=64))) as server:
        yield server


def web(server: Served, **options: Any) -> httpx.Client:
    return httpx.Client(base_url=server.address, trust_env=False, timeout=30, **options)


@contextmanager
def logged_in(server: Served, name: str) -> Iterator[httpx.Client]:
    with web(server) as client:
        said = client.post("/login", data={"username": name, "password": PASSWORD})
        assert said.status_code == 200
        yield client


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_nothing_is_told_to_strangers(guarded: Served, method: str, path: str) -> None:
    with web(guarded) as client:
        said = client.request(method, path, json={} if method == "POST" else None)
        assert said.status_code == 401
        assert "Log in" in said.json()["hint"]
        assert "Basic" in said.headers["www-authenticate"]
        with_rubbish = {"Cookie": "fmqa-login=" + "A" * 43, "Authorization": "Basic !!"}
        assert client.request(method, path, headers=with_rubbish).status_code == 401


def test_a_stranger_s_browser_is_led_to_the_login(guarded: Served) -> None:
    with web(guarded, headers={"Accept": "text/html"}) as client:
        led = client.get("/?year=2023-")
        assert led.status_code == 303
        assert led.headers["location"] == "/login?next=%2F%3Fyear%3D2023-"
        page = client.get(led.headers["location"])
        assert page.status_code == 200
        assert 'value="/?year=2023-"' in unescape(page.text)
        form = {"username": "ann", "password": "wrong", "next": "/?year=2023-"}
        wrong = client.post("/login", data=form)
        assert wrong.status_code == 401
        assert "wrong" in wrong.text
        right = client.post("/login", data=form | {"password": PASSWORD})
        assert (right.status_code, right.headers["location"]) == (303, "/?year=2023-")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert client.get("/").status_code == 200
        assert client.get("/logout").status_code == 303
        assert client.get("/").status_code == 303


def test_the_cookie_of_https_stays_on_https(guarded: Served) -> None:
    with web(guarded, headers={"X-Forwarded-Proto": "https"}) as client:
        said = client.post("/login", data={"username": "ann", "password": PASSWORD})
        assert "Secure" in said.headers["set-cookie"]


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "/\\evil", "/a\r\nb", "", "javascript:x"]
)
def test_a_login_leads_to_no_other_site(there: str) -> None:
    assert _inside(there) == "/"


def test_clients_of_the_api_log_in(guarded: Served) -> None:
    from gradio_client import Client

    options: dict[str, Any] = {"verbose": False, "analytics_enabled": False}
    client = Client(guarded.address, auth=("ann", PASSWORD), **options)
    assert client.predict("What is UNI?", api_name="/ask")["question"] == "What is UNI?"
    with pytest.raises(Exception, match="credentials"):
        Client(guarded.address, auth=("ann", "wrong password"), **options)
    with web(guarded, auth=("bob", PASSWORD)) as curl:
        begun = curl.post("/gradio_api/call/ask", json={"data": ["What is CONCH?", "", []]})
        told = curl.get(f"/gradio_api/call/ask/{begun.json()['event_id']}")
        assert "About What is CONCH?" in told.text


def test_health_is_told_to_all_and_particulars_to_few(guarded: Served) -> None:
    guarded.ready.assistant  # noqa: B018 - made ready
    with web(guarded) as stranger, logged_in(guarded, "ann") as ann:
        assert stranger.get("/healthz").json() == {"status": "ok"}
        assert stranger.get("/readyz").json() == {"ready": True}
        told = ann.get("/readyz").json()
        assert told["ready"] is True
        assert (told["papers"], told["passages"], told["models"]) == (3, 7, "ok")
        assert "fmqa_library_generation 5.0" in ann.get("/metrics").text


def test_a_session_is_its_first_owner_s(guarded: Served) -> None:
    with logged_in(guarded, "ann") as ann, logged_in(guarded, "bob") as bob:
        info = ann.get("/config").json()
        ask = next(d["id"] for d in info["dependencies"] if d["api_name"] == "ask")
        body = {"fn_index": ask, "data": ["A secret question", "", []], "session_hash": "anns-own"}
        assert ann.post("/gradio_api/queue/join", json=body).status_code == 200
        for steal in (
            bob.get("/gradio_api/queue/data", params={"session_hash": "anns-own"}),
            bob.get("/gradio_api/queue/data?session_hash=bobs&session_hash=anns-own"),
            bob.get("/gradio_api/heartbeat/anns-own"),
            bob.get("/gradio_api/heartbeat/anns%2Down"),
            bob.get("/gradio_api/deep_link", params={"session_hash": "anns-own"}),
            bob.post("/gradio_api/queue/join", json=body),
            bob.post("/gradio_api/run/ask", json=body),
            bob.post("/gradio_api/cancel", json=body | {"event_id": "x"}),
            bob.post("/gradio_api/component_server", json=body),
            bob.post(
                "/gradio_api/component_server",
                files={"file": b"x"},
                data={"session_hash": "anns-own", "component_id": "1", "fn_name": "x"},
            ),
        ):
            assert steal.status_code == 404
            assert "secret" not in steal.text.lower()
        stream = ann.get("/gradio_api/queue/data", params={"session_hash": "anns-own"})
        assert "About A secret question" in stream.text


def test_browsers_without_logins_are_told_apart_too(opened: Served) -> None:
    page = {"Accept": "text/html"}
    with web(opened) as one, web(opened) as other:
        assert one.get("/", headers=page).status_code == 200
        assert other.get("/", headers=page).status_code == 200
        assert one.cookies["fmqa-browser"] != other.cookies["fmqa-browser"]
        join = {"fn_index": 0, "data": [], "session_hash": "ones-own"}
        one.post("/gradio_api/queue/join", json=join)
        stolen = other.get("/gradio_api/queue/data", params={"session_hash": "ones-own"})
        assert stolen.status_code == 404
        with web(opened) as program:
            stolen = program.get("/gradio_api/queue/data", params={"session_hash": "ones-own"})
            assert stolen.status_code == 404


def test_a_removed_user_is_out_at_once(tmp_path: Path) -> None:
    who = logins(tmp_path, "ann", "bob")
    with served(who=who) as server, logged_in(server, "ann") as ann, logged_in(server, "bob") as b:
        assert ann.get("/config").status_code == 200
        who.users.remove("ann")
        assert ann.get("/config").status_code == 401
        assert b.get("/config").status_code == 200
        who.users.put("bob", "another password")
        assert b.get("/config").status_code == 401


def test_wrong_passwords_have_to_wait(tmp_path: Path) -> None:
    with served(who=logins(tmp_path, "ann")) as server, web(server) as client:
        for _ in range(10):
            form = {"username": "ann", "password": "wrong password"}
            assert client.post("/login", data=form).status_code == 401
        said = client.post("/login", data={"username": "ann", "password": PASSWORD})
        assert said.status_code == 429
        assert int(said.headers["retry-after"]) > 200
        assert "Try again" in said.json()["hint"]
        assert client.get("/metrics", auth=("ann", PASSWORD)).status_code == 429


def test_failures_are_forgotten_in_time() -> None:
    now = [0.0]
    failures = Failures(lambda: now[0])
    for _ in range(10):
        failures.check("ann")
        failures.add("ann")
    with pytest.raises(TooManyFailures):
        failures.check("bob", "ann")
    failures.check("bob")
    now[0] = 301.0
    failures.check("ann")


def test_a_login_ends_in_time(tmp_path: Path) -> None:
    now = [0.0]
    who = Logins(logins(tmp_path, "ann").users, lambda: now[0])
    token = who.log_in("ann", PASSWORD, "192.0.2.1")
    assert token is not None
    assert who.named(token) == "ann"
    now[0] = 8 * 24 * 3600.0
    assert who.named(token) == ""


# How much


def test_a_large_request_is_refused_in_words(opened: Served) -> None:
    with web(opened) as client:
        body = {"data": ["x" * 70_000]}
        said = client.post("/gradio_api/call/ask", json=body)
        assert said.status_code == 413
        assert "64 KiB" in said.json()["error"]

        def pieces() -> Iterator[bytes]:
            for _ in range(100):
                yield b"x" * 1000

        for path in ("/gradio_api/call/ask", "/gradio_api/queue/join"):
            assert client.post(path, content=pieces()).status_code == 413
        small = client.post("/gradio_api/call/ask", json={"data": ["What is UNI?", "", []]})
        assert small.status_code == 200


def test_no_file_of_the_machine_is_served(opened: Served) -> None:
    here = Path(__file__).resolve()
    with web(opened) as client:
        for path in (
            here,
            Path("/etc/passwd"),
            Path("pyproject.toml"),
            here.parents[2] / "README.md",
        ):
            assert client.get(f"/gradio_api/file={path}").status_code in (403, 404)
