"""Whether a paper that was found is the one a reference means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.sources.arxiv_ids import ArxivId
from fmqa.sync.matching import (
    Found,
    authors_agree,
    best_match,
    match_score,
    surname_first,
    title_score,
    title_words,
    years_agree,
)
from fmqa.sync.resolution import Resolver
from fmqa.types import Reference

SAME = [
    ("Segment anything in medical images", "Segment Anything in Medical Images"),
    ("Pretraining of Vision Transformers", "Pre-training of Vision Transformers"),
    ("Pre training of Vision Transformers", "Pretraining of Vision Transformers"),
    ("Self supervised learning of chest films", "Self-Supervised Learning of Chest Films"),
    ("A study of Schrödinger bridges", "A Study of Schrodinger Bridges"),
    ("An $L_1$ loss for {CT} denoising", "An L1 loss for CT Denoising"),
    ("Learning \\emph{dense} features of scans", "Learning dense features of scans"),
    (
        "A visual-language foundation model for computational pathology",
        "Towards a Visual-Language Foundation Model for Computational Pathology",
    ),
    ("Segmentaton of the abdominal organs", "Segmentation of the abdominal organs"),
    ("SAM-Med2D", "SAM-Med2D"),
    ("The ﬁnal word on ﬂow models", "The final word on flow models"),
    ("U‐Net with “quotes”: a test", 'U-Net with "quotes": A Test'),
]
OTHER = [
    ("MedSAM: segment anything in images", "MedSAM2: Segment Anything in Images"),
    ("MedSAM segments anything", "MedSAM-2 segments anything"),
    ("SAM-Med2D: a benchmark", "SAM-Med3D: A Benchmark"),
    ("Segmentation in 2D images of organs", "Segmentation in 3D Images of Organs"),
    ("A foundation model for CT of the liver", "A Foundation Model for MRI of the Liver"),
    ("A foundation model for CT of the liver", "A foundation model for MR of the liver"),
    ("Learning from micro scans of tissue", "Learning from macro scans of tissue"),
    ("Supervised learning of chest films", "Unsupervised Learning of Chest Films"),
    ("Supervised learning of chest films", "Semi-Supervised Learning of Chest Films"),
    ("A survey of models, Part I", "A Survey of Models, Part II"),
    ("A survey of models", "A Survey of Models, Part II"),
    ("Challenge results of 2019", "Challenge Results of 2020"),
    ("Detection of polyps", "Detection of polyps and of cancer"),
    ("Swin", "Swin-Unet: Unet-like Pure Transformer"),
    ("", "Anything"),
    ("...", "---"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_title(one: str, other: str) -> None:
    score, whole = title_score(one, other)
    assert score >= 0.93
    assert whole


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_titles(one: str, other: str) -> None:
    assert title_score(one, other)[0] == 0
    assert title_score(other, one)[0] == 0


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("The Swin Unet network", "The Swin-Unet Network: Unet-like Pure Transformer"),
        ("One model for all organs", "One Model for All Organs - A Large Study"),
        ("Do large models help doctors", "Do Large Models Help Doctors? A Trial"),
    ],
)
def test_a_subtitle_that_is_left_out(short: str, long: str) -> None:
    assert title_score(short, long) == title_score(long, short) == (0.95, False)


words = st.text("abcdefgh0123 -:", max_size=40)


@given(words, words)
def test_it_does_not_matter_which_is_which(one: str, other: str) -> None:
    assert title_score(one, other) == title_score(other, one)


@given(st.lists(st.sampled_from("model of deep organs with images".split()), min_size=4), st.data())
def test_another_number_is_another_paper(parts: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(parts)))
    first, second = data.draw(st.lists(st.integers(0, 9999), min_size=2, max_size=2, unique=True))
    one, other = ([*parts[:place], str(number), *parts[place:]] for number in (first, second))
    assert title_score(" ".join(one), " ".join(other))[0] == 0
    assert title_score(" ".join(one), " ".join(parts))[0] == 0


@given(st.lists(st.sampled_from("segmentation of organs in CT".split()), min_size=4))
def test_a_title_is_itself(parts: list[str]) -> None:
    title = " ".join(parts)
    assert title_score(title, title.upper()) == (1.0, True)


TITLE = "Segment anything in medical images"
AUTHORS = ("Jun Ma", "Yuting He", "Feifei Li", "Bo Wang")


@pytest.mark.parametrize(
    ("printed", "year", "first_out", "fits"),
    [
        (("J. Ma", "Y. He", "F. Li"), 2024, 2023, True),
        (("Ma, J.", "et al."), 2024, 2023, True),
        (("Ma, J.", "et al."), None, 2023, True),
        (("He, Y.", "Ma, J.", "Li, F."), 2024, 2023, True),  # in another order
        (("J. Ma", "Y. He", "F. Li", "B. Wang"), 2012, 2023, True),  # a year misread
        (("J. Ma", "et al."), 2012, 2023, False),
        (("B. Wang", "C. Wu", "D. Xu"), 2023, 2023, False),  # one common surname
        (("K. Gu",), 2023, 2023, False),
        ((), 2023, 2023, True),
        ((), 2024, 2021, True),
        ((), 2025, 2021, False),
        ((), 2021, 2023, False),
        ((), None, 2023, False),  # a title alone is not enough
    ],
)
def test_authors_and_years(
    printed: tuple[str, ...], year: int | None, first_out: int, fits: bool
) -> None:
    reference = Reference(1, "", TITLE, printed, year)
    assert (match_score(reference, Found("1", TITLE, AUTHORS, first_out)) > 0) == fits


def test_without_the_subtitle_the_year_alone_is_not_enough() -> None:
    found = Found("1", f"{TITLE}: a large study", AUTHORS, 2023)
    assert match_score(Reference(1, "", TITLE, ("J. Ma",), 2023), found) == 0.95
    assert match_score(Reference(1, "", TITLE, (), 2023), found) == 0
    assert match_score(Reference(1, "", TITLE, AUTHORS, 2015), found) == 0


def test_authors_are_read_from_the_entry_before_its_title() -> None:
    text = f"J. Ma and Y. He. {TITLE} by Wang, 2023."
    assert authors_agree(Reference(1, text, TITLE), ("Jun Ma", "Yuting He")) is True
    assert authors_agree(Reference(1, text, TITLE), ("Bo Wang",)) is False
    assert authors_agree(Reference(1, text), AUTHORS) is None
    assert authors_agree(Reference(1, text, TITLE), ()) is None


def test_the_best_of_several() -> None:
    reference = Reference(1, "", TITLE, ("J. Ma", "Y. He"), 2023)
    right = Found("2304.12306", TITLE, AUTHORS, 2023)
    typo = Found("2304.00002", TITLE.replace("images", "imagess"), AUTHORS, 2023)
    other = Found("2304.00003", TITLE, ("Kai Gu",), 2023)
    assert best_match(reference, [other, typo, right]) == (right, 1.0)
    assert best_match(reference, [right, right]) == (right, 1.0)
    twin = Found("2304.00004", TITLE, AUTHORS, 2023)
    assert best_match(reference, [right, twin]) is None
    assert best_match(reference, [other]) is None
    assert best_match(reference, []) is None


def test_parts() -> None:
    assert title_words("Über $\\alpha$-Models: an {E}xample") == ["uber", "models", "an", "example"]
    assert surname_first("Ma, Jun") == " Jun Ma"
    assert surname_first("Jun Ma") == "Jun Ma"
    assert years_agree(None, 2020) is None
    assert [years_agree(year, 2020) for year in (2018, 2019, 2023, 2024)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_near_misses_are_told_apart(tmp_path) -> None:
    """60 cited papers and 20 of nearly their titles: none is taken for another, most are found."""
    from arxiv_home import ArxivHome, small_world
    from fmqa.settings import load_settings
    from fmqa.sources.arxiv import ArxivClient
    from small_arxiv import SmallArxiv

    world = small_world(60, 1)
    assert len(world.near_misses) == 20
    entries = [entry for entry in world[world.review].entries if entry.how in ("title", "")]
    asked = [Reference(e.number, e.text, e.printed_title, e.authors, e.year) for e in entries]
    with SmallArxiv(world) as server:
        home = ArxivHome(tmp_path / "home", server)
        names = {name[5:].lower(): value for name, value in home.environment.items()}
        with home.library() as library, ArxivClient(load_settings(**names)) as arxiv:
            resolved = Resolver(library.catalog, arxiv).resolve(ArxivId(world.review, 1), asked)
    truth = world.truth()
    found = [one for one in resolved if one.arxiv_id]
    assert all(one.arxiv_id == truth[one.number] for one in found)  # precision 1.0
    assert len(found) >= 0.9 * sum(entry.how == "title" for entry in entries)
