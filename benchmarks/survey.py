"""How long the survey's views take over a library of 600 papers.

    python -m benchmarks.survey [--papers 600] [--rounds 5]

The papers are made of the starter notes' sentences, under names, years and facets of their own,
each with 60 passages, 30 references to others, and a tenth with an older version whose figures
differ. A view is timed three ways: made for the first time after a change of the library; made, and
asked for by a new process; and asked for again, with the page's HTML.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import print_table, write_results
from fmqa.apps.web.views.charts import chart, numbers_table
from fmqa.apps.web.views.compared import challenges_list
from fmqa.apps.web.views.mapview import map_svg, map_table
from fmqa.apps.web.views.news import since_review
from fmqa.apps.web.wording import IN_ENGLISH
from fmqa.sources.note_files import read_notes, starter_folder
from fmqa.store.library import Library
from fmqa.store.writer import passage_texts
from fmqa.survey.challenges import challenge_map
from fmqa.survey.comparison import as_html, compare
from fmqa.survey.facet_maker import FacetMaker
from fmqa.survey.map_maker import MapMaker
from fmqa.survey.review_changes import ReviewChangesMaker
from fmqa.survey.trend_data import By
from fmqa.survey.trend_maker import TrendMaker
from fmqa.survey.trend_plot import draw
from fmqa.types import Document, Reference
from tests.fakes import document, result

REVIEW, PDF_URL, MODEL = "2510.16973", "https://arxiv.org/pdf", "made:384"
PASSAGES, SENTENCES, REFERENCES = 60, 5, 30
KINDS = ("vision-only", "vision-language", "generalist", "adaptation", "dataset")
MODALITIES = ("CT", "MRI", "X-ray", "pathology", "ultrasound", "retina", "endoscopy")
_NUMBER = re.compile(r"\d{2,}")
_SUBJECTS = 12


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--papers", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder), Path(folder) / "record.sqlite3")
        try:
            fill(library, options.papers)
            figures = {name: timed(library, view, options.rounds) for name, view in VIEWS.items()}
        finally:
            library.close()
    warm = max(times["again, s"] for times in figures.values())
    first = max(times["first, s"] for times in figures.values())
    for name, times in figures.items():
        print_table(name, list(times.items()))
    if options.papers == 600:
        slowest = {"again, s": warm, "first, s": first}
        write_results("survey", {"papers": options.papers, "slowest": slowest, "views": figures})


class Open:
    """What one process holds of the library: makers that remember what they made."""

    def __init__(self, library: Library) -> None:
        self.facets = FacetMaker(library)
        self.maps = MapMaker(library, self.facets)
        self.trends = TrendMaker(library, REVIEW, PDF_URL, self.facets)
        self.changes = ReviewChangesMaker(library, REVIEW, PDF_URL, facets=self.facets)


def _map(held: Open) -> object:
    drawn = held.maps.map()
    return map_svg(drawn, lambda paper: True) + map_table(drawn)


def _trend(by: By) -> Callable[[Open], object]:
    def view(held: Open) -> object:
        trend = held.trends.trend(by)
        return chart(trend, sides=True) + numbers_table(trend, sides=True)

    return view


def _ten(held: Open) -> list[str]:
    return [row.meta.paper_id for row in held.facets.library.record.papers()[:10]]


VIEWS: dict[str, Callable[[Open], object]] = {
    "facets (behind all others)": lambda held: held.facets.facets(),
    "map": _map,
    "changes since the review": lambda held: since_review(held.changes.changes()),
    **{f"trends by {by.value}": _trend(by) for by in By},
    "challenges": lambda held: challenges_list(challenge_map(held.facets), IN_ENGLISH),
    "a comparison of 10": lambda held: as_html(compare(held.facets, _ten(held))),
    "a plot as PNG": lambda held: draw(held.trends.trend(By.MODALITY), "png", sides=True),
}


def timed(library: Library, view: Callable[[Open], object], rounds: int) -> dict[str, float]:
    """The three times of a view, in seconds; of the last two the median."""
    first_process = Open(library)
    first = _seconds(lambda: view(first_process))
    fresh = statistics.median(_seconds(lambda: view(Open(library))) for _ in range(rounds))
    again = statistics.median(_seconds(lambda: view(first_process)) for _ in range(rounds))
    return {
        "first, s": round(first, 3),
        "by a new process, s": round(fresh, 3),
        "again, s": round(again, 4),
    }


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def fill(library: Library, papers: int) -> None:
    """Write the made papers; their vectors stand around a dozen subjects."""
    rng = random.Random(5)
    vectors = np.random.default_rng(5)
    subjects = vectors.standard_normal((_SUBJECTS, 384))
    notes = [note for note in read_notes(starter_folder()) if note.meta.arxiv_id]
    ids = [f"2{rng.randrange(0, 7)}{rng.randrange(1, 13):02}.{n:05}" for n in range(papers)]
    with library.writing(MODEL) as writer:
        for number, paper_id in enumerate(ids):
            made = _paper(number, paper_id, notes, ids, rng)
            versions = [replace(_other_figures(made, rng)), made] if number % 10 == 0 else [made]
            for one in versions:
                known = writer.known(one)
                texts = passage_texts(known)
                near = subjects[number % _SUBJECTS] + 1.2 * vectors.standard_normal(
                    (len(texts), 384)
                )
                near /= np.linalg.norm(near, axis=1, keepdims=True)
                writer.add(known, near.astype(np.float32), MODEL, result(known, f"{number}.pdf"))


def _paper(
    number: int, paper_id: str, notes: list[Any], ids: list[str], rng: random.Random
) -> Document:
    note = notes[number % len(notes)]
    own = re.split(r"(?<=\.) ", note.text)
    others = [s for _ in range(40) for s in re.split(r"(?<=\.) ", rng.choice(notes).text)]
    passages = [" ".join(own)]
    passages += [
        f"Part {place}. " + " ".join(rng.sample(others, SENTENCES)) for place in range(PASSAGES - 1)
    ]
    pages = [passages[at : at + 5] for at in range(0, len(passages), 5)]
    meta = {
        "name": note.meta.name if number < len(notes) else f"{note.meta.name}-{number}",
        "title": f"{note.meta.title} {number}",
        "year": 2000 + int(paper_id[:2]),
        "kind": KINDS[number % 5],
        "modality": tuple(rng.sample(MODALITIES, 2)),
        "tasks": note.meta.tasks or ("segmentation",),
    }
    cited = tuple(
        Reference(place, f"Reference {place}", arxiv_id=one, method="text", score=1.0)
        for place, one in enumerate(rng.sample(ids, min(REFERENCES, len(ids))))
    )
    return replace(document(paper_id, *pages, version=2, **meta), references=cited)


def _other_figures(made: Document, rng: random.Random) -> Document:
    """The version before: the same sentences, with other figures of the same length."""

    def other(match: re.Match[str]) -> str:
        return "".join(str((int(digit) + rng.randrange(1, 5)) % 9 + 1) for digit in match.group())

    pages = [
        [_NUMBER.sub(other, page.text[p.spans[0].start : p.spans[0].end])
         for p in made.passages if p.spans[0].page == page.number]
        for page in made.pages
    ]  # fmt: skip
    facts = {"name": made.meta.name, "title": made.meta.title, "year": made.meta.year}
    return document(made.meta.paper_id, *pages, version=1, **facts)


if __name__ == "__main__":
    main()
