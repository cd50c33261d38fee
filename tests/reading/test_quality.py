"""Which text layers are taken for scans or nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.reading.lines import RawPage
from fmqa.reading.quality import is_garbled, poor_text

ENGLISH = (
    "The quick brown fox jumps over the lazy dog, and performs segmentation of medical images "
    "with transformers that were trained on many slides. "
)

GOOD = {
    "english": ENGLISH * 3,
    "czech": "Příliš žluťoučký kůň úpěl ďábelské ódy. Strč prst skrz krk. Všichni lidé rodí se "
    "svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem a svědomím. " * 2,
    "polish": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. "
    "Chrząszcz brzmi w trzcinie w Szczebrzeszynie. " * 3,
    "vietnamese": "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm. " * 4,
    "russian": "Все люди рождаются свободными и равными в своем достоинстве и правах. " * 4,
    "greek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια. " * 4,
    "chinese": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。" * 6,
    "arabic": "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق. " * 5,
    "mathematics": "Let f : X → Y with ‖x − y‖ < ε; then ∫ f dμ = Σ_i a_i μ(A_i), where σ(A) ⊂ "
    "B(ℝ). By (3.1) we have P(X > t) ≤ e^{−λt}. GPT BERT ResNet MobileNetV2 MedSAM. " * 3,
}


def shifted(text: str) -> str:
    """The text as the numbers of its glyphs, as a font without a map gives it."""
    return "".join(chr(max(33, ord(mark) - 29)) if mark != " " else " " for mark in text)


BAD = {
    "shifted": shifted(ENGLISH * 4),
    "mojibake": "FranÃ§ais, rÃ©sumÃ©, naÃ¯ve, cafÃ© dÃ©jÃ  vu, crÃ¨me brÃ»lÃ©e. " * 5,
    "private": "\ue001\ue002\ue003 \ue004\ue005 \ue006\ue007\ue008\ue009 ab " * 20,
    "replacement": "\ufffd\ufffd\ufffd \ufffd\ufffd the \ufffd\ufffd\ufffd\ufffd " * 20,
    "endless": "a" * 4000,
}


@pytest.mark.parametrize("name", GOOD)
def test_good_text(name: str) -> None:
    assert not is_garbled(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_garbled_text(name: str) -> None:
    assert is_garbled(BAD[name])


def test_a_scan_has_no_text() -> None:
    pages = [RawPage(n, 612, 792, "", []) for n in range(1, 13)]
    assert poor_text(pages) == "no_text"


def test_a_stamp_alone_is_no_text() -> None:
    pages = [RawPage(n, 612, 792, "Downloaded 2020" if n == 1 else "", []) for n in range(1, 9)]
    assert poor_text(pages) == "no_text"


@given(st.text())
def test_nothing_raises(text: str) -> None:
    assert poor_text([RawPage(1, 612, 792, text, [])]) in ("", "no_text", "garbled")
