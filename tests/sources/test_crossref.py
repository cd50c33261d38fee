"""Crossref's notices, from recorded answers and from a server of the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scripted import Handler, Scripted

from fmqa.errors import SourceUnreachable
from fmqa.settings import Settings
from fmqa.sources.crossref import CrossrefClient, read_notices

# As Crossref answers on 10.1016/S0140-6736(97)11096-0, shortened.
RETRACTED = {
    "DOI": "10.1016/s0140-6736(97)11096-0",
    "title": ["RETRACTED: Ileal-lymphoid-nodular hyperplasia"],
    "updated-by": [
        {
            "DOI": "10.1016/s0140-6736(04)15715-2", "type": "correction", "label": "Correction",
            "source": "retraction-watch", "record-id": "17269",
            "updated": {"date-parts": [[2004, 3, 6]], "timestamp": 1078531200000},
        },
        {
            "DOI": "10.1016/s0140-6736(10)60175-4", "type": "retraction", "label": "Retraction",
            "source": "retraction-watch", "record-id": "4387",
            "updated": {"date-parts": [[2010, 2, 6]], "timestamp": 1265414400000},
        },
    ],
}  # fmt: skip


def client(url: str, folder: Path, **settings: Any) -> CrossrefClient:
    made = {"pace_dir": folder, "arxiv_pace": 0.01, "fetch_timeout": 2, "crossref_url": url}
    return CrossrefClient(Settings(**made | settings))


def test_a_retraction_outweighs_a_correction() -> None:
    found = read_notices(RETRACTED)
    assert found.retracted
    assert "Retracted on 2010-02-06" in found.words
    assert "Retraction Watch" in found.words
    assert "10.1016/s0140-6736(10)60175-4" in found.words
    assert "2004" not in found.words


@pytest.mark.parametrize(
    ("work", "retracted", "said"),
    [
        ({"updated-by": RETRACTED["updated-by"][:1]}, False, "Corrected on 2004-03-06"),
        ({"updated-by": [{"type": "expression_of_concern"}]}, False, "Expression of concern"),
        ({"updated-by": [{"type": "withdrawal", "source": "publisher"}]}, True, "Withdrawn"),
        ({"title": ["RETRACTED: A paper"]}, True, "title"),
        ({"updated-by": [{"type": "new_version"}]}, False, ""),
        ({"update-to": [{"type": "retraction", "DOI": "10.1/x"}]}, False, ""),  # the notice itself
        ({"updated-by": ["odd", {"type": None}], "title": "odd"}, False, ""),
        ({}, False, ""),
    ],
)
def test_kinds_of_notices(work: dict[str, Any], retracted: bool, said: str) -> None:
    found = read_notices(work)
    assert found.retracted is retracted
    assert said in found.words
    assert bool(found.words) is bool(said)


def test_a_doi_is_asked_for_as_one_part_of_the_address_and_says_who_asks(tmp_path: Path) -> None:
    def script(handler: Handler, number: int) -> None:
        if number == 0:
            handler.say(200, json.dumps({"message": RETRACTED}).encode())
        else:
            handler.say(404, b"Resource not found.")

    with Scripted(script) as server, client(server.url, tmp_path, contact="a@b.org") as crossref:
        found = crossref.notices("10.1016/s0140-6736(97)11096-0")
        assert found is not None
        assert found.retracted
        assert crossref.notices("10.1/unknown") is None
        assert "works/10.1016%2Fs0140" in server.asked[0].path
        assert "mailto=a%40b.org" in server.asked[0].path
        assert "mailto:a@b.org" in server.asked[0].headers["user-agent"]


def test_a_service_that_is_down_is_given_up_soon(tmp_path: Path) -> None:
    with (
        Scripted(lambda handler, number: handler.say(503)) as server,
        client(server.url, tmp_path) as crossref,
    ):
        with pytest.raises(SourceUnreachable):
            crossref.notices("10.1/x")
        assert len(server.asked) == 2
