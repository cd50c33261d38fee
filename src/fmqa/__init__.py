"""Cited and checked answers about foundation models in medical imaging, from the papers.

    from fmqa import Settings, Workbench

    bench = Workbench(Settings(llm="none"))
    answer = bench.assistant.ask("How was MedSAM obtained from SAM?")

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fmqa.answering.assistant import Assistant
    from fmqa.answering.schema import Answer, Citation, Sentence
    from fmqa.apps.workbench import Workbench
    from fmqa.errors import FmqaError
    from fmqa.retrieval.retriever import PaperRetriever
    from fmqa.settings import Settings
    from fmqa.types import Filters

_HOMES = {
    "Answer": "fmqa.answering.schema",
    "Assistant": "fmqa.answering.assistant",
    "Citation": "fmqa.answering.schema",
    "Filters": "fmqa.types",
    "FmqaError": "fmqa.errors",
    "PaperRetriever": "fmqa.retrieval.retriever",
    "Sentence": "fmqa.answering.schema",
    "Settings": "fmqa.settings",
    "Workbench": "fmqa.apps.workbench",
}
__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Filters",
    "FmqaError",
    "PaperRetriever",
    "Sentence",
    "Settings",
    "Workbench",
]


def __getattr__(name: str) -> Any:
    """Import a public name from where it lives, on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'fmqa' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
