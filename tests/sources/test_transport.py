"""Refusals, faults and breaks, and what the client makes of each."""

from __future__ import annotations

import errno
import hashlib
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from scripted import PDF, PDF_HEADERS, Handler, Script, Scripted

from fmqa.errors import (
    DiskFull,
    NotServed,
    SettingsError,
    SourceRefused,
    SourceUnreachable,
    StoreError,
)
from fmqa.sources.service import Pacer, explanation, is_host_of, retry_after, user_agent
from fmqa.sources.transport import Transport

MIB = 1 << 20


class Told(list[str]):
    """Takes what the user is told."""

    def __call__(self, message: str) -> None:
        self.append(message)


def make(
    tmp_path: Path,
    *,
    pace: float = 0.002,
    tries: int = 3,
    timeout: float = 0.5,
    told: Told | None = None,
) -> Transport:
    pacer = Pacer(tmp_path / "pace", "arxiv", pace)
    told = Told() if told is None else told
    return Transport(pacer, contact="", timeout=timeout, tries=tries, notify=told)


def then(*scripts: Script) -> Script:
    """The first request gets the first script, and so on; the last serves all others."""
    return lambda handler, number: scripts[min(number, len(scripts) - 1)](handler, number)


def says(status: int, body: bytes = b"ok", **headers: str) -> Script:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, number: handler.say(status, body, named)


def pdf(handler: Handler, number: int) -> None:
    handler.say_pdf()


def cut_pdf(handler: Handler, number: int) -> None:
    """Fewer bytes than its length says."""
    handler.say(200, PDF[:4000], PDF_HEADERS, length=len(PDF))


def hang_up(handler: Handler, number: int) -> None:
    handler.close_connection = True


def hang(handler: Handler, number: int) -> None:
    handler.server.scripted.closing.wait(5)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "pace")


def test_an_answer_and_who_asks(tmp_path: Path) -> None:
    with Scripted(says(200, b"body", X_Note="x")) as server:
        answer = make(tmp_path).get(f"{server.url}/a", {"q": "é &b", "n": 1})
    assert (answer.status, answer.content, answer.headers["x-note"]) == (200, b"body", "x")
    assert server.asked[0].path == "/a?q=%C3%A9+%26b&n=1"
    assert server.asked[0].headers["user-agent"] == user_agent("")
    assert server.asked[0].headers["connection"] == "close"


def test_user_agents() -> None:
    assert user_agent("").startswith("fmqa/")
    assert user_agent(" a@b.org ").endswith(" (+mailto:a@b.org)")
    for contact in ("a@b\r\nX-Evil: 1", "Ä@b.org", "a b@c.org", "a)@b.org"):
        with pytest.raises(SettingsError):
            user_agent(contact)


@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_retry_after_is_obeyed_and_told(tmp_path: Path, kind: str) -> None:
    def refuse(handler: Handler, number: int) -> None:
        until = datetime.now(UTC) + timedelta(seconds=2)
        told = "1" if kind == "seconds" else format_datetime(until, usegmt=True)
        handler.say(429, b"", {"Retry-After": told})

    told = Told()
    with Scripted(then(refuse, says(200))) as server:
        assert make(tmp_path, told=told).get(server.url).content == b"ok"
    assert 1 <= server.gaps()[0] < 3.5
    assert len(told) == 1
    assert told[0] in {"arXiv asks to wait 1 s", "arXiv asks to wait 2 s"}


def test_retry_after_holds_other_processes_too(tmp_path: Path) -> None:
    with Scripted(then(says(503, Retry_After="1"), says(200))) as server:
        with pytest.raises(SourceUnreachable):
            make(tmp_path, tries=1).get(server.url)
        make(tmp_path).get(server.url)  # a pacer of its own, as another process has
    assert server.gaps()[0] >= 1


def test_retry_after_forms() -> None:
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    later = "Wed, 21 Oct 2026 07:28:30 GMT"
    assert retry_after({"retry-after": "60"}) == 60
    assert retry_after({"retry-after": "999999"}) == 3600
    assert retry_after({"retry-after": later, "date": date}) == 30
    assert retry_after({"retry-after": date, "date": later}) == 0
    assert retry_after({"retry-after": "Wed, 21 Oct 2099 07:28:00 -0000"}) == 3600
    for wrong in ("", "soon", "-1", "1.5.2", "Wed, 99 Oct 2026 07:28:00 GMT"):
        assert retry_after({"retry-after": wrong}) is None


def test_twenty_429s_end_nothing(tmp_path: Path) -> None:
    told = Told()
    with Scripted(then(*[says(429)] * 20, says(200))) as server:
        assert make(tmp_path, told=told).get(server.url).content == b"ok"
    assert len(server.asked) == 21
    assert len(told) == 20
    assert all(message.startswith("arXiv asks to wait ") for message in told)


@pytest.mark.parametrize("fault", [says(503), says(500), says(408), hang_up, hang, cut_pdf])
def test_faults_are_tried_again(tmp_path: Path, fault: Script) -> None:
    told = Told()
    with Scripted(then(fault, fault, says(200))) as server:
        assert make(tmp_path, told=told).get(server.url).content == b"ok"
    assert len(server.asked) == 3
    assert len(told) == 2


@pytest.mark.parametrize("fault", [says(503), hang_up, hang, cut_pdf])
def test_faults_without_end_are_an_outage(tmp_path: Path, fault: Script) -> None:
    with Scripted(fault) as server:
        with pytest.raises(SourceUnreachable, match="arXiv can't be reached") as raised:
            make(tmp_path, timeout=0.1).get(server.url)
        assert raised.value.exit_code == 4
    assert len(server.asked) == 3


def test_no_server_and_no_such_host_are_an_outage(tmp_path: Path) -> None:
    with Scripted(says(200)) as server:
        url = server.url
    for gone in (url, "http://no-such-host.invalid/"):
        with pytest.raises(SourceUnreachable):
            make(tmp_path, tries=2).get(gone)


def test_a_server_that_drips_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fmqa.sources.transport._PATIENCE", 2)

    def drip(handler: Handler, number: int) -> None:
        handler.say(200, b"", length=1000)
        while not handler.server.scripted.closing.wait(0.02):
            handler.wfile.write(b"x")

    with Scripted(drip) as server, pytest.raises(SourceUnreachable, match="too slowly"):
        make(tmp_path, timeout=0.1, tries=1).get(server.url)


def test_503_with_retry_after(tmp_path: Path) -> None:
    with Scripted(then(says(503, Retry_After="1"), says(200))) as server:
        make(tmp_path).get(server.url)
    assert server.gaps()[0] >= 1


def test_incomplete_bodies_are_tried_again(tmp_path: Path) -> None:
    with Scripted(then(says(200, b"<feed>"), says(200, b"<feed></feed>"))) as server:
        answer = make(tmp_path).get(server.url, whole=lambda body: body.endswith(b"</feed>"))
    assert answer.content == b"<feed></feed>"


def test_refusals_say_what_the_service_said(tmp_path: Path) -> None:
    atom = (
        b"<feed><entry><title>Error</title><summary>bad &amp; wrong\n id</summary></entry></feed>"
    )
    with Scripted(then(says(400, atom), says(403), says(404), says(410))) as server:
        transport = make(tmp_path)
        with pytest.raises(SourceRefused, match="bad & wrong id"):
            transport.get(server.url)
        with pytest.raises(SourceRefused, match="denies"):
            transport.get(server.url)
        for _ in range(2):
            with pytest.raises(NotServed):
                transport.get(server.url)
    assert len(server.asked) == 4


def test_explanations() -> None:
    assert explanation(b'{"error":"Unrecognized fields: [x]"}') == "Unrecognized fields: [x]"
    assert explanation(b"[1]") == explanation(b"<html>\xff</html>") == explanation(b"") == ""


def test_redirects_stay_with_the_owner(tmp_path: Path) -> None:
    def elsewhere(handler: Handler, number: int) -> None:
        if handler.path == "/old":
            handler.say(301, b"", {"Location": "/new"})
        elif handler.path == "/new":
            handler.say(200, b"moved")
        elif handler.path == "/circle":
            handler.say(302, b"", {"Location": "/circle"})
        else:
            handler.say(302, b"", {"Location": handler.path.removeprefix("/to/")})

    with Scripted(elsewhere) as server, Scripted(says(200)) as foreign:
        transport = make(tmp_path)
        assert transport.get(f"{server.url}/old").content == b"moved"
        targets = (foreign.url, server.url.replace("127.0.0.1", "localhost"), "file:///etc/passwd")
        for target in (*targets, "ftp://arxiv.org/x", "//evil.example/x"):
            with pytest.raises(SourceRefused, match="isn't followed"):
                transport.get(f"{server.url}/to/{target}")
        with pytest.raises(SourceRefused, match="circles"):
            transport.get(f"{server.url}/circle")
    assert foreign.asked == []
    assert min(server.gaps()) >= 0.002  # redirects keep the pace too


@pytest.mark.parametrize(
    ("old", "new", "followed"),
    [
        ("http://export.arxiv.org/a", "https://arxiv.org/b", True),
        ("https://arxiv.org/a", "https://www.arxiv.org/b", True),
        ("https://arxiv.org/a", "http://arxiv.org/a", False),
        ("https://arxiv.org/a", "https://arxiv.org.evil.example/a", False),
        ("https://arxiv.org/a", "https://notarxiv.org/a", False),
        ("https://arxiv.org/a", "https://api.semanticscholar.org/a", False),
    ],
)
def test_which_redirects_are_followed(tmp_path: Path, old: str, new: str, followed: bool) -> None:
    transport = make(tmp_path)
    if followed:
        assert transport._redirected(old, new) == new
    else:
        with pytest.raises(SourceRefused):
            transport._redirected(old, new)


def test_hosts() -> None:
    assert is_host_of("ARXIV.org.", "arxiv.org")
    assert is_host_of("export.arxiv.org", "arxiv.org")
    assert not is_host_of("arxiv.org.evil.example", "arxiv.org")
    assert not is_host_of(None, "arxiv.org")


@pytest.mark.parametrize("url", ["http://a:b/", "nothing", "data:x"])
def test_addresses_that_do_not_hold(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError):
        make(tmp_path).get(url)


def test_a_download(tmp_path: Path) -> None:
    target = tmp_path / "new" / "1234.56789v1.pdf"
    with Scripted(pdf) as server:
        fetched = make(tmp_path).download(server.url, target, MIB)
    assert (fetched.path, fetched.size) == (target, len(PDF))
    assert fetched.sha256 == hashlib.sha256(PDF).hexdigest()
    assert target.read_bytes() == PDF
    assert left(target.parent) == [target.name]


def test_a_broken_download_is_begun_again(tmp_path: Path) -> None:
    with Scripted(then(cut_pdf, pdf)) as server:
        make(tmp_path).download(server.url, tmp_path / "a.pdf", MIB)
    assert (tmp_path / "a.pdf").read_bytes() == PDF
    assert left(tmp_path) == ["a.pdf"]


_FETCHER = """
import sys
from pathlib import Path
from fmqa.sources.service import Pacer
from fmqa.sources.transport import Transport
transport = Transport(Pacer(Path(sys.argv[2]), "arxiv", 0.01), contact="", timeout=30, tries=1)
transport.download(sys.argv[1], Path(sys.argv[3]), 1 << 20)
"""


def test_what_a_killed_process_left_does_no_harm(tmp_path: Path) -> None:
    big = PDF[:-6] + bytes(300_000) + PDF[-6:]

    def stalls(handler: Handler, number: int) -> None:
        handler.say(200, big[:200_000], PDF_HEADERS, length=len(big))
        hang(handler, number)

    target = tmp_path / "a.pdf"
    with Scripted(then(stalls, pdf)) as server:
        command = [sys.executable, "-c", _FETCHER, server.url, str(tmp_path / "pace"), str(target)]
        fetcher = subprocess.Popen(command)
        part = tmp_path / "a.pdf.part"
        deadline = time.monotonic() + 20
        while not (part.exists() and part.stat().st_size > 100_000):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        fetcher.kill()
        fetcher.wait()
        assert not target.exists()
        make(tmp_path).download(server.url, target, MIB)
    assert target.read_bytes() == PDF
    assert left(tmp_path) == ["a.pdf"]


def test_a_page_in_place_of_the_pdf(tmp_path: Path) -> None:
    script, match = says(200, b"<html>", Content_Type="text/html"), "a page instead of the PDF"
    with Scripted(script) as server, pytest.raises(NotServed, match=match):
        make(tmp_path, tries=6).download(server.url, tmp_path / "a.pdf", MIB)
    assert len(server.asked) == 3
    assert left(tmp_path) == []


def test_bytes_that_are_no_pdf_whatever_their_type_says(tmp_path: Path) -> None:
    late = bytes(1024) + PDF
    for body in (b"<html>", b"", late):
        script = says(200, body, Content_Type="application/pdf")
        with Scripted(script) as server, pytest.raises(NotServed, match="a page instead"):
            make(tmp_path).download(server.url, tmp_path / "a.pdf", MIB)
    assert left(tmp_path) == []


def test_a_page_once_is_tried_again(tmp_path: Path) -> None:
    page = says(200, b"<html>", Content_Type="text/html")
    with Scripted(then(page, page, pdf)) as server:
        make(tmp_path).download(server.url, tmp_path / "a.pdf", MIB)
    assert left(tmp_path) == ["a.pdf"]


def test_a_silently_cut_pdf_is_tried_again_and_then_skipped(tmp_path: Path) -> None:
    def cut(handler: Handler, number: int) -> None:
        handler.say_pdf(PDF[:5000])

    with Scripted(then(cut, pdf)) as server:
        make(tmp_path).download(server.url, tmp_path / "a.pdf", MIB)
    with Scripted(cut) as server, pytest.raises(NotServed, match="cut short"):
        make(tmp_path).download(server.url, tmp_path / "b.pdf", MIB)
    assert len(server.asked) == 3
    assert left(tmp_path) == ["a.pdf"]


def test_a_size_over_the_limit(tmp_path: Path) -> None:
    def endless(handler: Handler, number: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/pdf")
        handler.end_headers()
        handler.wfile.write(b"%PDF-1.7")
        while not handler.server.scripted.closing.is_set():
            handler.wfile.write(bytes(1 << 16))

    def honest(handler: Handler, number: int) -> None:
        handler.say(200, b"%PDF-1.7", PDF_HEADERS, length=MIB + 1)

    for script in (endless, honest):
        with Scripted(script) as server, pytest.raises(NotServed, match="over 1 MiB"):
            make(tmp_path).download(server.url, tmp_path / "a.pdf", MIB)
        assert len(server.asked) == 1
    assert left(tmp_path) == []


def test_a_pdf_of_just_the_limit(tmp_path: Path) -> None:
    with Scripted(pdf) as server:
        fetched = make(tmp_path).download(server.url, tmp_path / "a.pdf", len(PDF))
        assert fetched.size == len(PDF)
        with pytest.raises(NotServed):
            make(tmp_path).download(server.url, tmp_path / "b.pdf", len(PDF) - 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "a.pdf.part").symlink_to("/dev/full")
    with Scripted(pdf) as server, pytest.raises(DiskFull):
        make(tmp_path).download(server.url, tmp_path / "a.pdf", MIB)
    assert "a.pdf" not in left(tmp_path)


def test_a_full_disk_at_the_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with Scripted(pdf) as server:
        with pytest.raises(DiskFull, match="full"):
            make(tmp_path).download(server.url, tmp_path / "a.pdf", MIB)
        monkeypatch.undo()
        make(tmp_path).download(server.url, tmp_path / "a.pdf", MIB)
    assert (tmp_path / "a.pdf").read_bytes() == PDF


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with Scripted(pdf) as server, pytest.raises(StoreError, match="can't be written"):
        make(tmp_path).download(server.url, tmp_path / "file" / "a.pdf", MIB)


def test_pdfs_are_asked_for_uncompressed(tmp_path: Path) -> None:
    packed = says(200, PDF, Content_Type="application/pdf", Content_Encoding="gzip")
    with Scripted(packed) as server, pytest.raises(NotServed):
        make(tmp_path).download(server.url, tmp_path / "a.pdf", MIB)
    assert server.asked[0].headers["accept-encoding"] == "identity"
