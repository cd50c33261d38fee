"""Which papers use which data set."""

from __future__ import annotations

import pytest

from fakes import Add, document
from fmqa.store.library import Library
from fmqa.survey.facet_maker import FacetMaker
from fmqa.survey.trend_maker import trend, used_datasets


def used(library: Library) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    metas = [row.meta for row in library.record.papers()]
    for name, quote in used_datasets(library.record, metas):
        assert name in quote.text
        found.setdefault(name, set()).add(quote.passage.paper.paper_id)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "The encoder was pre-trained on MIMIC-CXR with 377,110 images of the chest.",
        "We evaluate the model on CheXpert, MIMIC-CXR and two other collections.",
        "Fine-tuning used the reports of MIMIC-CXR as they were written by radiologists.",
    ],
)
def test_uses_are_seen(library: Library, add: Add, text: str) -> None:
    add(document("2301.00001", [text]))
    assert used(library)["MIMIC-CXR"] == {"2301.00001"}


@pytest.mark.parametrize(
    "text",
    [
        "MIMIC-CXR is the largest collection of chest radiographs that is open to all.",
        "The set that we train on is larger than MIMIC-CXR by an order of magnitude.",
        "The model was trained on MIMIC-CXR-JPG, which is another release of it.",
        "Previous work was trained on data such as MIMIC-CXR or private archives.",
        "The mimic-cxr files were trained on by nobody in this sentence of ours.",
    ],
)
def test_what_is_only_named_is_not_used(library: Library, add: Add, text: str) -> None:
    add(document("2301.00001", [text]))
    assert "MIMIC-CXR" not in used(library)


def test_a_set_of_the_library_is_known_and_its_own_paper_does_not_use_it(
    library: Library, add: Add
) -> None:
    own = "We test the annotations of LungSet-9 twice, by two readers each."
    other = "The network was trained on LungSet-9 for thirty epochs in all."
    add(
        document("2301.00001", [own], name="LungSet-9", kind="dataset", year=2023),
        document("2301.00002", [other, other.replace("thirty", "forty")], year=2024),
    )
    assert used(library)["LungSet-9"] == {"2301.00002"}
    found = trend(FacetMaker(library, review="2510.16973"), "datasets")
    assert found.counts() == {("LungSet-9", 2024): 1}
    (point,) = found.points
    assert point.citation is not None
    assert point.citation.quote == other
