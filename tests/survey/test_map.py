"""The map: who is tied to whom, that it is always the same, and what it costs to ask twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import networkx as nx
import numpy as np
import pytest
from typer.testing import CliRunner

from fakes import Add, document
from fmqa.apps.cli.main import app
from fmqa.errors import NothingToSearch
from fmqa.store.library import Library
from fmqa.survey import field_map as map_module
from fmqa.survey.facet_maker import FacetMaker
from fmqa.survey.field_map import (
    FieldMap,
    MapFilter,
    MapPaper,
    as_graphml,
    build_map,
    field_map,
    nearest,
    telling_words,
)
from fmqa.types import PaperMeta, Reference, Source

EYES = "Retinal fundus photographs show diabetic retinopathy of the eye in number {n}."
LUNGS = "Chest radiographs show pneumonia of the lung to radiologists in number {n}."
NASTY = 'Retina vision & <b>"bold"</b> \x1b[31m study of model 3'


def paper(number: int, topic: str, **meta: object) -> PaperMeta:
    return PaperMeta(f"2301.0000{number}", 1, f"{topic} {number}", **meta)  # type: ignore[arg-type]


@pytest.fixture
def two_fields(library: Library, add: Add) -> Library:
    """Four papers on eyes, four on lungs; the last cites one by id and one by its title."""
    made = []
    for number in range(8):
        text = (EYES if number < 4 else LUNGS).format(n=number)
        title = f"{'Retina vision' if number < 4 else 'Chest radiograph'} study of model {number}"
        made.append(
            document(
                f"2301.0000{number}",
                [text],
                title=title if number != 3 else NASTY,
                year=2020 + number % 4,
                kind="vision-only",
                modality=("fundus",) if number < 4 else ("X-ray",),
            )
        )
    references = (
        Reference(1, "First", arxiv_id="2301.00000", method="text", score=1.0),
        Reference(2, "Second", title="Retina Vision: Study of Model 1"),
        Reference(3, "Not held", title="A paper that this library does not hold", arxiv_id="1"),
        Reference(4, "Itself", arxiv_id="2301.00007"),
    )
    made[7] = replace(made[7], references=references)
    topic = document("topic:x", ["A note."], source=Source.NOTE, arxiv_id=None)
    add(*made, topic)
    return library


def test_citations_are_found_by_id_and_by_whole_title(two_fields: Library) -> None:
    assert two_fields.bibliography.links() == [
        ("2301.00007", "2301.00000"),
        ("2301.00007", "2301.00001"),
    ]


def test_a_papers_vector_is_the_mean_of_its_passages(library: Library, add: Add) -> None:
    add(document("1", ["One passage.", "Another passage."]), document("2", ["A third."]))
    assert library.record.model is not None
    ids, means = library.record.paper_vectors(library.record.model)
    with library.record.active_vectors(library.record.model) as active:
        (vectors,) = active
    assert ids == ["1", "2"]
    assert len(active.ids) == 3
    np.testing.assert_allclose(means, [vectors[:2].mean(axis=0), vectors[2]], atol=1e-6)


def test_papers_without_vectors_give_none(library: Library) -> None:
    ids, means = library.record.paper_vectors("nobody")
    assert ids == []
    assert means.size == 0


def test_alike_papers_are_tied_and_grouped(two_fields: Library) -> None:
    drawn = field_map(FacetMaker(two_fields))
    assert [one.paper_id for one in drawn.papers] == [f"2301.0000{n}" for n in range(8)]
    near = [edge for edge in drawn.edges if edge.kind == "near"]
    assert near
    for edge in near:
        assert (edge.source < "2301.00004") == (edge.target < "2301.00004"), edge
        assert 0 < edge.weight <= 1
    eyes = {one.cluster for one in drawn.papers[:4]}
    lungs = {one.cluster for one in drawn.papers[4:7]}
    assert len(eyes) == len(lungs) == 1
    assert eyes != lungs
    assert [one.cited for one in drawn.papers] == [1, 1, 0, 0, 0, 0, 0, 0]
    assert all(0 <= one.x <= 1 and 0 <= one.y <= 1 for one in drawn.papers)
    assert len({(one.x, one.y) for one in drawn.papers}) == 8


def test_groups_are_named_by_what_sets_them_apart(two_fields: Library) -> None:
    drawn = field_map(FacetMaker(two_fields))
    names = {one.number: one.name for one in drawn.clusters}
    assert "Retina" in names[drawn.papers[0].cluster] or "fundus" in names[drawn.papers[0].cluster]
    assert "X-ray" in names[drawn.papers[5].cluster] or "Chest" in names[drawn.papers[5].cluster]


def test_common_words_name_no_group() -> None:
    def one(n: int, organ: str, modality: str) -> MapPaper:
        title = f"Medical image models for {organ} {n}"
        return MapPaper(str(n), None, "", title, 2024, "", (modality,), (), 0, 0.5, 0.5, 0)

    groups = (("polyps", "endoscopy"), ("hearts", "echo"))
    names = telling_words({at: [one(n, *of) for n in range(4)] for at, of in enumerate(groups)})
    assert "endoscopy" in names[0]
    assert "echo" in names[1]
    for name in names.values():
        assert not {"medical", "image", "models"} & set(name.lower().split(" · "))


def test_nearness_is_above_the_threshold_and_symmetric() -> None:
    rng = np.random.default_rng(3)
    vectors = {str(n): rng.standard_normal(16).astype(np.float32) for n in range(40)}
    pairs = nearest(vectors, neighbours=3, threshold=0.2)
    assert len({frozenset(pair[:2]) for pair in pairs}) == len(pairs)
    table = np.stack([v / np.linalg.norm(v) for v in vectors.values()])
    table -= table.mean(axis=0)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    for one, other, weight in pairs:
        assert weight >= 0.2
        assert weight == pytest.approx(float(table[int(one)] @ table[int(other)]), abs=1e-5)
    # Nobody is left out who has a neighbour at all.
    cosines = table @ table.T - 2 * np.eye(40)
    tied = {name for pair in pairs for name in pair[:2]}
    assert tied == {str(n) for n in range(40) if cosines[n].max() >= 0.2}


@pytest.mark.parametrize("count", [1, 2, 3, 60])
def test_any_number_of_papers_can_be_placed(count: int) -> None:
    papers = [PaperMeta(str(n), 1, f"Title {n}") for n in range(count)]
    drawn = build_map(1, papers, [], {})
    assert len({(one.x, one.y) for one in drawn.papers}) == count
    assert {one.cluster for one in drawn.papers} == {-1}
    assert drawn.clusters == ()


def test_a_map_of_nothing_says_so(library: Library) -> None:
    with pytest.raises(NothingToSearch):
        field_map(FacetMaker(library))


def test_it_is_made_once_for_a_state_of_the_library(
    two_fields: Library, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(*args: object) -> FieldMap:
        made.append(args)
        return build_map(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(map_module, "build_map", counted)
    first = FacetMaker(two_fields)
    drawn = field_map(first)
    assert field_map(first) is drawn
    assert field_map(FacetMaker(two_fields)) == drawn  # another process: from the record
    assert len(made) == 1
    add(document("2301.00008", [EYES.format(n=8)]))
    assert len(field_map(first).papers) == 9
    assert len(made) == 2


def test_the_same_library_gives_the_same_map_whatever_the_hash_seed() -> None:
    code = (
        "import numpy as np\n"
        "from fmqa.survey.field_map import build_map\n"
        "from fmqa.types import PaperMeta\n"
        "rng = np.random.default_rng(1)\n"
        "ids = [f'p{n}' for n in range(60)]\n"
        "vectors = {one: rng.standard_normal(8).astype('f4') for one in ids}\n"
        "cites = [(ids[n], ids[n // 2]) for n in range(1, 60)]\n"
        "papers = [PaperMeta(one, 1, f'Title {one}') for one in ids]\n"
        "print(build_map(1, papers, cites, vectors).as_json())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_graphml_is_read_by_others_and_holds_what_the_map_holds(two_fields: Library) -> None:
    drawn = field_map(FacetMaker(two_fields))
    text = as_graphml(drawn)
    ET.fromstring(text)
    graph = nx.parse_graphml(text)
    assert set(graph.nodes) == {one.paper_id for one in drawn.papers}
    assert graph.number_of_edges() == len(drawn.edges)
    node = graph.nodes["2301.00003"]
    assert node["title"] == NASTY.replace("\x1b", "")
    assert node["year"] == 2023
    kinds = sorted(data["kind"] for _, _, data in graph.edges(data=True))
    assert kinds == sorted(edge.kind for edge in drawn.edges)


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (MapFilter(), 8),
        (MapFilter(words="RETINA vision"), 4),
        (MapFilter(words="fundus"), 4),
        (MapFilter(years=(2021, 2022)), 4),
        (MapFilter(years=(None, 2020)), 2),
        (MapFilter(kinds=("survey",)), 0),
        (MapFilter(modalities=("X-ray", "CT")), 4),
        (MapFilter(words="chest", years=(2023, None)), 1),
    ],
)
def test_filters(two_fields: Library, wanted: MapFilter, left: int) -> None:
    drawn = field_map(FacetMaker(two_fields))
    part = drawn.only(one.paper_id for one in drawn.papers if wanted(one))
    assert len(part.papers) == left
    ids = {one.paper_id for one in part.papers}
    assert all({edge.source, edge.target} <= ids for edge in part.edges)
    assert sum(one.size for one in part.clusters) == sum(one.cluster >= 0 for one in part.papers)
    assert {(one.x, one.y) for one in part.papers} <= {(one.x, one.y) for one in drawn.papers}


@pytest.fixture
def home(tmp_path: Path, two_fields: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The library as a data folder of the command line's; without the starter notes."""
    from fmqa.apps.workbench import Workbench

    monkeypatch.setattr(Workbench, "load_starter", lambda bench: 0)
    yield tmp_path


def run(home: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["map", *arguments, "--home", str(home)])
    if isinstance(done.exception, NothingToSearch):
        return 1, str(done.exception)
    return done.exit_code, done.stdout


def test_the_command_prints_groups(home: Path) -> None:
    code, told = run(home)
    assert code == 0
    assert told.startswith("8 papers, 2 citations among them, ")
    assert "\x1b" not in told


def test_the_command_writes_files(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "field.graphml"
    code, told = run(home, "--format", "graphml", "--output", str(file), "--modality", "fundus")
    assert code == 0
    assert f"A map of 4 papers written to {file}." in told.replace("\n", "")
    assert nx.read_graphml(file).number_of_nodes() == 4
    _, told = run(home, "chest", "--format", "json")
    assert len(json.loads(told)["papers"]) == 4


def test_the_command_says_when_nothing_is_meant(home: Path) -> None:
    assert run(home, "unheard-of") == (1, "No paper of the map is meant by this.")
