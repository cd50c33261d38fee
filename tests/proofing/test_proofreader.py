"""The check of a draft against a library, and the forms of its report."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from fakes import Add, HashEmbedder, WordChecker, document
from fmqa.answering.entailment import Claim, EntailmentChecker
from fmqa.proofing.markdown import read_markdown
from fmqa.proofing.page import page
from fmqa.proofing.proofreader import Proofreader
from fmqa.proofing.report import Kind, Report, as_json, as_lines
from fmqa.proofing.weighing import Weigher
from fmqa.retrieval.search import Searcher
from fmqa.store.library import Library
from fmqa.sync.matching import WorkFinder
from fmqa.types import ArxivRecord, PaperMeta, Reference

Check = Callable[[str], Report]
LIST = """

## References

[1] J. Ma. Segment Anything in Medical Images. arXiv:2304.12306, 2023.
[2] R. Chen. Towards a General-Purpose Foundation Model for Pathology. Nature Medicine, 2024.
[3] N. Body. A Paper That Nobody Has. arXiv:2901.00001, 2029.
"""


class Judge(EntailmentChecker):
    """A model that lets one sentence pass, and remembers what it was asked at once."""

    def __init__(self, passing: str) -> None:
        self.passing = passing
        self.asked: list[list[str]] = []

    def log_odds(self, claims: Sequence[Claim]) -> list[float]:
        self.asked.append([one.sentence for one in claims])
        return [20.0 if one.sentence.startswith(self.passing) else -20.0 for one in claims]


@pytest.fixture
def proofreader(library: Library, add: Add, tmp_path: Path) -> Proofreader:
    """A check whose regression goes by words, figures and denials."""
    add(
        document(
            "2304.12306",
            ["MedSAM segments medical images of many modalities."],
            ["MedSAM was trained on 1,570,263 pairs of images and masks.",
             "MedSAM does not need any text as a prompt for medical images."],
            title="Segment Anything in Medical Images", name="MedSAM", authors=("Jun Ma",),
        ),
        document(
            "local:0123456789abcdef",
            ["UNI was trained on 100,426 slides of pathology."],
            title="Towards a General-Purpose Foundation Model for Pathology", arxiv_id=None,
        ),
    )  # fmt: skip
    weights = {"": {"bias": 0.0, "words_together": 30.0, "figures_together": -30.0,
                    "denied_first": -30.0, "names_together": -30.0},
               "fault": {"bias": 15.0}}  # fmt: skip
    path = tmp_path / "proofing.json"
    path.write_text(json.dumps({"weights": weights, "least": 0.5}), encoding="utf-8")
    papers = [row.meta for row in library.record.papers()]
    weigher = Weigher(Searcher(library, HashEmbedder()), WordChecker(), path)
    return Proofreader(weigher, WorkFinder(papers, {}))


@pytest.fixture
def check(proofreader: Proofreader) -> Check:
    return lambda text: proofreader.check(read_markdown(text + LIST), "draft.md")


@pytest.mark.parametrize(
    ("text", "kind", "quoted"),
    [
        ("MedSAM was trained on 1,570,263 pairs of images and masks [1].", Kind.CARRIED, "1,570"),
        ("MedSAM was trained on over 1.5 million pairs of images and masks [1].", Kind.CARRIED, ""),
        (
            "MedSAM was trained on 900,000 pairs of images and masks [1].",
            Kind.OTHER_FIGURE,
            "1,570",
        ),
        ("MedSAM does need text as a prompt for medical images [1].", Kind.CONTRADICTED, "not"),
        ("Ma et al. trained MedSAM on 1,570,263 pairs of images and masks [1].", Kind.CARRIED, ""),
        ("UNIs were trained on 100,426 slides of pathology [2].", Kind.CARRIED, "UNI"),
        ("MedSAM segments medical images of many modalities (arXiv:2304.12306).", Kind.CARRIED, ""),
        ("MedSAM fails on medical images of many modalities [1].", Kind.CONTRADICTED, "segments"),
        ("The weather of the coast was mild all winter [1].", Kind.NOT_FOUND, ""),
        ("UNI was trained on 100,426 slides of pathology [1].", Kind.NOT_FOUND, ""),
        ("UNI was trained on 100,426 slides of pathology [2].", Kind.CARRIED, "UNI"),
        ("UNI was trained on 100,426 slides of pathology [1, 2].", Kind.CARRIED, "UNI"),
        ("Nobody has it [3].", Kind.NO_PAPER, None),
        ("It is said by somebody else [@nobody].", Kind.UNKNOWN_KEY, None),
        ("UNI was trained on 100,426 slides of pathology.", Kind.CARRIED, "UNI"),
        ("UNI was trained on 9,000 slides of pathology.", Kind.OTHER_FIGURE, "100,426"),
        ("The weather of the coast was mild all winter.", Kind.UNCITED, ""),
        ("In this paper we look at pathology and its slides.", Kind.NO_CLAIM, None),
    ],
)
def test_a_sentence(check: Check, text: str, kind: Kind, quoted: str | None) -> None:
    (found,) = check(text).findings
    assert found.kind is kind
    if quoted is None:
        assert found.shown is None
    else:
        assert found.shown is not None
        assert quoted in found.shown.quote


def test_a_judge_decides_all_in_one_call(proofreader: Proofreader) -> None:
    judge = proofreader.judge = Judge("The weather")
    draft = """The weather of the coast was mild all winter [1].

    MedSAM segments medical images of many modalities [1].

    MedSAM was trained on 900,000 pairs of images and masks [1].
    """
    found = proofreader.check(read_markdown(draft + LIST), "draft.md").findings
    assert [one.is_fault for one in found] == [False, True, True]
    assert [len(one) for one in judge.asked] == [3]


def test_how_to_fetch_is_said(check: Check) -> None:
    (found,) = check("Nobody has it [3].").findings
    assert "fmqa ingest 2901.00001" in found.message
    assert not found.is_fault


def test_each_form_has_each_fault(check: Check) -> None:
    text = (
        "MedSAM was trained on 900,000 pairs of images and masks [1].\n\n"
        "UNI was trained on 100,426 slides of pathology [2].\n\n"
        "Nobody has it [3]."
    )
    report = check(text)
    assert [one.kind for one in report.faults] == [Kind.OTHER_FIGURE]
    lines = as_lines(report).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["draft.md:1:1", "draft.md:5:1"]
    assert [line.split()[1] for line in lines] == ["other-figure", "no-paper"]
    told = json.loads(as_json(report))
    assert told["faults"] == 1
    assert [one["kind"] for one in told["findings"]] == ["other-figure", "carried", "no-paper"]
    html = page(report)
    assert all(one.shown.quote in html for one in report.findings if one.shown)


def test_what_the_draft_says_is_escaped(check: Check) -> None:
    html = page(check("MedSAM was trained on 3 `<script>alert(1)</script>` pairs [1]."))
    assert "<script" not in html


@pytest.mark.parametrize(
    ("work", "found"),
    [
        (Reference(0, "", arxiv_id="2304.12306"), "2304.12306"),
        (Reference(0, "", doi="10.48550/arXiv.2304.12306"), "2304.12306"),
        (Reference(0, "", doi="10.1038/S41467"), "2304.12306"),
        (Reference(0, "", title="Segment anything in medical images"), "2304.12306"),
        (Reference(0, "", title="Segment anything", authors=("Kirillov, A.",)), None),
        (
            Reference(0, "", title="Segment anything in medical images", authors=("Roe, J.",)),
            None,
        ),
        (Reference(0, ""), None),
    ],
)
def test_a_work_is_one_paper_or_none(work: Reference, found: str | None) -> None:
    meta = PaperMeta(
        "2304.12306", 1, "Segment Anything in Medical Images", ("Jun Ma",), 2023, "2304.12306"
    )
    facts = {"2304.12306": ArxivRecord("2304.12306", 1, meta.title, doi="10.1038/s41467")}
    paper = WorkFinder([meta], facts).find(work)
    assert (paper.paper_id if paper else None) == found
