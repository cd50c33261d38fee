"""Whether a quote carries a claim: properties, and a table of pairs written for this."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fakes import HashEmbedder, quote
from fmqa.answering.verification import PARTS, RuleVerifier, paper_words
from fmqa.types import PaperMeta

# A closeness that never helps a corrupted claim to be refused: the rules alone must do it.
generous = RuleVerifier(lambda one, other: 1.0)
strict = RuleVerifier(lambda one, other: 0.0)


@given(text=st.text(max_size=300))
def test_a_quote_carries_itself(text: str) -> None:
    assert strict.objection(text, quote(text)) is None


@given(
    words=st.lists(
        st.sampled_from(
            "MedSAM SAM CT 0.95 1,570,263 93% not higher lower images Dice without improves [3] . ,"
            " two more fewer Virchow self-supervised frozen 2.5 million".split()
        ),
        max_size=25,
    )
)
def test_a_quote_made_of_what_is_checked_carries_itself(words: list[str]) -> None:
    text = " ".join(words)
    assert strict.objection(text, quote(text)) is None


@given(claim=st.text(max_size=200), text=st.text(max_size=200), question=st.text(max_size=80))
def test_no_pair_is_too_odd(claim: str, text: str, question: str) -> None:
    generous.verify(claim, [quote(text)], None, question)


@given(true=st.integers(13, 10**7), said=st.integers(13, 10**7))
def test_a_changed_number_is_objected_to(true: int, said: int) -> None:
    text = f"The model was trained on {true:,} slides of two hospitals."
    claim = text.replace(f"{true:,}", f"{said:,}")
    assert (generous.objection(claim, quote(text)) is None) == (true == said)


MEDSAM = {"name": "MedSAM", "title": "Segment Anything in Medical Images"}
RETFOUND = {"name": "RETFound", "title": "A foundation model for retinal images"}
VIRCHOW = {"name": "Virchow", "title": "Virchow: A million-slide pathology model"}

# (paper, quote, claim): our own sentences in the manner of abstracts.
Q1 = "We fine-tune SAM on 1,570,263 image-mask pairs that cover 10 modalities and 30 cancer types."
Q2 = "Our model reaches a median Dice score of 0.94 on CT, and 0.88 on ultrasound."
Q3 = "RETFound is pre-trained on 1.6 million unlabelled retinal images by masked autoencoding."
Q4 = "The image encoder is frozen, and only the mask decoder is updated during training."
Q5 = "Virchow outperforms PLIP on rare cancers, with an AUC of 0.937 against 0.862."
Q6 = (
    "Low-rank adapters reduce the number of trainable parameters by 98% without a loss of accuracy."
)
Q7 = "The method does not need manual prompts, but it requires a bounding box at inference."
Q8 = "SAM performs worse than U-Net on targets with weak boundaries and low contrast."
Q9 = "Fewer labels are needed when the encoder was trained on radiographs rather than photographs."
Q10 = "The data set holds 117k chest radiographs of 30,805 patients with fourteen findings."
Q11 = "A larger batch improves retrieval, while a smaller one saves memory."
Q12 = "BiomedCLIP is trained contrastively on 15 million figure-caption pairs from PubMed Central."
Q13 = "Federated training kept the images at each of five hospitals and lost 1.2% in accuracy."
Q14 = "The network was evaluated on 86 internal and 60 external validation tasks."

Q15 = "It saw more than 100 million images from over 100,000 H&E-stained WSIs of 20 tissue types."

Q16 = "The prompt depends on the image, which raised accuracy on new classes from 63.22% to 71.69%."
Q17 = "The method learns from reports instead of labels."
Q18 = "It reached F1 scores of 0.776 on SinoCT and 0.754 on CQ500."
Q19 = "Plain networks of 18 and 34 layers were compared."
Q20 = "It reached a mean AUROC of 0.927 in diagnosis and a Dice score of 0.878 in segmentation."

FAITHFUL = [
    (VIRCHOW, Q5, "PLIP is outperformed by Virchow on rare cancers."),
    (VIRCHOW, Q5, "On rare cancers, Virchow surpasses PLIP."),
    (MEDSAM, Q16, "Accuracy on new classes was raised from 63.22 percent to 71.69 percent."),
    (MEDSAM, Q17, "Instead of labels, the method learns from reports."),
    (MEDSAM, Q18, "It attained F1 scores of 0.776 on SinoCT and 0.754 on CQ500."),
    (MEDSAM, Q18, "On SinoCT it reached an F1 score of 0.776."),
    (MEDSAM, Q20, "It reached a Dice score of 0.878 in segmentation."),
    (MEDSAM, Q2, "The median Dice score is 0.94 on computed tomography."),
    (MEDSAM, Q1, "MedSAM finetunes SAM on about 1.57 million image-mask pairs."),
    (MEDSAM, Q10, "The dataset contains 117,000 chest radiographs of 30,805 patients."),
    (MEDSAM, Q11, "A smaller batch saves memory."),
    (
        MEDSAM,
        Q4,
        "Only the mask decoder is updated during training, while the image encoder is frozen.",
    ),
    (MEDSAM, Q7, "A bounding box is required at inference."),
    (MEDSAM, Q1, "MedSAM fine-tunes SAM on 1,570,263 image-mask pairs."),
    (MEDSAM, Q1, "MedSAM is fine-tuned on over 1.5 million image-mask pairs from 10 modalities."),
    (MEDSAM, Q1, "The image-mask pairs cover 10 modalities and 30 types of cancer."),
    (MEDSAM, Q2, "MedSAM reaches a median Dice score of 0.94 on CT."),
    (MEDSAM, Q2, "The median Dice score is 0.88 on ultrasound."),
    (RETFOUND, Q3, "RETFound is pre-trained on 1.6 million unlabelled retinal images."),
    (RETFOUND, Q3, "RETFound was pretrained by masked autoencoding on 1.6M unlabelled images."),
    (MEDSAM, Q4, "Only the mask decoder is updated; the image encoder stays frozen."),
    (VIRCHOW, Q5, "Virchow outperforms PLIP on rare cancers."),
    (VIRCHOW, Q5, "Virchow reaches an AUC of 0.937 on rare cancers, against 0.862 for PLIP."),
    (
        MEDSAM,
        Q6,
        "Low-rank adapters reduce the trainable parameters by 98% without losing accuracy.",
    ),
    (MEDSAM, Q7, "MedSAM does not need manual prompts."),
    (MEDSAM, Q7, "MedSAM requires a bounding box at inference."),
    (MEDSAM, Q8, "SAM performs worse than U-Net on targets with weak boundaries."),
    (MEDSAM, Q9, "Fewer labels are needed when the encoder was trained on radiographs."),
    (MEDSAM, Q10, "The data set holds 117K chest radiographs of 30,805 patients."),
    (MEDSAM, Q12, "BiomedCLIP is trained on 15 million figure-caption pairs from PubMed Central."),
    (MEDSAM, Q13, "Federated training lost 1.2% in accuracy."),
    (MEDSAM, Q14, "It was evaluated on 60 external validation tasks."),
    (MEDSAM, Q11, "A larger batch improves retrieval."),
    (
        {"name": "UNI"},
        Q15,
        "It saw 100 million images from over 100,000 whole-slide images of 20 tissue types.",
    ),
]

CORRUPTED = [
    ("number", MEDSAM, Q1, "MedSAM fine-tunes SAM on 1,507,263 image-mask pairs."),
    ("number", MEDSAM, Q1, "MedSAM fine-tunes SAM on 1.57 billion image-mask pairs."),
    ("number", MEDSAM, Q1, "The image-mask pairs cover 30 modalities and 10 cancer types."),
    ("number", MEDSAM, Q2, "MedSAM reaches a median Dice score of 94% on CT."),
    ("number", MEDSAM, Q14, "The network was evaluated on 86 external validation tasks."),
    ("number", MEDSAM, Q10, "The data set holds 30,805 chest radiographs."),
    ("number", RETFOUND, Q3, "RETFound is pre-trained on six million unlabelled retinal images."),
    ("number", MEDSAM, Q2, "MedSAM reaches a median Dice score of 0.88 on CT."),
    ("name", MEDSAM, Q1, "MedSAM fine-tunes DINOv2 on 1,570,263 image-mask pairs."),
    ("name", MEDSAM, Q1, "Virchow was fine-tuned on 1,570,263 image-mask pairs."),
    ("name", RETFOUND, Q3, "RETFound is pre-trained on 1.6 million unlabelled CT images."),
    ("name", VIRCHOW, Q5, "Virchow outperforms CONCH on rare cancers."),
    ("name", MEDSAM, Q12, "Merlin is trained on 15 million figure-caption pairs."),
    ("name", MEDSAM, Q12, "BiomedCLIP is trained on 15 million figure-caption pairs from MIMIC."),
    ("metric", MEDSAM, Q2, "MedSAM reaches a median accuracy of 0.94 on CT."),
    ("metric", VIRCHOW, Q5, "Virchow reaches a Dice score of 0.937 on rare cancers."),
    ("metric", MEDSAM, Q2, "MedSAM reaches a median IoU of 0.94 on CT."),
    ("negation", MEDSAM, Q7, "MedSAM needs manual prompts."),
    ("negation", MEDSAM, Q7, "MedSAM does not require a bounding box at inference."),
    ("negation", MEDSAM, Q6, "Adapters reduce the parameters by 98% with a loss of accuracy."),
    ("negation", MEDSAM, Q4, "The image encoder is not frozen during training."),
    ("negation", VIRCHOW, Q5, "Virchow does not outperform PLIP on rare cancers."),
    ("negation", MEDSAM, Q14, "The network was never evaluated on external validation tasks."),
    ("negation", MEDSAM, Q13, "Federated training kept the images without losing accuracy."),
    ("turned", MEDSAM, Q8, "SAM performs better than U-Net on targets with weak boundaries."),
    ("turned", MEDSAM, Q9, "More labels are needed when the encoder was trained on radiographs."),
    ("turned", MEDSAM, Q6, "Low-rank adapters increase the number of trainable parameters by 98%."),
    ("turned", VIRCHOW, Q5, "Virchow underperforms PLIP on rare cancers."),
    ("turned", RETFOUND, Q3, "RETFound is pre-trained on 1.6 million labelled retinal images."),
    ("turned", VIRCHOW, Q5, "PLIP outperforms Virchow on rare cancers."),
    ("turned", MEDSAM, Q8, "U-Net performs worse than SAM on targets with weak boundaries."),
    ("turned", MEDSAM, Q16, "Accuracy on new classes rose from 71.69% to 63.22%."),
    ("turned", MEDSAM, Q17, "The method learns from labels instead of reports."),
    ("turned", VIRCHOW, Q5, "Virchow falls short of PLIP on rare cancers."),
    ("roles", MEDSAM, Q4, "The mask decoder is frozen, and only the image encoder is updated."),
    ("roles", MEDSAM, Q11, "A smaller batch improves retrieval."),
    ("roles", MEDSAM, Q9, "Fewer labels are needed when the encoder was trained on photographs."),
    ("number", MEDSAM, Q18, "It reached F1 scores of 0.754 on SinoCT and 0.776 on CQ500."),
    ("number", MEDSAM, Q19, "Plain networks of 34 and 34 layers were compared."),
    ("number", MEDSAM, Q14, "The network was evaluated on 86 internal modalities."),
    ("metric", MEDSAM, Q20, "It reached an AUROC of 0.878 and a Dice score of 0.927."),
    ("modality", RETFOUND, Q3, "RETFound is pre-trained on 1.6 million unlabelled dental images."),
    ("negation", MEDSAM, Q12, "BiomedCLIP fails to be trained contrastively."),
    ("negation", MEDSAM, Q19, "Plain networks of 18 and 34 layers were compared, but not well."),
]  # fmt: skip

# What each part must see when it is alone; the claim is refused, its quote carried.
ALONE = [
    ("numbers", Q1, "MedSAM fine-tunes SAM on 1,570,264 image-mask pairs."),
    ("numbers", Q2, "Our model reaches a median Dice score of 0.94 on ultrasound."),
    ("numbers", Q14, "The network was evaluated on 60 internal and 60 external validation tasks."),
    ("names", Q2, "Our model reaches a median IoU of 0.94 on CT."),
    ("names", Q3, "RETFound is pre-trained on retinal images and audio."),
    ("negation", Q8, "SAM does not perform worse than U-Net."),
    ("negation", Q7, "The method does need manual prompts."),
    ("direction", Q9, "More labels are needed when the encoder was trained on radiographs."),
    ("direction", Q11, "A smaller batch improves retrieval."),
    ("roles", Q5, "PLIP outperforms Virchow on rare cancers."),
    ("roles", Q5, "Virchow is outperformed by PLIP on rare cancers."),
    ("roles", Q4, "The mask decoder is frozen, and only the image encoder is updated."),
    ("wording", Q4, "Federated training kept the scans at each hospital."),
]


@pytest.mark.parametrize(("paper", "text", "claim"), FAITHFUL)
def test_a_faithful_claim_is_carried(paper: dict[str, str], text: str, claim: str) -> None:
    verifier = RuleVerifier(HashEmbedder().closeness)
    assert verifier.objection(claim, quote(text, **paper)) is None


@pytest.mark.parametrize(("kind", "paper", "text", "claim"), CORRUPTED)
def test_a_corrupted_claim_is_not(kind: str, paper: dict[str, str], text: str, claim: str) -> None:
    del kind
    assert generous.objection(claim, quote(text, **paper))


@pytest.mark.parametrize(("part", "text", "claim"), ALONE)
def test_each_part_sees_what_is_its_own(part: str, text: str, claim: str) -> None:
    alone = RuleVerifier(lambda one, other: 0.0, parts=[part])
    assert alone.objection(claim, quote(text))
    assert alone.objection(text, quote(text)) is None


def test_a_part_that_is_left_out_objects_to_nothing() -> None:
    others = [part for part in PARTS if part != "numbers"]
    claim = Q1.replace("1,570,263", "1,570,264")
    assert RuleVerifier(lambda one, other: 1.0, parts=others).objection(claim, quote(Q1)) is None


def test_what_only_the_question_says_is_objected_to() -> None:
    text = "Low-rank adaptation freezes the weights and trains small matrices."
    claim = "Low-rank adaptation freezes the weights and trains small matrices for pathology."
    asked = "How is low-rank adaptation used for pathology?"
    reason = generous.objection(claim, quote(text), asked)
    assert reason is not None
    assert "question's word" in reason
    assert generous.objection(text, quote(text), asked) is None


def test_words_of_like_beginning_are_not_the_same_word() -> None:
    text = "The encoder is trained on supervised tasks from several modalities."
    claim = "The encoder is trained on superior tasks from several modalities."
    assert generous.objection(claim, quote(text), "Is it superior?")


def test_a_papers_own_name_stands_for_we() -> None:
    text = "We train on slides of 31 tissues."
    assert (
        generous.objection("Virchow is trained on slides of 31 tissues.", quote(text, **VIRCHOW))
        is None
    )
    assert generous.objection("CHIEF is trained on slides of 31 tissues.", quote(text, **VIRCHOW))


def test_a_papers_title_stands_for_we() -> None:
    title = "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale"
    text = "Unlike prior works, we do not introduce image-specific inductive biases."
    said = quote(text, title=title)
    for claim in (
        "An Image is Worth 16x16 Words does not introduce image-specific inductive biases.",
        f"The paper {title} does not introduce image-specific inductive biases.",
    ):
        assert generous.objection(claim, said) is None
    assert generous.objection("An image is worth 16x16 words.", said)
    assert generous.objection(f"{title} introduces image-specific inductive biases.", said)


def test_another_quote_takes_the_claim_over() -> None:
    quotes = [quote(Q2, **MEDSAM), quote(Q1, **MEDSAM)]
    claim = "MedSAM fine-tunes SAM on 1,570,263 image-mask pairs."
    assert strict.verify(claim, quotes, named=0).quote == 1
    assert strict.verify(claim, quotes, named=None).quote == 1
    assert strict.verify(claim, quotes, named=1).quote == 1


def test_the_named_quote_is_preferred() -> None:
    quotes = [quote(Q1, **MEDSAM), quote(Q1, **MEDSAM)]
    assert strict.verify("MedSAM fine-tunes SAM.", quotes, named=1).quote == 1


def test_the_reason_is_the_named_quotes() -> None:
    quotes = [quote(Q2, **MEDSAM), quote(Q10)]
    verdict = strict.verify("MedSAM reaches a median Dice score of 0.97 on CT.", quotes, named=0)
    assert not verdict.supported
    assert "0.97" in verdict.reason


def test_no_quotes_no_support() -> None:
    verdict = strict.verify("Anything.", [])
    assert (verdict.supported, bool(verdict.reason)) == (False, True)


def test_names_from_another_quotes_paper_are_not_lent() -> None:
    quotes = [quote("It was trained on 100,000 slides.", name="UNI", title="UNI"),
              quote(Q5, **VIRCHOW)]  # fmt: skip
    assert not generous.verify("Virchow was trained on 100,000 slides.", quotes, named=0).supported


CARRIED = st.sampled_from([text for _, text, _ in FAITHFUL])
PAIRS = st.sampled_from([(claim, text, paper) for paper, text, claim in FAITHFUL])
OTHERS = st.lists(CARRIED, max_size=4)


@given(text=CARRIED)
def test_a_quote_verifies_itself_with_the_highest_marks(text: str) -> None:
    verifier = RuleVerifier(HashEmbedder().closeness)
    same = verifier.verify(text, [quote(text)])
    assert same.quote == 0
    assert same.score > verifier.verify(text, [quote(Q13 if text != Q13 else Q1)]).score


@given(text=CARRIED, data=st.data())
def test_changing_one_digit_never_passes(text: str, data: st.DataObject) -> None:
    digits = [at for at, c in enumerate(text) if c.isdigit()]
    assume(digits)
    at = data.draw(st.sampled_from(digits))
    digit = data.draw(st.sampled_from([c for c in "123456789" if c != text[at]]))
    claim = text[:at] + digit + text[at + 1 :]
    assert not generous.verify(claim, [quote(text)]).supported


@given(text=CARRIED, data=st.data())
def test_adding_a_not_never_passes(text: str, data: st.DataObject) -> None:
    words = text.split()
    at = data.draw(st.integers(1, len(words) - 1))
    claim = " ".join([*words[:at], "not", *words[at:]])
    assert not generous.verify(claim, [quote(text)]).supported


@given(pair=PAIRS, others=OTHERS, at=st.integers(0, 4))
def test_more_quotes_never_take_support_away(
    pair: tuple[str, str, dict[str, str]], others: list[str], at: int
) -> None:
    claim, text, paper = pair
    verifier = RuleVerifier(HashEmbedder().closeness)
    quotes = [quote(other) for other in others]
    quotes.insert(min(at, len(quotes)), quote(text, **paper))
    assert verifier.verify(claim, quotes).supported


@given(claim=CARRIED, texts=st.lists(CARRIED, min_size=1, max_size=5))
def test_a_verdict_is_whole(claim: str, texts: list[str]) -> None:
    verdict = strict.verify(claim, [quote(text) for text in texts])
    assert 0 <= verdict.score <= 1
    assert verdict.supported == bool(verdict.quotes) or verdict.parts
    assert verdict.supported or verdict.reason


def test_a_comparison_may_rest_on_two_quotes() -> None:
    quotes = [quote(Q1, **MEDSAM), quote(Q3, **RETFOUND)]
    claim = (
        "MedSAM is fine-tuned on 1,570,263 image-mask pairs, while RETFound is pre-trained "
        "on 1.6 million retinal images."
    )
    verdict = generous.verify(claim, quotes)
    assert (verdict.quote, verdict.quotes, verdict.supported) == (None, (0, 1), True)
    assert [part.quote for part in verdict.parts] == [0, 1]


def test_of_a_compound_sentence_what_is_carried_is_kept() -> None:
    claim = (
        "RETFound is pre-trained on 1.6 million retinal images; it was tested on 5,000 patients."
    )
    verdict = generous.verify(claim, [quote(Q3, **RETFOUND)])
    assert not verdict.supported
    kept, withheld = verdict.parts
    assert (kept.text, kept.quote) == ("RETFound is pre-trained on 1.6 million retinal images.", 0)
    assert withheld.quote is None
    assert "5,000" in withheld.reason


def test_parts_that_one_quote_carries_are_not_added_up() -> None:
    text = "Of these, 11 had completed college and 5 had completed professional school."
    claim = "Of these, 11 had completed college and 11 had completed professional school."
    assert not generous.verify(claim, [quote(text)]).supported


class Doubter:
    """A judge that believes nothing, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def entails(self, quote: str, claim: str) -> bool:
        self.asked.append((quote, claim))
        return False


def test_a_judge_is_asked_only_of_what_the_rules_let_pass_and_can_refuse_it() -> None:
    judge = Doubter()
    verifier = RuleVerifier(lambda one, other: 1.0, judge=judge)
    assert not verifier.verify("MedSAM fine-tunes SAM on 7 pairs.", [quote(Q1, **MEDSAM)]).supported
    assert judge.asked == []
    verdict = verifier.verify("MedSAM fine-tunes SAM.", [quote(Q1, **MEDSAM)])
    assert judge.asked == [(Q1, "MedSAM fine-tunes SAM.")]
    assert not verdict.supported
    assert "judge" in verdict.reason


def test_the_score_falls_with_what_is_wrong() -> None:
    def score(claim: str) -> float:
        return strict.verify(claim, [quote(Q7)]).score

    true = score("The method requires a bounding box at inference.")
    denied = score("The method does not require a bounding box at inference.")
    other = score("Federated training kept the images at five hospitals.")
    assert true > denied
    assert true > other


def test_paper_words() -> None:
    words = paper_words(PaperMeta("1", 1, "SAM-Med2D: a study of CT", name="SAM-Med2D"))
    assert {"sammed2d", "ct"} <= words
    assert "" not in words
    assert "study" not in words
