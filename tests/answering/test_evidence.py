"""From passages to quotes, each of which stands verbatim on its page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import HashEmbedder, hit, stored
from fmqa.answering.evidence import EvidenceSelector, is_quotable, sentences_of, short_name
from fmqa.types import Hit, Page, Passage, PassageKind, Span

WORDS = st.lists(
    st.sampled_from(
        "MedSAM segments images of 10 modalities. We train it on CT, e.g. of lungs. Fig. 3 shows"
        " (0.94) Dice scores. Ma et al. agree! “Quoted.” Naïve 𝛼 values; and more".split()
    ),
    min_size=1,
    max_size=40,
)


def laid_out(parts: list[list[str]], lead: str = "Running head\n") -> tuple[list[Page], Hit]:
    """Pages that hold the parts after a running head, and the passage that goes over them."""
    texts = [" ".join(words) for words in parts]
    pages = [Page(number, f"{lead}{text}\n7") for number, text in enumerate(texts, start=1)]
    spans = tuple(
        Span(number, len(lead), len(lead) + len(text)) for number, text in enumerate(texts, start=1)
    )
    passage = Passage(0, "Methods", PassageKind.BODY, " ".join(texts), spans)
    return pages, Hit(replace(stored("x"), passage=passage), 1.0)


@given(parts=st.lists(WORDS, min_size=1, max_size=4))
def test_quotes_stand_verbatim_on_their_page(parts: list[list[str]]) -> None:
    pages, found = laid_out(parts)
    for quote in sentences_of(found):
        page = pages[quote.span.page - 1]
        assert page.text[quote.span.start : quote.span.end] == quote.text
        assert quote.text


def test_a_sentence_that_a_page_cuts_is_not_quoted() -> None:
    _, found = laid_out(
        [["It begins well. The data hold", "over one"], ["million images. It ends."]]
    )
    assert [quote.text for quote in sentences_of(found)] == ["It begins well.", "It ends."]


def test_nor_is_its_rest_when_it_begins_with_a_name() -> None:
    _, found = laid_out([["It begins well. The data were made by"], ["Stanford in 2023. It ends."]])
    assert [quote.text for quote in sentences_of(found)] == ["It begins well.", "It ends."]


def test_a_page_that_ends_with_a_sentence_cuts_nothing() -> None:
    _, found = laid_out([["It begins well."], ["It (nearly) ends.”"], ["It ends."]])
    assert len(sentences_of(found)) == 3


@pytest.mark.parametrize(
    ("text", "quotable"),
    [
        ("MedSAM was trained on image-mask pairs of ten modalities.", True),
        ("Too short.", False),
        ("0.94 0.88 0.77 0.91 12.3 45.6 0.94 0.88 1.2 table row", False),
        ("Is a question something that can be shown as an answer?", False),
        ("word " * 200, False),
    ],
)
def test_what_can_be_shown_alone(text: str, quotable: bool) -> None:
    assert is_quotable(text) is quotable


def paper(number: int, text: str, name: str = "") -> Hit:
    return hit(text, passage_id=number, paper_id=f"p{number}", name=name, title=f"Title {number}")


def selector(limit: int = 5) -> EvidenceSelector:
    return EvidenceSelector(HashEmbedder(dimension=256).embed_array, limit)


MEDSAM = "MedSAM was obtained by fine-tuning SAM on 1,570,263 image-mask pairs."
OTHER = "Federated learning keeps the images of each hospital where they are."


def test_the_sentence_that_answers_comes_first() -> None:
    evidence = selector().select(
        "How was MedSAM obtained from SAM?",
        [paper(1, OTHER), paper(2, f"An introduction to the whole field. {MEDSAM}", "MedSAM")],
    )
    assert evidence.quotes[0].text == MEDSAM
    assert evidence.closeness > 0.3
    assert evidence.unknown == ()


def test_no_hits_no_evidence() -> None:
    evidence = selector().select("How was MedSAM obtained?", [])
    assert evidence.quotes == ()
    assert evidence.unknown == ("MedSAM",)


def test_the_same_sentence_is_quoted_once() -> None:
    evidence = selector().select("MedSAM pairs", [paper(n, MEDSAM) for n in range(1, 6)])
    assert [quote.text for quote in evidence.quotes] == [MEDSAM]


def test_tables_are_not_quoted() -> None:
    found = paper(1, MEDSAM)
    table = replace(found.passage.passage, kind=PassageKind.TABLE)
    in_table = replace(found, passage=replace(found.passage, passage=table))
    assert selector().select("MedSAM", [in_table]).quotes == ()


def test_no_more_quotes_than_asked_for() -> None:
    names = "one two three four five six seven eight nine".split()
    hits = [paper(n, f"The {name} method was made for images by people of {name} town.")
            for n, name in enumerate(names, start=1)]  # fmt: skip
    question = "What is one" + "".join(f" and how is {name}" for name in names[1:]) + "?"
    assert len(selector(limit=3).select(question, hits).quotes) <= 3


def test_each_part_of_a_question_gets_its_quote() -> None:
    size = "The training data of MedSAM hold many more than a million pairs of images."
    hits = [paper(1, f"{MEDSAM} {size}", "MedSAM"), paper(2, OTHER)]
    evidence = selector().select("How was MedSAM obtained, and what data hold images?", hits)
    assert {MEDSAM, size} <= {quote.text for quote in evidence.quotes}


def test_short_names() -> None:
    assert short_name(selector().select("SAM", [paper(1, MEDSAM, "MedSAM")]).quotes[0]) == "MedSAM"
    assert short_name(selector().select("SAM", [paper(1, MEDSAM)]).quotes[0]) == "Title 1"


def test_both_sides_of_a_comparison_are_quoted_by_turns() -> None:
    uni = [f"UNI was trained on {n} slides of the hospital." for n in (100, 200, 300)]
    conch = ["CONCH was trained on pairs of images and captions.", "CONCH is made for tissue."]
    hits = [
        hit(" ".join(uni), passage_id=1, paper_id="u", name="UNI"),
        hit(" ".join(conch), passage_id=2, paper_id="c", name="CONCH"),
    ]
    evidence = selector().select("Compare UNI and CONCH by what they were trained on.", hits)
    papers = [quote.passage.paper.paper_id for quote in evidence.quotes]
    assert papers[:2] == ["u", "c"]
    assert conch[0] in {quote.text for quote in evidence.quotes}
    assert papers.count("u") <= papers.count("c") + 2


def test_a_comparison_says_nothing_of_others() -> None:
    hits = [
        paper(1, "UNI was trained on slides of tissue.", "UNI"),
        paper(2, "CONCH was trained on pairs of tissue.", "CONCH"),
        paper(3, "Others were trained on slides of tissue and compared.", "Other"),
    ]
    evidence = selector().select("Compare UNI and CONCH by training on tissue.", hits)
    assert {quote.passage.paper.paper_id for quote in evidence.quotes} == {"p1", "p2"}


def test_a_question_for_several_hears_of_four() -> None:
    made = "{} is a model that was made for ultrasound images of the {}."
    hits = [
        paper(1, " ".join(made.format(f"Alpha{n}", organ)
                          for n, organ in enumerate("heart liver lung brain".split())), "Alpha"),
        paper(2, made.format("BetaNet", "neck"), "BetaNet"),
        paper(3, made.format("GammaNet", "back"), "GammaNet"),
        paper(4, made.format("DeltaNet", "hand"), "DeltaNet"),
    ]  # fmt: skip
    evidence = selector().select("Which models were made for ultrasound images?", hits)
    assert len({quote.passage.paper.paper_id for quote in evidence.quotes}) == 4


def test_what_shares_only_the_name_is_left_out_of_a_list() -> None:
    hits = [
        paper(1, "FedFMS trains SAM across hospitals without pooling their images.", "FedFMS"),
        paper(2, "SAM gives a mask for any point, box or coarse mask.", "SAM"),
    ]
    evidence = selector().select("Which works train SAM across hospitals without pooling?", hits)
    assert [quote.passage.paper.paper_id for quote in evidence.quotes] == ["p1"]


def test_a_third_paper_is_heard_in_a_comparison_where_it_names_both() -> None:
    both = "In training on tissue CONCH and UNI differ: UNI needs slides."
    one = "Plain UNI was trained worse on slides of tissue than we."
    hits = [
        paper(1, "UNI was trained on slides of tissue.", "UNI"),
        paper(2, "CONCH was trained on pairs of tissue.", "CONCH"),
        paper(3, both, "A survey"),
        paper(4, one, "Ours"),
    ]
    evidence = selector().select("Compare UNI and CONCH by training on tissue.", hits)
    texts = {quote.text for quote in evidence.quotes}
    assert both in texts
    assert one not in texts


def test_quotes_about_a_data_set_name_it() -> None:
    hits = [
        paper(1, "The SA-1B data hold 11 million images and 1.1 billion masks.", "SAM"),
        paper(2, "The OtherData dataset holds 4.6 million images and 19.7 million masks.", "Other"),
    ]
    evidence = selector().select("How many images and masks are in SA-1B?", hits)
    assert [quote.passage.paper.paper_id for quote in evidence.quotes] == ["p1"]


def test_what_one_paper_does_is_asked_of_that_paper() -> None:
    hits = [
        paper(1, "With BioViL the authors release MS-CXR, a benchmark of phrases.", "BioViL"),
        paper(2, "BiomedCLIP exceeds BioViL on a benchmark of its authors.", "BiomedCLIP"),
        paper(3, "The benchmark of BrainNet was released by others.", "BrainNet"),
    ]
    evidence = selector().select("Which benchmarks did the BioViL authors release?", hits)
    assert evidence.quotes[0].passage.paper.paper_id == "p1"
    assert "p3" not in {quote.passage.paper.paper_id for quote in evidence.quotes}


def test_vectors_are_made_once() -> None:
    embedder = HashEmbedder(dimension=256)
    asked = EvidenceSelector(embedder.embed_array)
    first = asked.select("How was MedSAM obtained?", [paper(1, MEDSAM)])
    count = len(embedder.embedded)
    assert asked.select("How was MedSAM obtained?", [paper(1, MEDSAM)]) == first
    assert len(embedder.embedded) == count


def test_a_term_of_rare_words_outweighs_a_name() -> None:
    hits = [
        paper(1, "RoentGen loses earlier knowledge by catastrophic forgetting when it is tuned."),
        *(paper(n, f"SAM is tuned to medical images in study number {n}.") for n in range(2, 9)),
    ]
    found = selector().select("What do papers say of catastrophic forgetting of SAM?", hits)
    assert "catastrophic forgetting" in found.quotes[0].text


@pytest.mark.parametrize("one", ["SAM", "SAM 2", "SAM 5", "CONCH", "Gemini"])
@pytest.mark.parametrize("other", ["SAM", "SAM 2", "SAM 7", "UNI 2", "UNI"])
@pytest.mark.parametrize(
    "asked",
    ["What is the difference between {} and {}?", "Compare {} with {}.", "Is {} better than {}?"],
)
def test_any_two_can_be_compared(asked: str, one: str, other: str) -> None:
    hits = [
        paper(1, "SAM is a promptable model that segments natural images.", "SAM"),
        paper(2, "CONCH is a vision-language model that was made for pathology.", "CONCH"),
        paper(3, "UNI is an encoder of pathology images with many parameters.", "UNI"),
    ]
    found = selector().select(asked.format(one, other), hits)
    held = {"SAM", "CONCH", "UNI"}
    # What no paper goes by is known to be unknown, whatever it is compared with.
    assert {one, other} - held <= set(found.unknown)


def test_what_a_model_is_leads_where_models_are_asked_for() -> None:
    hits = [
        paper(1, "EchoNet meets the low quality of ultrasound images in hospitals.", "EchoNet"),
        paper(2, "SonoNet is a universal model for ultrasound images of many organs.", "SonoNet"),
    ]
    found = selector().select("Which models work with ultrasound images?", hits)
    assert found.quotes[0].text.startswith("SonoNet is a")


def test_a_sentence_on_another_kind_of_images_counts_less() -> None:
    retina = "Self-supervised learning of masked images was used for fundus photographs there."
    other = "Self-supervised learning of masked images was used for many tasks in there."
    asked = "How is self-supervised learning of masked images used in retinal imaging?"
    found = selector().select(asked, [paper(1, other), paper(2, retina)])
    assert found.quotes[0].text == retina


DAYS = "MedNet has seen 256 processors for 12 days of training, as its authors say."
PAIRS = "MedNet learns by a contrastive objective from 400 million pairs."


@pytest.mark.parametrize(
    ("asked", "other", "told"),
    [
        (
            "What are the limitations of MedNet?",
            "MedNet was indeed trained with points and does well on thin vessels.",
            "MedNet was not trained with points and fails on thin vessels.",
        ),
        ("How many pairs was MedNet trained on?", DAYS, PAIRS),
    ],
)
def test_what_is_asked_of_a_model_leads(asked: str, other: str, told: str) -> None:
    found = selector().select(asked, [paper(1, f"{other} {told}", "MedNet")])
    assert found.quotes[0].text == told
    assert found.missing == ()


def test_another_number_is_no_answer() -> None:
    hits = [paper(1, f"{DAYS} {PAIRS}", "MedNet")]
    found = selector().select("How many parameters does MedNet have?", hits)
    assert found.missing == ("how many parameters",)


def test_a_number_of_what_no_sentence_speaks_of_is_no_answer() -> None:
    hits = [paper(1, "MedNet has 632 million parameters and saw many tissues.", "MedNet")]
    asked = "How many {} did the training of MedNet take?"
    assert selector().select(asked.format("watt-hours"), hits).missing == ("how many watt-hours",)
    assert selector().select(asked.format("tissues"), hits).missing == ()


def test_examples_go_by_many_names() -> None:
    hits = [paper(1, "MedNet was trained on 1.6 million retinal photographs.", "MedNet")]
    assert selector().select("How many images was MedNet trained on?", hits).missing == ()


def test_the_largest_is_what_a_sentence_calls_so() -> None:
    told = "OpenSet was the largest open dataset of volumes when it appeared."
    hits = [paper(1, "VoxSet is an open dataset of many volumes.", "VoxSet")]
    asked = "What is the largest open dataset of volumes?"
    assert selector().select(asked, hits).missing == ("the largest",)
    found = selector().select(asked, [*hits, paper(2, told, "OpenSet")])
    assert (found.quotes[0].text, found.missing) == (told, ())
    # Of one paper's models, its figures tell.
    hits = [paper(1, "MedNet comes with 14 to 1,457 million parameters.", "MedNet")]
    asked = "How many parameters does the largest MedNet have?"
    assert selector().select(asked, hits).missing == ()
