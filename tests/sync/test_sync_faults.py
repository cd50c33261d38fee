"""Services that fail: what is fetched stays, the run ends, and the next one goes on."""

from __future__ import annotations

import time

import pytest

from arxiv_home import ArxivHome, ids, readable
from records import differences
from small_arxiv import FAULTS, Fault, SmallArxiv, World
from small_arxiv.faults import refuse, reset

# These cost seconds: each strikes but once, and not all services.
SLOW = {
    "429 with seconds": ("api", "scholar"),
    "429 with a date": ("pdf",),
    "stall before the headers": ("api", "pdf", "scholar"),
    "stall in the body": ("api", "pdf", "scholar"),
}


def kinds_of(name: str) -> tuple[str, ...]:
    """The services that a fault makes sense for."""
    if name in SLOW:
        return SLOW[name]
    own = FAULTS[name]().kind
    return (own,) if own else ("api", "pdf", "scholar")


@pytest.mark.parametrize("name", FAULTS)
def test_faults_change_nothing(name: str, home: ArxivHome, clean: ArxivHome) -> None:
    """Each fault strikes requests of all services that it makes sense for, and a try later none."""
    every = {"api": 4, "pdf": 4, "scholar": 1}
    faults = [FAULTS[name](kind=kind, every=every[kind]) for kind in kinds_of(name)]
    for fault in faults:
        fault.times = 1 if name in SLOW else None
        home.server.faults.add(fault)
    home.settings |= {"fetch_timeout": 0.5, "fetch_tries": 6}
    report = home.ingest()
    assert all(fault.struck for fault in faults)
    assert report.unreachable == ""
    assert differences(home.digest(), clean.digest()) == []
    home.server.faults.clear()
    home.asked_since()
    assert not home.ingest().changed
    assert home.asked_since() == {}


def down(server: SmallArxiv, *kinds: str) -> None:
    """From now on nothing but resets."""
    for kind in kinds:
        server.faults.add(Fault(kind, reset(-1)))


def test_nothing_can_be_reached(home: ArxivHome, clean: ArxivHome) -> None:
    down(home.server, "api", "pdf", "scholar")
    report = home.ingest()
    assert "arXiv can't be reached" in report.unreachable
    assert "goes on from there" in report.hint
    assert not report.changed
    with home.library() as library:
        assert [run.state for run in library.catalog.runs()] == ["unreachable"]
    home.server.faults.clear()
    home.ingest()
    assert differences(home.digest(), clean.digest()) == []


def test_a_sync_without_arxiv_keeps_everything(filled: ArxivHome) -> None:
    before = filled.digest()
    down(filled.server, "api", "pdf", "scholar")
    filled.seeds()  # nothing is wanted any longer, but this is no time to let it go
    report = filled.sync()
    assert report.unreachable
    after = filled.digest()
    assert {key.split()[1] for key in differences(before, after)} <= {"wishes"}


@pytest.mark.parametrize(("kind", "after"), [("api", 1), ("api", 4), ("pdf", 5)])
def test_arxiv_goes_away_in_the_middle(
    kind: str, after: int, home: ArxivHome, clean: ArxivHome
) -> None:
    """After the review's facts, amid the titles, and amid the PDFs."""
    seen: set[str] = set()

    def late(path: str) -> bool:
        seen.add(path)
        return len(seen) > after

    home.server.faults.add(Fault(kind, reset(-1), match=late))
    home.settings["fetch_tries"] = 2
    assert home.ingest().unreachable
    assert home.world.review in home.held() or after == 1
    assert home.server.requests[-1].fault  # nothing more was asked then
    served = {r.path for r in home.server.requests if r.status == 200 and not r.fault}
    home.server.faults.clear()
    home.server.forget()
    assert not home.ingest().unreachable
    assert not served & {request.path for request in home.server.requests}
    assert differences(home.digest(), clean.digest()) == []
    # What is found after an outage only is no news.
    assert [paper for what, paper, _ in home.changes() if what == "new_reference"] == []


@pytest.mark.parametrize("name", ["gone", "too many requests"])
def test_without_semantic_scholar_titles_are_searched(
    name: str, home: ArxivHome, world: World
) -> None:
    actions = {
        "gone": reset(-1),
        "too many requests": refuse(429),
    }
    home.server.faults.add(Fault("scholar", actions[name]))
    home.settings |= {"fetch_timeout": 0.3, "fetch_tries": 2}
    start = time.monotonic()
    report = home.ingest()
    assert time.monotonic() - start < 30
    assert report.unreachable == ""
    assert any("without Semantic Scholar" in told for told in home.told)
    truth = world.truth()
    entries = {entry.number: entry for entry in world[world.review].entries}
    for reference in home.references():
        if entries[reference.number].how == "scholar":
            assert reference.arxiv_id in (None, truth[reference.number])
        else:
            assert reference.arxiv_id == truth[reference.number]
    home.server.faults.clear()  # it is asked by the next run, and knows the rest
    home.ingest()
    assert {one.number: one.arxiv_id for one in home.references()} == truth
    assert set(home.held()) == readable(world, [world.review, *world.cited()])


def test_pdfs_are_denied(home: ArxivHome, world: World) -> None:
    """arXiv blocks this machine: that is no fault of the papers, which a later run fetches."""
    home.server.faults.add(Fault("pdf", refuse(403)))
    report = home.ingest()
    assert report.ingested == []
    assert report.unreachable or report.failed
    home.server.faults.clear()
    assert world.review in ids(home.ingest().ingested)
    report = home.ingest()
    assert not report.changed
