"""Whether Dask is here; importing this imports nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fmqa.errors import ClusterError


@contextmanager
def needs_distributed() -> Iterator[None]:
    """Imports of Dask in this context fail in words.

    Raises:
        ClusterError: it isn't installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ClusterError(
            f"A cluster needs Dask, of which {error.name!r} isn't installed.",
            hint="Run: pip install 'fmqa[cluster]'",
        ) from error
