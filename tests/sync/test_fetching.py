"""Fetching on a thread: files come in order, failures are noted, and trouble ends it early."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fmqa.errors import DiskFull, FmqaError, NotServed, SourceRefused, SourceUnreachable
from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sources.transport import Fetched
from fmqa.store.library import Library
from fmqa.sync.acquisition import Fetching

PAPERS = [ArxivId(f"2301.0000{number}", 1) for number in range(1, 7)]


class Pdfs:
    """Serves made-up files; ``errors`` by paper."""

    def __init__(self, errors: dict[ArxivId, BaseException] | None = None) -> None:
        self.errors = errors or {}
        self.asked: list[ArxivId] = []
        self.before: Callable[[], object] = lambda: None

    def fetch_pdf(self, paper: ArxivId, folder: Path) -> Fetched:
        self.asked.append(paper)
        self.before()
        if paper in self.errors:
            raise self.errors[paper]
        return Fetched(folder / paper.file_name, f"sha of {paper}", 9)


def fetch(source: Pdfs, library: Library, **more: object) -> Fetching:
    return Fetching(source, library.catalog, Path("/papers"), PAPERS, **more)


def test_files_come_in_order_and_are_noted_before(library: Library) -> None:
    told: list[tuple[ArxivId, str]] = []
    fetching = fetch(Pdfs(), library, done=lambda *one: told.append(one))
    for paper, path in zip(PAPERS, fetching, strict=True):
        assert path == Path("/papers") / paper.file_name
        file = library.catalog.files()[(paper.bare, 1)]
        assert (file.name, file.sha256, file.size, file.failure) == (
            path.name,
            f"sha of {paper}",
            9,
            "",
        )
    assert fetching.error is None
    assert told == [(paper, "") for paper in PAPERS]


def test_what_cannot_be_had_is_noted_and_passed_over(library: Library) -> None:
    told: dict[ArxivId, str] = {}
    source = Pdfs({PAPERS[1]: NotServed("no such PDF")})
    fetching = fetch(source, library, done=told.__setitem__)
    assert len(list(fetching)) == 5
    assert fetching.error is None
    files = library.catalog.files()
    assert files[(PAPERS[1].bare, 1)].failure == "no such PDF" == told[PAPERS[1]]
    assert files[(PAPERS[1].bare, 1)].name == ""


@pytest.mark.parametrize("error", [SourceUnreachable("gone"), DiskFull("full")])
def test_trouble_of_its_own_ends_it(library: Library, error: FmqaError) -> None:
    source = Pdfs({PAPERS[2]: error})
    fetching = fetch(source, library)
    assert len(list(fetching)) == 2
    assert fetching.error is error
    assert source.asked == PAPERS[:3]
    assert (PAPERS[2].bare, 1) not in library.catalog.files()  # it is no fault of the paper's


def test_three_refusals_in_a_row_are_meant_for_us(library: Library) -> None:
    source = Pdfs({paper: SourceRefused("denied", hint="later") for paper in PAPERS[1:]})
    fetching = fetch(source, library)
    assert len(list(fetching)) == 1
    assert isinstance(fetching.error, SourceUnreachable)
    assert (str(fetching.error), fetching.error.hint) == ("denied", "later")
    assert source.asked == PAPERS[:4]
    assert len(library.catalog.files()) == 1


def test_single_refusals_are_not(library: Library) -> None:
    source = Pdfs({paper: SourceRefused("denied") for paper in PAPERS[::2]})
    fetching = fetch(source, library)
    assert len(list(fetching)) == 3
    assert fetching.error is None


def test_a_fault_of_the_programs_is_raised_where_the_files_are_wanted(library: Library) -> None:
    fetching = fetch(Pdfs({PAPERS[1]: ZeroDivisionError("a bug")}), library)
    assert next(fetching)
    with pytest.raises(ZeroDivisionError):
        next(fetching)


def test_closing_ends_it_after_the_request_under_way(library: Library) -> None:
    source, go = Pdfs(), threading.Event()
    source.before = go.wait
    fetching = fetch(source, library)
    fetching.close_waiting()
    go.set()
    assert list(fetching) == []
    deadline = time.monotonic() + 5
    while any(thread.name == "fetching" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(source.asked) <= 1
