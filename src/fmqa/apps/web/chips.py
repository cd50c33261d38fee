"""What is filtered by, in words: on chips and beside answers."""

from __future__ import annotations

from urllib.parse import parse_qsl

from fmqa.apps.web.wording import Wording
from fmqa.filters import filters_of, query_of


def chips_of(query: str, say: Wording) -> list[tuple[str, str]]:
    """A chip for each value of the filters' text: what it says, and its own part of the text."""
    names = {
        "year": say("Year"),
        "kind": say("Kind"),
        "modality": say("Modality"),
        "task": say("Task"),
        "paper": say("Paper"),
        "source": say("Source"),
        "status": say("Status"),
    }
    parts = query_of(filters_of(query)).split("&") if query else []
    pairs = [(part, *parse_qsl(part)[0]) for part in parts]
    return [
        (f"{names[name]}: {value if name == 'paper' else say(value)}", part)
        for part, name, value in pairs
    ]
