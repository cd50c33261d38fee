"""Passages: their spans, lengths and sections."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fmqa.reading.lines import Block, Role
from fmqa.reading.passages import AIM, LONGEST, LONGEST_SENTENCE, make_passages
from fmqa.types import Page, PassageKind

SENTENCE = "Sentence number {} of this paragraph says a thing or two about lesions. "


def lay_out(parts: list[tuple[int, Role, str]]) -> tuple[list[Block], dict[int, Page]]:
    texts: dict[int, str] = {}
    blocks = []
    for number, role, text in parts:
        before = texts.get(number)
        start = 0 if before is None else len(before) + 1
        texts[number] = text if before is None else f"{before}\n{text}"
        blocks.append(Block(number, [], text, start, role))
    return blocks, {number: Page(number, text) for number, text in texts.items()}


def prose(count: int) -> str:
    return "".join(SENTENCE.format(n) for n in range(count)).strip()


def test_long_text_is_cut_at_sentences_near_the_aim() -> None:
    passages = make_passages(*lay_out([(1, Role.BODY, prose(60))]))
    assert len(passages) > 3
    for passage in passages:
        assert passage.text.endswith(".")
        assert len(passage.text) <= LONGEST
    assert all(abs(len(p.text) - AIM) < 200 for p in passages[:-1])


def test_a_passage_never_crosses_a_section() -> None:
    blocks = [
        (1, Role.HEADING, "1 First"),
        (1, Role.BODY, prose(2)),
        (1, Role.HEADING, "2 Second"),
        (1, Role.BODY, prose(2)),
    ]
    passages = make_passages(*lay_out(blocks))
    assert [p.section for p in passages] == ["1 First", "2 Second"]


def test_a_caption_interrupts_and_stands_alone() -> None:
    blocks = [
        (1, Role.BODY, "The first half of a long sentence that runs on"),
        (1, Role.CAPTION, "Figure 1: A caption between the two halves."),
        (1, Role.BODY, "in its second half, below the figure."),
    ]
    passages = make_passages(*lay_out(blocks))
    body, caption = passages
    assert body.text == f"{blocks[0][2]} {blocks[2][2]}"
    assert len(body.spans) == 2
    assert caption.kind is PassageKind.CAPTION


def test_a_page_end_makes_two_spans() -> None:
    blocks = [(1, Role.BODY, "It starts on one page"), (2, Role.BODY, "and ends on the next.")]
    [passage] = make_passages(*lay_out(blocks))
    assert [span.page for span in passage.spans] == [1, 2]


def test_a_table_carries_its_caption() -> None:
    blocks, pages = lay_out(
        [
            (1, Role.TABLE, "SAM 0.71 0.65"),
            (1, Role.CAPTION, "Table 1: Dice scores of both models."),
        ]
    )
    blocks[0].caption = blocks[1]
    [passage] = make_passages(blocks, pages)
    assert passage.kind is PassageKind.TABLE
    assert passage.text == "Table 1: Dice scores of both models. SAM 0.71 0.65"


def test_references_heads_and_authors_are_left_out() -> None:
    roles = [Role.FURNITURE, Role.REFERENCE, Role.AUTHORS, Role.TITLE, Role.OTHER]
    blocks = [(1, role, prose(3)) for role in roles]
    assert make_passages(*lay_out(blocks)) == ()


def test_a_small_leftover_joins_the_passage_before() -> None:
    passages = make_passages(*lay_out([(1, Role.BODY, prose(14))]))
    assert all(len(p.text) >= 200 for p in passages)


def test_an_endless_sentence_is_cut() -> None:
    text = "word " * 2000
    passages = make_passages(*lay_out([(1, Role.BODY, text.strip())]))
    assert all(len(p.text) <= LONGEST_SENTENCE for p in passages)
    assert sum(len(p.text.split()) for p in passages) == 2000


ROLES = st.sampled_from([Role.BODY, Role.BODY, Role.NOTE, Role.CAPTION, Role.HEADING, Role.OTHER])
PARTS = st.text(alphabet="abcdefgh ABC.,;:!?1é\n", min_size=1, max_size=400).map(
    lambda text: " ".join(text.split()) or "x"
)


@given(st.lists(st.tuples(st.integers(1, 3), ROLES, PARTS), max_size=20))
def test_spans_give_back_the_text(parts: list[tuple[int, Role, str]]) -> None:
    parts.sort(key=lambda part: part[0])
    blocks, pages = lay_out(parts)
    passages = make_passages(blocks, pages)
    assert [p.ordinal for p in passages] == list(range(len(passages)))
    for passage in passages:
        pieces = [pages[s.page].text[s.start : s.end] for s in passage.spans]
        assert passage.text == " ".join(pieces)
        assert all(piece == piece.strip() for piece in pieces)
        assert len(passage.text) <= LONGEST_SENTENCE + len(passage.spans)
