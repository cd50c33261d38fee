"""A machine whose schedulers are scripts of the tests' own, so that the real ones stay alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

NEXT = datetime(2026, 11, 25, 3, 7, tzinfo=UTC)

CRONTAB = """#!/bin/sh
case "$1" in
  -l) [ -f '{store}' ] && exec /bin/cat '{store}'; echo "no crontab for me" >&2; exit 1 ;;
  -) exec /bin/cat > '{store}' ;;
esac
exit 2
"""
SYSTEMCTL = """#!/bin/sh
echo "$*" >> '{log}'
case "$*" in
  "--user show --property=Version") echo Version=252 ;;
  *is-active*) echo active ;;
  *list-timers*) echo '[{{"next":{next},"left":1,"unit":"x.timer"}}]' ;;
esac
"""


@dataclass
class Machine:
    """A user's folder and the programs on his path."""

    home: Path
    bin: Path

    def tool(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(script)
        path.chmod(0o755)

    def with_cron(self) -> None:
        self.tool("crontab", CRONTAB.format(store=self.home / "crontab"))

    def with_systemd(self) -> None:
        at = int(NEXT.timestamp() * 1e6)
        self.tool("systemctl", SYSTEMCTL.format(log=self.home / "asked", next=at))

    @property
    def usual(self) -> Path:
        """The data folder of a user who set none."""
        return self.home / "data" / "fmqa"

    @property
    def crontab(self) -> bytes:
        return (self.home / "crontab").read_bytes()

    @crontab.setter
    def crontab(self, text: bytes) -> None:
        (self.home / "crontab").write_bytes(text)

    @property
    def asked(self) -> list[str]:
        return (self.home / "asked").read_text().splitlines()

    @property
    def units(self) -> list[str]:
        return sorted(p.name for p in (self.home / "config/systemd/user").glob("*"))

    def unit(self, name: str) -> str:
        return (self.home / "config/systemd/user" / name).read_text("utf-8")


def make_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A user whose home and path are in ``tmp_path``; no scheduler is there yet."""
    made = Machine(tmp_path / "user", tmp_path / "bin")
    made.home.mkdir()
    made.bin.mkdir()
    monkeypatch.setenv("PATH", str(made.bin))
    monkeypatch.setenv("HOME", str(made.home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(made.home / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(made.home / "data"))
    monkeypatch.delenv("FMQA_MODELS_DIR", raising=False)
    monkeypatch.chdir(made.home)
    return made
