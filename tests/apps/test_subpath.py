"""The page below a path of another site: alone, and behind nginx where that is installed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import PASSWORD, Bench, Served, logins, served

from fmqa.settings import Settings
from ports import free_port

ROOT = "/lab/papers"
_CONF = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fast; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location {root}/ {{
      proxy_pass {address}{kept};
      proxy_http_version 1.1;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
}}
"""


def web(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, trust_env=False, timeout=30)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bench = Bench(settings=Settings(llm="none", root_path=f"{ROOT}/"))
    with served(bench, logins(tmp_path_factory.mktemp("who"), "ann")) as server:
        yield server


@pytest.fixture(scope="module", params=["kept", "taken away"])
def proxied(
    nginx: str,
    request: pytest.FixtureRequest,
    guarded: Served,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The page's address behind nginx, which keeps the path or takes it away."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    kept = "" if request.param == "kept" else "/"
    text = _CONF.format(folder=folder, port=port, root=ROOT, address=guarded.address, kept=kept)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    with subprocess.Popen([nginx, "-p", folder, "-c", folder / "nginx.conf"]) as process:
        try:
            yield ready(f"http://127.0.0.1:{port}", folder)
        finally:
            process.terminate()


def ready(address: str, folder: Path) -> str:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            httpx.get(address, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return address
    raise AssertionError((folder / "error.log").read_text())


def test_whoever_logs_in_stays_below_the_path(proxied: str) -> None:
    with web(proxied) as client:
        led = client.get(f"{ROOT}/", headers={"accept": "text/html"})
        assert led.headers["location"] == f"{ROOT}/login?next=%2F"
        assert 'action="login"' in client.get(led.headers["location"]).text
        fields = {"username": "ann", "password": PASSWORD, "next": "/zh"}
        said = client.post(f"{ROOT}/login", data=fields, headers={"accept": "text/html"})
        assert said.headers["location"] == f"{ROOT}/zh"
        assert f"Path={ROOT}/;" in said.headers["set-cookie"]
        chosen = client.get(f"{ROOT}/zh?lang=zh")
        assert chosen.status_code == 200
        assert f"Path={ROOT}/;" in chosen.headers["set-cookie"]
        assert client.get(f"{ROOT}/").headers["location"] == f"{ROOT}/zh"
        out = client.get(f"{ROOT}/logout")
        assert out.headers["location"] == f"{ROOT}/login"
        assert client.get(f"{ROOT}/config").status_code == 401


def test_all_that_is_served_is_below_the_path(proxied: str) -> None:
    with web(proxied) as client:
        client.auth = ("ann", PASSWORD)
        assert client.get(f"{ROOT}/config").json()["root"] == f"{proxied}{ROOT}"
        assert client.get(f"{ROOT}/healthz").json() == {"status": "ok"}
        assert client.get(f"{ROOT}/v1/models").json()["data"][0]["id"] == "fmqa"


def test_answers_are_not_held_back(proxied: str, guarded: Served) -> None:
    """What is written first arrives before the rest is written."""
    with web(proxied) as client:
        client.auth = ("ann", PASSWORD)
        asked = {"model": "fmqa", "stream": True,
                 "messages": [{"role": "user", "content": "a slow question"}]}  # fmt: skip
        with client.stream("POST", f"{ROOT}/v1/chat/completions", json=asked) as said:
            assert said.status_code == 200
            lines = said.iter_lines()
            assert next(lines).startswith(("data:", ":"))
            guarded.bench.assistant.go.set()
            assert any("About a slow question" in line for line in lines)
        guarded.bench.assistant.go.clear()


def test_the_path_without_its_slash_leads_to_the_page(guarded: Served) -> None:
    with web(guarded.address) as client:
        assert client.get(ROOT).headers["location"] == f"{ROOT}/"
        assert client.get(f"{ROOT}er/").status_code == 401  # another path, not ours without "er"


@pytest.mark.parametrize("path", ["fmqa", "/a b", "/a?b", "//evil.example", "/a/../b c"])
def test_what_is_no_path_is_refused(path: str) -> None:
    settings: Any = Settings
    with pytest.raises(ValueError, match="root_path"):
        settings(root_path=path)
