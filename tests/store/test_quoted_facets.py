"""Facets in the record: read once a version; what a user corrects outlives versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import Add, HashEmbedder, document
from fmqa.store.library import Library
from fmqa.store.quoted_facets import Facet, FacetName, FacetStore, Origin, PendingVersion
from fmqa.types import Source, Span

TEXT = "MedNet segments CT scans of the abdomen and was trained on 1,000 volumes."


def facet(held: PendingVersion, name: FacetName = FacetName.MODALITY, value: str = "CT") -> Facet:
    span = Span(1, 0, len(TEXT))
    return Facet(held.paper_id, held.version, held.source, name, value, TEXT, span, 0.8)


@pytest.fixture
def store(library: Library, add: Add) -> FacetStore:
    add(document("2401.00001", [TEXT], version=1))
    return library.facets


def test_a_version_is_read_once_by_each_extractor(store: FacetStore) -> None:
    (held,) = store.pending("rules 1")
    store.put("rules 1", [(held, [facet(held)])])
    assert store.pending("rules 1") == []
    assert store.of_paper("2401.00001") == [facet(held)]

    assert store.pending("rules 2") == [held]
    store.put("rules 2", [(held, [facet(held, value="MRI")])])
    assert [one.value for one in store.of_paper("2401.00001")] == ["MRI"]


def test_a_new_version_is_read_anew_and_its_facets_take_the_place_of_the_old(
    store: FacetStore, add: Add
) -> None:
    (held,) = store.pending("rules")
    store.put("rules", [(held, [facet(held)])])
    add(document("2401.00001", [TEXT + " It is new."], version=2))
    assert store.of_paper("2401.00001") == []
    (newer,) = store.pending("rules")
    assert newer.version == 2
    store.put("rules", [(newer, [facet(newer, value="MRI")])])
    assert [one.value for one in store.of_paper("2401.00001")] == ["MRI"]


def test_a_correction_outlives_new_versions_extraction_and_removal(
    store: FacetStore, library: Library, add: Add, embedder: HashEmbedder
) -> None:
    (held,) = store.pending("rules")
    store.put("rules", [(held, [facet(held), facet(held, FacetName.TASK, "segmentation")])])
    store.correct("2401.00001", FacetName.MODALITY, [facet(held, value="PET")])

    def now() -> list[tuple[str, Origin]]:
        found = store.of_paper("2401.00001")
        return [(one.value, one.origin) for one in found if one.name is FacetName.MODALITY]

    assert now() == [("PET", Origin.USER)]
    add(document("2401.00001", [TEXT + " It is new."], version=2))
    (newer,) = store.pending("rules")
    store.put("rules", [(newer, [facet(newer, value="MRI")])])
    assert now() == [("PET", Origin.USER)]
    with library.writing(embedder.fingerprint) as writer:
        writer.remove("2401.00001")
    assert now() == []
    add(document("2401.00001", [TEXT], version=1))
    assert now() == [("PET", Origin.USER)]
    assert store.corrected("2401.00001") == [FacetName.MODALITY]

    assert store.restore("2401.00001", FacetName.MODALITY)
    assert not store.restore("2401.00001", FacetName.MODALITY)
    assert now() == []


def test_a_facet_may_be_corrected_to_nothing(store: FacetStore) -> None:
    (held,) = store.pending("rules")
    store.put("rules", [(held, [facet(held)])])
    store.correct("2401.00001", FacetName.MODALITY, [])
    assert store.of_paper("2401.00001") == []


def test_every_change_counts_and_a_version_that_went_is_passed_over(store: FacetStore) -> None:
    (held,) = store.pending("rules")
    before = store.revision
    gone = PendingVersion(held.id + 99, "gone", 1, Source.PDF)
    store.put("rules", [(gone, []), (held, [facet(held)])])
    assert store.revision == before + 1
    assert set(store.all()) == {"2401.00001"}
    store.correct("2401.00001", FacetName.KIND, [])
    assert store.revision == before + 2


def test_facets_are_found_by_paper_and_name(store: FacetStore) -> None:
    (held,) = store.pending("rules")
    store.put("rules", [(held, [facet(held), facet(held, FacetName.TASK, "segmentation")])])
    assert [one.value for one in store.all(names=[FacetName.TASK])["2401.00001"]] == [
        "segmentation"
    ]
    assert store.all(["another"]) == {}
    assert len(store.all(["2401.00001"])["2401.00001"]) == 2


def test_facets_are_read_after_the_record_is_opened_anew(
    store: FacetStore, library: Library, tmp_path: Path
) -> None:
    (held,) = store.pending("rules")
    store.put("rules", [(held, [facet(held)])])
    again = Library(tmp_path / "index", tmp_path / "index" / "record.sqlite3", library.url)
    assert again.facets.of_paper("2401.00001") == [facet(held)]
    again.close()
