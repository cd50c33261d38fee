"""Whether quotes carry a claim: what is exact, and what a checker's word comes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from fakes import WordChecker, quote
from fmqa.answering.asking import LanguageModel
from fmqa.answering.entailment import Claim, EntailmentChecker, ModelChecker
from fmqa.answering.verification import CheckingVerifier, Objection, Verdict, breaks_off, parts_of
from fmqa.errors import ModelSilent


class FixedChecker(EntailmentChecker):
    """Always of one mind, and remembers what it was asked."""

    def __init__(self, log_odds: float) -> None:
        self.value = log_odds
        self.asked: list[Claim] = []

    def log_odds(self, claims: Sequence[Claim]) -> list[float]:
        """The one value."""
        self.asked += claims
        return [self.value] * len(claims)


# A checker that believes everything: the exact rules alone must refuse.
generous = CheckingVerifier(FixedChecker(50.0))
strict = CheckingVerifier(FixedChecker(-50.0))
words = CheckingVerifier(WordChecker())


def objection(verdict: Verdict) -> Objection | None:
    """What speaks against a claim."""
    return verdict.reason.objection if verdict.reason else None


@given(text=st.text(min_size=1, max_size=300))
def test_a_quote_carries_itself_whatever_the_checker_says(text: str) -> None:
    assert strict.verify(text, [quote(text)]).quote == 0


@given(claim=st.text(max_size=200), text=st.text(max_size=200))
def test_no_pair_is_too_odd(claim: str, text: str) -> None:
    for verifier in (generous, words, strict):
        verdict = verifier.verify(claim, [quote(text)])
        assert 0 <= verdict.probability <= 1
        assert (verdict.quote is None) == (verdict.reason is not None)


@given(true=st.integers(13, 10**7), said=st.integers(13, 10**7))
def test_a_changed_number_is_objected_to(true: int, said: int) -> None:
    text = f"The model was trained on {true:,} slides of two hospitals."
    verdict = generous.verify(text.replace(f"{true:,}", f"{said:,}") + " ", [quote(text)])
    assert (verdict.quote is None) == (true != said)
    assert objection(verdict) in {None, Objection.NUMBER}


MEDSAM = {"name": "MedSAM", "title": "Segment Anything in Medical Images"}
RETFOUND = {"name": "RETFound", "title": "A foundation model for retinal images"}
VIRCHOW = {"name": "Virchow", "title": "Virchow: A million-slide pathology model"}
Q1 = "We fine-tune SAM on 1,570,263 image-mask pairs that cover 10 modalities and 30 cancer types."
Q2 = "Our model reaches a median Dice score of 0.94 on CT, and 0.88 on ultrasound."
Q3 = "RETFound is pre-trained on 1.6 million unlabelled retinal images by masked autoencoding."
Q4 = "The data set holds 117k chest radiographs of 30,805 patients with fourteen findings."
QUOTES = st.sampled_from([Q1, Q2, Q3, Q4])


@given(text=QUOTES, data=st.data())
def test_changing_one_digit_never_passes(text: str, data: st.DataObject) -> None:
    digits = [at for at, c in enumerate(text) if c.isdigit()]
    at = data.draw(st.sampled_from(digits))
    digit = data.draw(st.sampled_from([c for c in "23456789" if c != text[at]]))
    claim = text[:at] + digit + text[at + 1 :]
    # "0.94" for "0.88" is another fault, and the checker's to see.
    assume(not any(figure in text for figure in claim.split() if figure not in text.split()))
    assert generous.verify(claim, [quote(text)]).quote is None


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("MedSAM is tuned on over 1.5 million image-mask pairs.", Q1),
        ("The set has about 117,000 radiographs of 30,805 patients and 14 findings.", Q4),
        ("Four fifths of the cases are benign.", "Of all cases, 80 % are benign."),
        ("It reaches 94 % Dice on CT.", Q2),
        ("Between 2.0 and 4.4 % is lost.", "The drop is 2.0% to 4.4%."),
        ("The rate is 1e-4.", "The learning rate is 1×10⁻⁴."),
        ("Thirty-two hospitals took part.", "Data came from 32 hospitals."),
    ],
)
def test_a_number_in_another_form_is_the_same(claim: str, text: str) -> None:
    assert generous.verify(claim, [quote(text, **MEDSAM)]).quote == 0


@pytest.mark.parametrize(
    ("claim", "code", "detail"),
    [
        ("MedSAM is tuned on 1.9 million pairs.", Objection.NUMBER, "1.9 million"),
        ("MedSAM may be tuned on half of them.", Objection.NUMBER, "half"),
        ("MedSAM is tuned on LIDC.", Objection.NAME, "LIDC"),
        ("MedSAM is not tuned.", Objection.NEGATION, "not"),
        ("MedSAM is tuned.", Objection.NOT_CARRIED, ""),
        ("MedSAM is tuned on pairs of the", Objection.CUT_OFF, ""),
    ],
)
def test_the_reason_is_a_code_and_what_it_is_about(
    claim: str, code: Objection, detail: str
) -> None:
    reason = strict.verify(claim, [quote(Q1, **MEDSAM)]).reason
    assert reason is not None
    assert (reason.objection, reason.detail) == (code, detail)
    assert detail in str(reason)


def test_a_dropped_hedge_is_told() -> None:
    said = quote("Pre-training may help rare classes.")
    reason = strict.verify("Pre-training helps rare classes.", [said]).reason
    assert reason is not None
    assert (reason.objection, reason.detail) == (Objection.HEDGE, "may")


def test_a_papers_own_name_stands_for_we() -> None:
    text = "We train on slides of 31 tissues."
    said = quote(text, **VIRCHOW)
    checker = CheckingVerifier(FixedChecker(-50.0))
    assert objection(checker.verify("Virchow is trained on slides.", [said])) != Objection.NAME
    assert objection(checker.verify("CHIEF is trained on slides.", [said])) == Objection.NAME


def test_the_checker_reads_the_title_and_the_sentence_before() -> None:
    checker = FixedChecker(0.0)
    CheckingVerifier(checker).verify("It works.", [quote("It was tested.", title="A study")])
    assert checker.asked[0].before == "A study"


def test_another_quote_takes_the_claim_over() -> None:
    quotes = [quote(Q2, **MEDSAM), quote(Q1, **MEDSAM)]
    claim = "MedSAM fine-tunes SAM on 1,570,263 image-mask pairs."
    assert words.verify(claim, quotes).quote == 1


def test_no_quotes_no_support() -> None:
    assert objection(generous.verify("Anything.", [])) == Objection.NO_QUOTE


@given(text=QUOTES, others=st.lists(QUOTES, max_size=4), at=st.integers(0, 4))
def test_more_quotes_never_take_support_away(text: str, others: list[str], at: int) -> None:
    claim = " ".join(text.split()[:-1]) + "."
    quotes = [quote(other) for other in others]
    quotes.insert(min(at, len(quotes)), quote(text))
    assert words.verify(claim, quotes).quote is not None


def test_a_comparison_may_rest_on_two_quotes() -> None:
    quotes = [quote(Q1, **MEDSAM), quote(Q3, **RETFOUND)]
    claim = (
        "MedSAM is fine-tuned on 1,570,263 image-mask pairs, while RETFound is pre-trained "
        "on 1.6 million retinal images."
    )
    verdict = words.verify(claim, quotes)
    assert verdict.quote is None
    assert [part.quote for part in verdict.parts] == [0, 1]


def test_of_a_half_true_sentence_the_true_half_is_kept() -> None:
    claim = (
        "RETFound is pre-trained on 1.6 million retinal images; it was tested on 5,000 patients."
    )
    verdict = words.verify(claim, [quote(Q3, **RETFOUND)])
    assert verdict.quote is None
    kept, withheld = verdict.parts
    assert (kept.text, kept.quote) == ("RETFound is pre-trained on 1.6 million retinal images.", 0)
    assert withheld.quote is None
    assert withheld.reason is not None
    assert withheld.reason.detail == "5,000"


def test_parts_that_one_quote_carries_are_not_added_up() -> None:
    class OnlyShort(EntailmentChecker):
        def log_odds(self, claims: Sequence[Claim]) -> list[float]:
            return [50.0 if len(claim.sentence) < 60 else -50.0 for claim in claims]

    text = "Of these, 11 had completed college and 5 had completed professional school."
    claim = "Of these, 5 had completed college and 11 had completed professional school."
    verdict = CheckingVerifier(OnlyShort()).verify(claim, [quote(text)])
    assert (verdict.quote, verdict.parts) == (None, ())


@pytest.mark.parametrize(
    ("text", "cut"),
    [("It was trained on the", True), ("It was trained (", True), ("It was trained", False),
     ("It was trained.", False), ("用于训练。", False)],
)  # fmt: skip
def test_a_sentence_that_was_cut_off(text: str, cut: bool) -> None:
    assert breaks_off(text) == cut


@given(text=st.text(max_size=200))
def test_a_simple_sentence_is_its_only_part(text: str) -> None:
    parts = parts_of(text)
    assert parts == [text] or len(parts) > 1


class Judge(BaseChatModel):
    """A chat model with one reply, which counts its calls."""

    reply: str
    calls: list[str]

    @property
    def _llm_type(self) -> str:
        return "judge"

    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> ChatResult:
        self.calls.append(str(messages[-1].content))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.reply))])


def judged(reply: str) -> tuple[CheckingVerifier, Judge]:
    judge = Judge(reply=reply, calls=[])
    return CheckingVerifier(ModelChecker(LanguageModel(lambda: judge))), judge


def test_a_judge_is_asked_once_about_all_sentences() -> None:
    verifier, judge = judged(
        '<think>Hm.</think>[{"pair": 1, "follows": true}, {"pair": 2, "follows": false}]'
    )
    said = [quote(Q1, **MEDSAM)], [quote(Q3, **RETFOUND)]
    claims = "MedSAM is tuned from SAM.", "RETFound is trained on masks."
    known = verifier.asked(list(zip(claims, said, strict=True)))
    assert known.verify(claims[0], said[0]).quote == 0
    assert known.verify(claims[1], said[1]).quote is None
    assert len(judge.calls) == 1
    assert Q1 in judge.calls[0]
    assert "Pair 2" in judge.calls[0]


def test_what_a_judge_leaves_out_is_not_said() -> None:
    verifier, _ = judged('[{"pair": 1, "follows": true}, {"pair": 2, "foll')
    known = verifier.asked([("MedSAM is small.", [quote(Q1)]), ("It is big.", [quote(Q2)])])
    assert known.verify("It is big.", [quote(Q2)]).quote is None


@pytest.mark.parametrize("reply", ["", "They all follow.", "[]", '{"pair": "1"}'])
def test_a_judge_without_a_verdict_is_an_error(reply: str) -> None:
    verifier, _ = judged(reply)
    with pytest.raises(ModelSilent):
        verifier.verify("MedSAM is small.", [quote(Q1)])
