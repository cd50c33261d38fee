"""What models write, and what of it is read as sentences with marks."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.answering.reasoning import without_reasoning
from fmqa.answering.replies import Piece, Reply, declines, denies, plain

GOOD = ["MedSAM has 1,570,263 pairs [1].", "It saw 86 tasks [2]."]


def read(text: str, *, cut_off: bool = False, count: int = 5) -> list[str]:
    """The sentences of a reply that streams in, word by word."""
    return [piece.text for piece in pieces(text, cut_off=cut_off, count=count)]


def pieces(text: str, *, cut_off: bool = False, count: int = 5) -> list[Piece]:
    reply = Reply(count)
    whole = [one for part in re.findall(r"\s*\S{1,7}|\s+", text) for one in reply.add(part)]
    return [*whole, *reply.end(cut_off=cut_off)]


@pytest.mark.parametrize(
    "text",
    [
        "MedSAM has 1,570,263 pairs [1]. It saw 86 tasks [2].",
        "<think>\nUNI saw slides [3]. Hm.\n</think>\n\nMedSAM has 1,570,263 pairs [1]. "
        "It saw 86 tasks [2].",
        "The user asks. It saw 86 tasks [2]. Hm.</think>\nMedSAM has 1,570,263 pairs [1]. "
        "It saw 86 tasks [2].",
        "MedSAM has 1,570,263 pairs【1】. It saw 86 tasks【2†source】.",
        "MedSAM has 1,570,263 pairs (1). It saw 86 tasks (Quote 2).",
        "MedSAM has 1,570,263 pairs[^1]. It saw 86 tasks[^2].\n\n[^1]: Ma et al.",
        "MedSAM has 1,570,263 pairs [Quote 1]. It saw 86 tasks [#2].",
        "MedSAM has 1,570,263 pairs¹. It saw 86 tasks².",
        "MedSAM has 1,570,263 pairs<sup>1</sup>. It saw 86 tasks<sup>[2]</sup>.",
        "MedSAM has 1,570,263 pairs [[1]](https://arxiv.org/abs/1). It saw 86 tasks [2](#ref).",
        "- **MedSAM** has *1,570,263* pairs [1].\n- It saw `86` tasks [2].\n",
        "1. MedSAM has 1,570,263 pairs [1].\n2. It saw 86 tasks [2].",
        "## Answer\n\n**Training data.** MedSAM has 1,570,263 pairs [1].\n\n### More\n"
        "It saw 86 tasks [2].\n\n**Sources:**\n[1] Ma et al., 2023\n[2] Ma et al., 2023",
        "MedSAM has 1,570,263\npairs [1].\nIt saw 86 tasks [2].",
        json.dumps({"answer": "MedSAM has 1,570,263 pairs [1]. It saw 86 tasks [2]."}),
        '```json\n{"sentences": [{"text": "MedSAM has 1,570,263 pairs.", "citations": [1]}, '
        '{"text": "It saw 86 tasks.", "citations": ["2"]}]}\n```',
        "$\\text{MedSAM}$ has $1{,}570{,}263$ pairs [1]. It saw 86 tasks [2].",
        "MedSAM has 1\u202f570\u202f263 pairs [1]. It saw 86 tasks [2].",
        "MedSAM has 1,570,263 pairs [[1]]. It saw 86 tasks <cite>2</cite>.",
        "MedSAM has 1,570,263 pairs [[1](a#1)]. It saw 86 tasks <ref>[2]</ref>.",
        "MedSAM has 1,570,263 pairs {1}. It saw 86 tasks {2}.",
        "MedSAM has 1,570,263 pairs\\cite{1}. It saw 86 tasks~\\citep{2}.".replace("~", " "),
        "MedSAM has 1,570,263 pairs [Source 1, p. 3]. It saw 86 tasks [cite: 2].",
        "* **Training:** MedSAM has 1,570,263 pairs [1].\n* It saw 86 tasks [2].",
        "<p><b>MedSAM</b> has 1,570,263 pairs [1].</p><ul><li>It saw 86 tasks [2].</li></ul>",
        "Final answer: MedSAM has 1,570,263 pairs [1]. It saw 86 tasks [2].",
        "assistant\n\nMedSAM has 1,570,263 pairs [1]. It saw 86 tasks [2].",
    ],
)
def test_all_of_these_say_the_same(text: str) -> None:
    assert read(text) == GOOD


@given(
    thought=st.text(alphabet="ab [1].\n", max_size=40),
    form=st.sampled_from(
        [
            "<think>{}</think>{}",
            "<x:think>{}</x:think>{}",
            "<notes>{}</notes><answer>{}</answer>",
            "<plan>{}</plan><draft>Hm [3].</draft>\n{}",
            "[THINK]{}[/THINK]{}",
            "{}[/THINK]{}",
            "◁think▷{}◁/think▷{}",
            "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>{}",
            "<|begin_of_thought|>{}<|end_of_thought|>{}<|im_end|>",
            "<think>{}</think>{}<|im_end|>\n<|im_start|>user\nThanks [3]!",
            "<think>{}</think>{}</s>",
        ]
    ),
)
def test_what_is_only_thought_is_never_said(thought: str, form: str) -> None:
    reply = Reply(5)
    text = form.format(thought, " ".join(GOOD))
    assert [piece.text for piece in (*reply.add(text), *reply.end())] == GOOD


def test_a_label_that_names_what_the_sentence_speaks_of_stays() -> None:
    assert read("**Virchow:** The model saw slides [1].") == ["Virchow: The model saw slides [1]."]


@given(
    heads=st.lists(
        st.text(alphabet="abcdefg ", min_size=3).filter(lambda h: len(h.split()) == 2),
        min_size=1,
        max_size=4,
        unique_by=lambda head: " ".join(head.split()),
    ),
    form=st.sampled_from(["## {}", "### {}:", "**{}**", "**{}:**"]),
    item=st.sampled_from(["", "- "]),
)
def test_a_heading_goes_with_the_first_sentence_below_it(
    heads: list[str], form: str, item: str
) -> None:
    heads = [" ".join(head.split()) for head in heads]
    groups = [f"{form.format(head)}\n\n{item}{GOOD[0]} {GOOD[1]}\n" for head in heads]
    made = pieces("\n".join(["## Answer", *groups]))
    assert [piece.text for piece in made] == GOOD * len(heads)
    assert [piece.head for piece in made] == [text for head in heads for text in (head, "")]


def test_a_heading_without_a_sentence_is_left_out() -> None:
    made = pieces(f"{GOOD[0]}\n\n## One\n\n## Two\n\n{GOOD[1]}\n\n## Three\n")
    assert [piece.head for piece in made] == ["", "Two"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It says so [1-3].", "It says so [1, 2, 3]."),
        ("It says so [1–2].", "It says so [1, 2]."),
        ("It says so [1; 2].", "It says so [1, 2]."),
        ("It says so [1 and 2].", "It says so [1, 2]."),
        ("It says so¹².", "It says so¹²."),
        ("It says that¹².", "It says that [1, 2]."),
        ("Grade (2) of it was in (2023).", "Grade (2) of it was in (2023)."),
        ("It covers 3 mm² of 10³ voxels.", "It covers 3 mm² of 10³ voxels."),
        ("Labels are in {0, 1} or 10^{3} [1].", "Labels are in {0, 1} or 10^{3} [1]."),
        ("H<sub>2</sub>O has <b>3</b> parts.", "H2O has 3 parts."),
        ("[MedSAM](https://x.org) is a_name.", "MedSAM is a_name."),
    ],
)
def test_marks_and_what_only_looks_like_one(text: str, told: str) -> None:
    assert plain(text, 5) == told


def test_a_cut_off_sentence_is_not_said() -> None:
    assert read("MedSAM has pairs [1]. It was evaluated on 86", cut_off=True) == [
        "MedSAM has pairs [1]."
    ]
    assert read("MedSAM has pairs [1]. It ends [2].", cut_off=True)[-1] == "It ends [2]."
    assert read('{"answer": "MedSAM has pai', cut_off=True) == []


def test_a_reply_that_begins_as_asked_is_given_out_as_it_comes() -> None:
    reply = Reply(3)
    assert reply.add("One is so [1]. Two") == [Piece("One is so [1].")]
    assert reply.add(" is so [2]. ") == []
    assert reply.end() == [Piece("Two is so [2].")]


def test_paragraphs_and_lists_are_told() -> None:
    text = (
        "One is so [1]. It is [1].\n\nTwo is so [2].\n\nOf each:\n"
        "- Three [3]. It is [3].\n- Four [4].\n"
    )
    assert pieces(text) == [
        Piece("One is so [1]."),
        Piece("It is [1]."),
        Piece("Two is so [2].", "paragraph"),
        Piece("Three [3].", "item"),
        Piece("It is [3]."),
        Piece("Four [4].", "item"),
    ]


def test_round_brackets_are_marks_only_where_square_ones_are_not() -> None:
    assert read("It is [1]. It saw all tasks (2).") == ["It is [1].", "It saw all tasks (2)."]
    assert read("It is [1]. It is in metres².") == ["It is [1].", "It is in metres²."]


def test_a_bare_yes_holds_nothing_up() -> None:
    reply = Reply(3)
    assert reply.add("Yes. One is so [1]. Two") == [Piece("One is so [1].")]
    assert read("No: none is so [1].") == ["No: none is so [1]."]


def test_reasoning_alone_says_nothing() -> None:
    assert read("<think>MedSAM has pairs [1]. And so") == []
    assert without_reasoning("<thinking>a</thinking> b") == "b"


@pytest.mark.parametrize(
    ("reply", "is_refusal"),
    [
        ("I'm sorry, but I can't help with that request.", True),
        ("I am an AI language model and cannot give medical advice.", True),
        ("MedSAM cannot segment vessels.", False),
        ("I'm sorry, only this is said: MedSAM has pairs [1].", False),
    ],
)
def test_refusals(reply: str, is_refusal: bool) -> None:
    assert declines(reply) is is_refusal


@pytest.mark.parametrize(
    ("reply", "denied"),
    [
        ("NOT ANSWERED", True),
        ("**NOT ANSWERED.** No figure is given.", True),
        ("NOT ANSWERED. The nearest is of MedSAM [1].", True),
        ("NOT ANSWERED: the loss.\nMedSAM has pairs [1].", False),
        ("The provided quotes do not mention it.", True),
        ("The quotes don't answer this.", True),
        ("The quotes do mention it.", False),
        ("MedSAM has pairs [1].", False),
    ],
)
def test_that_the_quotes_do_not_answer(reply: str, denied: bool) -> None:
    assert denies(reply) is denied


@given(text=st.text(alphabet='ab1.[](){}|*#<>/think¹【】\n "`-:', max_size=120))
def test_no_text_is_too_odd(text: str) -> None:
    reply = Reply(3)
    for character in text:
        reply.add(character)
    assert all(piece.text.strip() for piece in reply.end())
