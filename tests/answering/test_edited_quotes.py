"""Quotes edited by program, and second-hand statements."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import Add, document, quote
from fmqa.answering.attribution import attributed, in_own_words, reported_from
from fmqa.answering.editing import edited, introduced
from fmqa.answering.evidence import Evidence
from fmqa.answering.quotes import sentences_of
from fmqa.store.library import Library
from fmqa.types import Hit, Quote, Reference

IVYSEG = {"title": "Ivyseg: Improving on MedSAM", "name": "Ivyseg"}


def in_section(text: str, section: str = "1 Introduction") -> Quote:
    """A quote of Ivyseg."""
    made = quote(text, **IVYSEG)
    passage = replace(made.passage.passage, section=section)
    return replace(made, passage=replace(made.passage, passage=passage))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("We train on CT.", "[The authors of Ivyseg] train on CT."),
        ("However, we stop early.", "[The authors of Ivyseg] stop early."),
        ("Our method needs no prompt.", "[Ivyseg] needs no prompt."),
        ("This work studies masks, and we share them.",
         "[Ivyseg] studies masks, and [the authors] share them."),
        ("In US images, the mask of CT helps.", "In US images, the mask of CT helps."),
        ("Moreover, the loss falls.", "[T]he loss falls."),
        ("On the other hand, CT helps.", "CT helps."),
        ("However, on the one hand, CT helps.", "CT helps."),
        ("Therefore we stop early.", "[The authors of Ivyseg] stop early."),
        ("But the mask helps.", "[T]he mask helps."),
        ("Thus far no mask helps.", "Thus far no mask helps."),
        ("It was trained on CT [5].", "It was trained on CT."),
        ("Here, we stop.", "[The authors of Ivyseg] stop."),
        ("However,the loss falls.", "[T]he loss falls."),
        ("The loss falls.Our mask helps.", "The loss falls.[Ivyseg's] mask helps."),
        ("In [12], a mask helps.", "In [another work], a mask helps."),
        ("As shown in [12], it helps.", "As shown in [another work], it helps."),
        ("It is scaled to [0, 1] as in [3, 5].", "It is scaled to [0, 1] as in [other works]."),
    ],
)  # fmt: skip
def test_a_quote_names_what_it_speaks_of(text: str, said: str) -> None:
    assert edited(quote(text, **IVYSEG)) == said


_PART = st.builds(
    "{} {}".format,
    st.sampled_from(["Fig.", "Figure", "Figs.", "Table", "Tab.", "Sec.", "Eq.", "Appendix"]),
    st.sampled_from(["1", "2a", "4b, c", "S3", "2-4", "3.1", "B"]),
)


@given(
    parts=st.lists(_PART, min_size=1, max_size=3),
    word=st.sampled_from(["", "see ", "cf. ", "see also "]),
    joint=st.sampled_from([", ", " and ", ", and ", "; "]),
    end=st.sampled_from([") and falls.", ").", "."]),
)
def test_pointers_to_a_paper_s_parts_are_left_out(
    parts: list[str], word: str, joint: str, end: str
) -> None:
    said = edited(quote(f"The loss of CT holds ({word}{joint.join(parts)}{end}", **IVYSEG))
    assert said == f"The loss of CT holds{' and falls.' if 'falls' in end else '.'}"


@pytest.mark.parametrize(
    "text", ["It holds (12% of CT).", "It holds (Table tennis).", "f(a) holds."]
)
def test_what_says_something_in_brackets_stays(text: str) -> None:
    assert edited(quote(text, **IVYSEG)) == text


BEFORE = "The first data set holds cells that we recorded with care."


@given(
    opening=st.sampled_from(["It", "This set", "These", "They", "However, it", "Both"]),
    context=st.sampled_from(
        ["", BEFORE, "It was hard to record them all.", "Too short.", BEFORE.lower()]
    ),
    said=st.booleans(),
)
def test_what_points_back_has_the_sentence_before_it_in_brackets(
    opening: str, context: str, said: bool
) -> None:
    leaning = replace(quote(f"{opening} held 35 images.", **IVYSEG), context=context)
    made = edited(leaning, again=said, before=context if said else "")
    told = "[The first data set holds cells that the authors of Ivyseg recorded with care.] "
    assert made.startswith(told) == (context == BEFORE and not said)
    assert made.removeprefix(told).endswith("held 35 images.")
    assert made.count("[") == made.count("]")


def test_what_points_at_what_follows_needs_no_sentence_before() -> None:
    said = "It should be noted that masks help."
    assert edited(replace(quote(said, **IVYSEG), context=BEFORE)) == said


def test_authors_are_named_where_they_are_known() -> None:
    people = ("Ada Ma", "Boris Li", "Cy Wu")
    known = IVYSEG | {"arxiv_id": "2304.12306"}
    assert edited(quote("We stop.", authors=people, **known)) == "[Ma et al.] stop."
    assert edited(quote("We stop.", authors=people[:2], **known)) == "[Ma and Li] stop."
    parsed = edited(quote("We stop.", authors=people[:2], **IVYSEG))
    assert parsed == "[The authors of Ivyseg] stop."


def test_authors_are_named_once_in_a_row() -> None:
    said = edited(quote("We stop, and our loss falls.", **IVYSEG), again=True)
    assert said == "[The authors] stop, and [their] loss falls."


@pytest.mark.parametrize(
    ("text", "known", "said"),
    [
        ("It was trained on CT.", "", "[Ivyseg:] It was trained on CT."),
        ("It was trained on CT.", "How was Ivyseg trained?", "It was trained on CT."),
        ("Ivyseg was trained on CT.", "", "Ivyseg was trained on CT."),
        ("[The authors of Ivyseg] stop.", "", "[The authors of Ivyseg] stop."),
    ],
)
def test_a_quote_that_does_not_say_of_whom_it_is(text: str, known: str, said: str) -> None:
    assert introduced(text, quote(text, **IVYSEG), known) == said


def test_what_is_second_hand_gets_no_name_that_hides_it() -> None:
    text = "RETFound was pretrained on 2.5 million retinal images [5]."
    assert introduced(text, in_section(text), "") == text


@given(text=st.text(max_size=200))
def test_outside_of_brackets_nothing_is_put_in(text: str) -> None:
    left = re.sub(r"\[[^\]]*\]", "", edited(quote(text, **IVYSEG)))
    assert set(left.split()) <= set(re.sub(r"[\[\]]", " ", text).split()) | set(left.split())
    assert len(left) <= len(text)


@pytest.mark.parametrize(
    ("text", "section", "cited"),
    [
        ("RETFound was pretrained on 2.5 million retinal images [5].", "1 Introduction", "[5]"),
        ("Thornnet, a model by Green et al. [4], has 3 layers.", "3 Methods", "Green et al. [4]"),
        ("CoTr (Xie et al., 2021) divides images.", "2 Related Work", "Xie et al., 2021"),
        ("Rosenberg (2021) sees a danger.", "", "Rosenberg (2021)"),
        ("Green and colleagues (2021) saw a danger.", "", "Green and colleagues (2021)"),
        ("Green, Li and Ma (2021) saw a danger.", "", "Green, Li and Ma (2021)"),
        ("CoTr divides images [Xie21].", "2 Related Work", "[Xie21]"),
        ("CoTr divides images [XZS+21].", "2 Related Work", "[XZS+21]"),
        ("CoTr divides images [Xie et al., 2021].", "2 Related Work", "[Xie et al., 2021]"),
        ("CoTr divides images (5).", "2 Related Work", "(5)"),
        ("As in Ref. 5, CoTr divides images.", "2 Related Work", "Ref. 5"),
        ("CoTr divides images (5) and masks (6) well.", "2 Related Work", ""),
        ("CoTr reads [CLS] and T2 images of the brain.", "2 Related Work", ""),
        ("We follow Green et al. [4].", "1 Introduction", ""),
        ("Ivyseg beats MedSAM [5].", "1 Introduction", ""),
        ("Training uses Adam [12].", "3 Methods", ""),
        ("The loss falls.", "1 Introduction", ""),
    ],
)
def test_second_hand_statements(text: str, section: str, cited: str) -> None:
    assert reported_from(in_section(text, section)) == cited


def test_what_is_second_hand_is_said_to_be() -> None:
    found = in_section("RETFound was pretrained on 2.5 million retinal images [5].")
    own = in_section("Ivyseg is small.")
    said = "RETFound was pretrained on 2.5 million retinal images."
    assert attributed(said, [found]).startswith("According to Ivyseg, which cites [5]")
    assert attributed(said, [found, own]) == said
    assert attributed("Ivyseg is small.", [own]) == "Ivyseg is small."


REPORT = "RETFound was pretrained on 2.5 million retinal images {mark}."
OWN = "RETFound is pretrained on 1.6 million unlabelled retinal images."


@pytest.mark.parametrize(
    ("mark", "text", "said"),
    [
        ("[5]", OWN, OWN),
        ("[3–6]", OWN, OWN),
        ("(Zhou et al., 2023)", OWN, OWN),
        ("[Zhou23]", OWN, OWN),
        ("(5)", OWN, OWN),
        ("as in Ref. 5", OWN, OWN),
        ("[4]", OWN, ""),
        ("[Zhou21]", OWN, ""),
        ("(Zhou et al., 2021)", OWN, ""),
        ("[5]", "RETFound has an encoder and a decoder of many layers.", ""),
    ],
)
def test_a_paper_that_is_held_speaks_for_itself(
    library: Library, add: Add, mark: str, text: str, said: str
) -> None:
    report = REPORT.format(mark=mark)
    reference = Reference(5, "Zhou et al. 2023", authors=("Y. Zhou",), year=2023, arxiv_id="1")
    other = replace(reference, number=9, authors=("B. Li",), arxiv_id="3")
    citing = document("2", [report], section="1 Introduction")
    add(document("1", [text]), replace(citing, references=(reference, other)))
    quotes = [
        replace(unit, score=0.5)
        for paper in ("2", "1")
        for unit in sentences_of(Hit(library.record.passages_of(paper)[0], 0.0))
    ]
    evidence = Evidence(tuple(quotes[:1]), passages=((quotes[0],), (quotes[1],)))
    found = in_own_words(evidence, library.bibliography)
    assert [quote.text for quote in found.quotes] == [said or report]
    both = in_own_words(replace(evidence, quotes=tuple(quotes)), library.bibliography)
    assert [quote.text for quote in both.quotes] == ([said] if said else [report, text])
