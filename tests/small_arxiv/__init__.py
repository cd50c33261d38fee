"""A small arXiv on loopback, with papers of our own, for tests and benchmarks.

    with SmallArxiv(make_world()) as server:
        os.environ.update(server.environment())

Tests import it as ``small_arxiv``, benchmarks as ``tests.small_arxiv``.
"""

from .faults import FAULTS, Fault, Faults
from .making import make_world
from .papers import Entry, Paper, Version, World, make_paper
from .server import Request, SmallArxiv

__all__ = [
    "FAULTS",
    "Entry",
    "Fault",
    "Faults",
    "Paper",
    "Request",
    "SmallArxiv",
    "Version",
    "World",
    "make_paper",
    "make_world",
]
