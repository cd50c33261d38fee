"""`fmqa ingest --dry-run`: says what would be fetched, and brings nothing in."""

from __future__ import annotations

from arxiv_home import ArxivHome, ids, readable
from records import differences
from small_arxiv import Fault, World
from small_arxiv.faults import reset

LOOKED_UP = {"facts", "files"}  # kept of a plan, so that the run needn't ask again


def standing(world: World) -> set[str]:
    """What is to be fetched: all that is cited but what was withdrawn."""
    wanted = [world.review, *world.cited()]
    return {one for one in wanted if not world[one].latest.withdrawn}


def test_a_plan_from_nothing(home: ArxivHome, world: World) -> None:
    report = home.ingest(dry=True)
    assert ids(report.planned) == standing(world)
    assert {line.version for line in report.planned if line.arxiv_id == world.review} == {1}
    why = {line.arxiv_id: line.why for line in report.planned}
    assert why.pop(world.review) == "in seeds.toml"
    assert set(why.values()) == {f"cited by {world.review}"}
    assert ids(report.skipped) == {world.special["withdrawn"], world.special["withdrawn_html"]}
    assert report.resolved_count == len(world.cited())
    assert len(report.unresolved) == report.cited - len(world.cited())
    assert home.held() == {}
    assert {key.split()[1] for key in home.digest()} <= LOOKED_UP
    assert home.changes() == []
    assert [path.name for path in home.papers.glob("*.pdf")] == [f"{world.review}v1.pdf"]


def test_the_run_after_a_plan_does_not_ask_again(
    home: ArxivHome, clean: ArxivHome, world: World
) -> None:
    planned = ids(home.ingest(dry=True).planned)
    home.asked_since()
    assert ids(home.ingest(dry=True).planned) == planned
    assert home.asked_since() == {}
    report = home.ingest()
    assert set(home.asked_since()) == {"html", "pdf"}
    assert ids(report.ingested) == planned & readable(world, list(planned))
    assert differences(home.digest(), clean.digest()) == []


def test_a_plan_over_a_filled_library(filled: ArxivHome, world: World) -> None:
    before = filled.digest()
    report = filled.ingest(dry=True)
    assert report.planned == []
    assert report.known == len(filled.held())
    assert len(report.still_failing) == 2
    assert filled.asked_since() == {}
    new = sorted(readable(world, sorted(world.near_misses)))[0]
    report = filled.ingest(new, dry=True)
    assert [(line.arxiv_id, line.version, line.why) for line in report.planned] == [
        (new, 1, "asked for")
    ]
    assert filled.asked_since() == {"api": 1}
    changed = differences(before, filled.digest())
    assert changed == [f"{new} facts"]
    assert new not in ids(filled.ingest(dry=True).planned)  # it was not asked for in earnest


def test_a_removed_paper_would_come_when_it_is_named(filled: ArxivHome, world: World) -> None:
    gone = sorted(readable(world, world.cited()))[0]
    with filled.library() as library, library.writing("hash:64") as writer:
        writer.remove(gone)
    assert ids(filled.ingest(dry=True).planned) == set()
    assert ids(filled.ingest(gone, dry=True).planned) == {gone}
    with filled.library() as library:
        assert library.catalog.excluded() == {gone}


def test_depth_and_limit(home: ArxivHome, world: World) -> None:
    assert ids(home.ingest(dry=True, depth=0).planned) == {world.review}
    report = home.ingest(dry=True, limit=4)
    assert len(report.planned) == 5  # the review is not counted: its references are followed
    assert report.left == len(standing(world)) - 5


def test_a_plan_without_arxiv(home: ArxivHome) -> None:
    home.server.faults.add(Fault("api", reset(-1)))
    home.settings["fetch_tries"] = 1
    report = home.ingest(dry=True)
    assert "can't be reached" in report.unreachable
    assert report.planned == []


def test_a_review_that_cannot_be_fetched_is_told(home: ArxivHome, world: World) -> None:
    world[world.review].manner = "truncated"
    home.settings["fetch_tries"] = 2
    report = home.ingest(dry=True)
    assert ids([*report.failed, *report.still_failing]) == {world.review}
    assert world.review not in ids(report.planned)
