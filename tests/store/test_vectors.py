"""The dense index: what it finds, and that any damage to its files is noticed."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fmqa.errors import DiskFull, StoreError
from fmqa.store.sqlite import faiss_index
from fmqa.store.sqlite.faiss_index import FaissIndex, Manifest, read_manifest, write_generation

DIMENSION = 8


def unit(rows: int, seed: int = 0, dimension: int = DIMENSION) -> np.ndarray:
    made = np.random.default_rng(seed).standard_normal((rows, dimension)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def ascending(rows: int, seed: int) -> list[int]:
    steps = np.random.default_rng(seed).integers(1, 9, rows)
    return np.cumsum(steps).tolist()


def reopened(folder: Path) -> FaissIndex:
    manifest = read_manifest(folder)
    assert manifest is not None
    return FaissIndex.open(folder, manifest)


@given(
    rows=st.integers(0, 60),
    seed=st.integers(0, 1000),
    limit=st.integers(0, 70),
    choice=st.none() | st.sets(st.integers(-5, 300), max_size=80),
)
def test_search_is_brute_force(rows: int, seed: int, limit: int, choice: set[int] | None) -> None:
    ids, table, query = ascending(rows, seed), unit(rows, seed), unit(1, seed + 1)[0]
    index = FaissIndex.build(1, ids, [table])
    allowed = None if choice is None else list(choice)
    found = index.search(query, limit, allowed)
    cosines = {
        key: float(row @ query)
        for key, row in zip(ids, table, strict=True)
        if choice is None or key in choice
    }
    wanted = sorted(cosines.values(), reverse=True)[:limit]
    np.testing.assert_allclose([score for _, score in found], wanted, atol=1e-5)
    assert all(abs(cosines[key] - score) < 1e-5 for key, score in found)
    assert len({key for key, _ in found}) == len(found)


@given(rows=st.integers(0, 60), seed=st.integers(0, 1000), wanted=st.lists(st.integers(-5, 300)))
def test_scores_are_dot_products(rows: int, seed: int, wanted: list[int]) -> None:
    ids, table, query = ascending(rows, seed), unit(rows, seed), unit(1, seed + 1)[0]
    found = FaissIndex.build(1, ids, [table]).scores(query, wanted)
    assert set(found) == set(wanted) & set(ids)
    for key, score in found.items():
        assert abs(score - float(table[ids.index(key)] @ query)) < 1e-5


@pytest.mark.parametrize("recipe", ["Flat", "SQfp16", "IVF4096,SQ8"])
def test_each_recipe_is_served_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: str
) -> None:
    """The sizes at which the recipes change are lowered; the files are the real ones."""
    rows = 4200
    limits = {"Flat": (rows, rows), "SQfp16": (1, rows), "IVF4096,SQ8": (1, 2)}[recipe]
    monkeypatch.setattr(faiss_index, "_FLAT_UP_TO", limits[0])
    monkeypatch.setattr(faiss_index, "_FP16_UP_TO", limits[1])
    ids, table = list(range(10, 10 + rows)), unit(rows)
    write_generation(tmp_path, 1, "m", ids, [table[:3000], table[3000:]])
    index = reopened(tmp_path)
    query = table[77]
    assert index.search(query, 1)[0][0] == 87
    exact = dict(zip(ids, (table @ query).tolist(), strict=True))
    few = [15, 600, 4000, 9999]
    assert [key for key, _ in index.search(query, 3, few)] == sorted(
        few[:3], key=lambda key: -exact[key]
    )
    found = index.scores(query, few)
    assert set(found) == set(few[:3])
    assert all(abs(score - exact[key]) < 0.03 for key, score in found.items())


def test_the_file_gives_what_memory_gave(tmp_path: Path) -> None:
    ids, table = ascending(50, 3), unit(50, 3)
    write_generation(tmp_path, 7, "model", ids, [table])
    opened, built = reopened(tmp_path), FaissIndex.build(7, ids, [table])
    assert opened.generation == 7
    assert len(opened) == 50
    assert opened.search(table[4], 9) == built.search(table[4], 9)


def test_an_empty_index(tmp_path: Path) -> None:
    write_generation(tmp_path, 1, "model", [], [])
    opened = reopened(tmp_path)
    assert len(opened) == 0
    assert opened.search(unit(1)[0], 5) == []
    assert opened.scores(unit(1)[0], [1, 2]) == {}


def test_older_generations_and_killed_writers_are_swept(tmp_path: Path) -> None:
    write_generation(tmp_path, 1, "model", [1], [unit(1)])
    reader = reopened(tmp_path)
    (tmp_path / ".vectors-00000002.faiss.999.tmp").write_bytes(b"half")
    (tmp_path / "record.sqlite3").write_bytes(b"not the index's to sweep")
    write_generation(tmp_path, 2, "model", [1, 2], [unit(2)])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "record.sqlite3", "vectors-00000002.faiss", "vectors-00000002.ids.npy", "vectors.json"
    ]  # fmt: skip
    # Who had the older one open still reads it.
    assert reader.search(unit(1)[0], 1)[0][0] == 1


MANIFESTS = [
    "", "{", "[]", "null", "7", '"text"', '{"generation": 1}', "\x00\xff", "[" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("text", MANIFESTS)
def test_a_manifest_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "vectors.json").write_bytes(text.encode("latin-1"))
    assert read_manifest(tmp_path) is None


@pytest.mark.parametrize("name", Manifest.__slots__)
@pytest.mark.parametrize("value", [None, -1, 10**30, "../../etc/passwd", "", [], {"a": 1}, 1.5])
def test_a_manifest_with_a_wrong_value_is_noticed(tmp_path: Path, name: str, value: object) -> None:
    write_generation(tmp_path, 1, "model", [1, 2, 3], [unit(3)])
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    manifest = read_manifest(tmp_path)
    if manifest is None or name in {"generation", "model"}:
        return  # told by comparing with the record's
    with pytest.raises(StoreError):
        FaissIndex.open(tmp_path, manifest)


@pytest.mark.parametrize("file", ["index_file", "ids_file"])
@pytest.mark.parametrize("damage", ["missing", "empty", "torn", "longer", "folder"])
def test_a_damaged_file_is_noticed(tmp_path: Path, file: str, damage: str) -> None:
    manifest = write_generation(tmp_path, 1, "model", ascending(40, 1), [unit(40)])
    path = tmp_path / getattr(manifest, file)
    content = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        new = {"empty": b"", "torn": content[: len(content) // 2], "longer": content + b"x"}
        path.write_bytes(new[damage])
    with pytest.raises(StoreError):
        FaissIndex.open(tmp_path, manifest)


@settings(max_examples=30)
@given(file=st.sampled_from(["index_file", "ids_file"]), noise=st.randoms(use_true_random=False))
def test_garbage_of_the_same_size_is_an_error_in_words(
    tmp_path_factory: pytest.TempPathFactory, file: str, noise: Any
) -> None:
    """Whatever stands in the first bytes, opening ends in a StoreError and never in a crash."""
    folder = tmp_path_factory.mktemp("index")
    manifest = write_generation(folder, 1, "model", ascending(40, 1), [unit(40)])
    path = folder / getattr(manifest, file)
    content = bytearray(path.read_bytes())
    for place in noise.sample(range(64), noise.randint(1, 64)):
        content[place] = noise.randrange(256)
    path.write_bytes(content)
    try:
        opened = FaissIndex.open(folder, manifest)
    except StoreError:
        return
    assert len(opened) == 40


def test_ids_that_would_run_code_are_refused(tmp_path: Path) -> None:
    manifest = write_generation(tmp_path, 1, "model", [1], [unit(1)])
    path = tmp_path / manifest.ids_file
    ran = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (ran,))

    with path.open("wb") as file:
        np.save(file, np.array([Evil()], dtype=object), allow_pickle=True)
    from dataclasses import replace

    with pytest.raises(StoreError):
        FaissIndex.open(tmp_path, replace(manifest, ids_bytes=path.stat().st_size))
    assert not ran.exists()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull),
        (OSError(errno.EACCES, "Permission denied"), StoreError),
        (RuntimeError("write error in faiss"), DiskFull),
    ],
)
def test_a_failed_write_keeps_the_old_generation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[Exception]
) -> None:
    write_generation(tmp_path, 1, "model", [1], [unit(1)])
    before = sorted(path.name for path in tmp_path.iterdir())
    real = os.fsync
    calls = []

    def fsync(file: int) -> None:
        calls.append(file)
        if len(calls) == 3:  # after the first file's and its folder's
            raise error
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(kind):
        write_generation(tmp_path, 2, "model", [1, 2], [unit(2)])
    monkeypatch.undo()
    assert reopened(tmp_path).generation == 1
    assert not list(tmp_path.glob(".*tmp"))
    assert set(before) <= {path.name for path in tmp_path.iterdir()}
    write_generation(tmp_path, 3, "model", [1, 2], [unit(2)])
    assert len(list(tmp_path.glob("vectors-*"))) == 2
