"""What services and their clients say: who asks, an answer, a refusal, how long to wait."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version

from fmqa.errors import SettingsError
from fmqa.sources.pacing import LONGEST_HOLD

_CONTACT = re.compile(r"[!-~]*")


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """A whole answer; the headers' names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def is_host_of(host: str | None, domain: str) -> bool:
    """Whether ``host`` is ``domain`` or a name under it."""
    name = (host or "").lower().rstrip(".")
    return name == domain or name.endswith(f".{domain}")


def user_agent(contact: str) -> str:
    """Says who asks: the program, and how to reach who runs it.

    Raises:
        SettingsError: ``contact`` can't stand in a header.
    """
    try:
        number = version("fmqa")
    except PackageNotFoundError:
        number = "0"
    contact = contact.strip()
    if _CONTACT.fullmatch(contact) is None or set(contact) & set("()"):
        raise SettingsError("The setting 'contact' doesn't hold: it must be an e-mail address.")
    return f"fmqa/{number} (+mailto:{contact})" if contact else f"fmqa/{number}"


def explanation(body: bytes) -> str:
    """What a refusal says: the summary of an Atom error, or the error of a JSON answer."""
    text = body.decode("utf-8", errors="replace")
    match = re.search(r"<summary[^>]*>(.*?)</summary>", text, re.DOTALL)
    reason = html.unescape(match[1]) if match else ""
    if not reason:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            reason = str(value.get("error") or value.get("message") or "")
    return " ".join(reason.split())[:300].rstrip(".")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a Retry-After header asks for, at most an hour; None without a usable one."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return min(float(value), LONGEST_HOLD)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    try:  # by the server's own clock, whatever ours says
        now = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        now = datetime.now(UTC)
    seconds = (_aware(until) - _aware(now)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_HOLD)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def format_seconds(seconds: float) -> str:
    """A time to wait, for messages."""
    return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.2g} s"
