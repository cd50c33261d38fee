"""Tables: rows and columns from where words and rules stand, heads only where they are sure."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from pdfs import PageSource, Text, build, column, wrapped

from fmqa.reading.grid import read_grid
from fmqa.reading.heads import Bar
from fmqa.reading.lines import Word
from fmqa.reading.printed import printed_grid
from fmqa.reading.quality import tell_gaps
from fmqa.reading.reader import DefaultPdfReader
from fmqa.types import REACHED, Document, Passage, PassageKind

WORDS = "Medical images are costly to label and experts seldom agree on a border of theirs. "
CAPTION = "Table 1. Results on the set (in percent)."
LEFTS = (100, 200, 250, 300, 350)


def rule(left: float, right: float, height: float) -> str:
    return f"{left} {height} {right - left} 0.7 re f"


def rows(lines: list[list[str]], top: float = 600, pitch: float = 14) -> list[Text]:
    """Cells at the same distances on each line; empty ones are left out."""
    return [
        Text(left, top - pitch * number, cell, 9)
        for number, line in enumerate(lines)
        for left, cell in zip(LEFTS, line, strict=False)
        if cell
    ]


def read(path: Path, texts: list[Text], drawing: str = "") -> tuple[Document, str]:
    body = column(wrapped(WORDS * 6), 100, 720)
    foot = column(wrapped(WORDS * 6), 100, 400)
    return read_page([*body, Text(100, 625, CAPTION, 9), *texts, *foot], path, drawing)


def read_page(texts: list[Text], path: Path, drawing: str = "") -> tuple[Document, str]:
    """A paper whose second page shows the texts."""
    front = [Text(100, 740, "A Paper with Tables", 18, "F2"), *column(wrapped(WORDS * 9), 100, 700)]
    path.write_bytes(build([PageSource(front), PageSource(texts, drawing=drawing)]))
    document = DefaultPdfReader().read(path)
    return document, tell_gaps(document.gaps)


def laid_out(document: Document) -> list[list[str]]:
    lines = document.pages[1].text.split("\n")
    return [line.split("\t") for line in lines if "\t" in line]


def table_of(document: Document) -> list[Passage]:
    return [p for p in document.passages if p.kind is PassageKind.TABLE]


FRAME = "\n".join(rule(95, 400, height) for height in (612, 567, 519))


def test_a_head_over_two_columns_reaches_into_the_second(tmp_path: Path) -> None:
    heads = [
        *(Text(left, 600, text, 9) for left, text in ((100, "Method"), (227, "CT"), (326, "MR"))),
        *rows([["", "Dice", "HD95", "Dice", "HD95"]], 576),
    ]
    body = rows([["nnU-Net", "88.1", "7.42", "80.6", "9.13"],
                 ["Sprucenet", "91.3", "5.20", "84.7", "6.05"],
                 ["TransUNet", "87.5", "8.01", "79.9", "9.77"]], 556)  # fmt: skip
    document, said = read(tmp_path / "a.pdf", [*heads, *body], FRAME)
    assert said == ""
    assert laid_out(document)[:3] == [
        ["Method", "CT", REACHED, "MR", REACHED],
        ["", "Dice", "HD95", "Dice", "HD95"],
        ["nnU-Net", "88.1", "7.42", "80.6", "9.13"],
    ]
    [passage] = table_of(document)
    assert [passage.text[:8], len(passage.spans)] == ["Table 1.", 3]


def test_columns_need_no_rules(tmp_path: Path) -> None:
    cells = [["Method", "Dice", "HD95"], ["One", "88.1", "7.42"], ["Two words", "91.3", "5.20"]]
    document, _ = read(tmp_path / "a.pdf", rows(cells))
    assert laid_out(document) == cells


def test_a_label_between_rules_holds_for_all_rows(tmp_path: Path) -> None:
    cells = [["Set", "Model", "Dice"], ["", "A", "1.5"], ["Brain", "B", "2.5"], ["", "C", "3.5"],
             ["", "D", "4.5"], ["Heart", "E", "5.5"], ["", "F", "6.5"]]  # fmt: skip
    frame = "\n".join(rule(95, 330, height) for height in (612, 595, 553, 511))
    document, _ = read(tmp_path / "a.pdf", rows(cells), frame)
    assert [row[:2] for row in laid_out(document)[1:]] == [
        ["Brain", "A"], [REACHED, "B"], [REACHED, "C"],
        ["Heart", "D"], [REACHED, "E"], [REACHED, "F"],
    ]  # fmt: skip


def test_a_label_on_its_side_stands_beside_all_rows_between_rules(tmp_path: Path) -> None:
    texts = rows([["", "Model", "Dice"], ["", "A", "1.5"], ["", "B", "2.5"],
                  ["", "C", "3.5"], ["", "D", "4.5"]])  # fmt: skip
    eye, lung = (Text(115, at, name, 9, angle=90) for at, name in ((570, "Eye"), (542, "Lung")))
    texts = [*texts[:2], eye, *texts[2:6], lung, *texts[6:]]  # or pdfium makes one line of both
    for heights, laid in (
        ((612, 595, 567, 539), [["", "Model", "Dice"], ["Eye", "A", "1.5"], [REACHED, "B", "2.5"],
                                ["Lung", "C", "3.5"], [REACHED, "D", "4.5"]]),
        ((612, 595, 539), []),
    ):  # fmt: skip
        frame = "\n".join(rule(95, 330, height) for height in heights)
        assert laid_out(read(tmp_path / "a.pdf", texts, frame)[0]) == laid


def test_a_cell_of_two_lines_is_one_cell(tmp_path: Path) -> None:
    cells = [["Model", "Trained", "Year"], ["One", "on many", "2021"], ["", "images", ""],
             ["Two", "on text", "2022"]]  # fmt: skip
    frame = "\n".join(rule(95, 330, height) for height in (612, 595, 567, 553))
    document, _ = read(tmp_path / "a.pdf", rows(cells), frame)
    assert laid_out(document)[1:] == [["One", "on many images", "2021"], ["Two", "on text", "2022"]]


def test_no_head_is_claimed_where_a_column_has_none(tmp_path: Path) -> None:
    cells = [["Method", "Dice", ""], ["One", "88.1", "7.42"], ["Two", "91.3", "5.20"]]
    frame = "\n".join(rule(95, 330, height) for height in (612, 595, 567))
    document, _ = read(tmp_path / "a.pdf", rows(cells), frame)
    assert laid_out(document) == []
    lines = document.pages[1].text.split("\n")
    first = lines.index(CAPTION) + 1
    head, *below = lines[first : first + 3]
    assert [line.split() for line in (head, *below)] == [["Method", "Dice"], *cells[1:]]
    for place in (1, 2):  # what stands above one another on the page does so here
        assert (
            len({line.index(row[place]) for line, row in zip(below, cells[1:], strict=True)}) == 1
        )
    assert head.index("Dice") == below[0].index("88.1")


def placed(lines: list[list[tuple[int, str]]]) -> list[Text]:
    return [
        Text(left, 600 - 14 * n, cell, 9) for n, line in enumerate(lines) for left, cell in line
    ]


FRAME_OF_TWO = "\n".join(rule(95, 330, height) for height in (612, 597, 565))


def test_figures_that_stand_as_close_as_words_are_parted_under_their_heads(tmp_path: Path) -> None:
    lefts = (100, 140, 165, 190)  # four digits and a point take 22.5 points: 2.5 are left
    cells = [["Net", "RV", "Myo", "LV"], ["One", "87.10", "80.63", "94.92"],
             ["Two", "87.58", "79.20", "93.47"]]  # fmt: skip
    lines = [list(zip(lefts, line, strict=True)) for line in cells]
    assert laid_out(read(tmp_path / "a.pdf", placed(lines), FRAME_OF_TWO)[0]) == cells
    lines[0] = [(100, "Net"), (152, "Scores"), (190, "LV")]  # whose is the first?
    assert laid_out(read(tmp_path / "b.pdf", placed(lines), FRAME_OF_TWO)[0]) == []


def test_several_numbers_of_one_cell_stay_together(tmp_path: Path) -> None:
    cells = [["Net", "Pool", "Dice"], ["One", "5, 5, 5", "0.71 [0.69, 0.73]"],
             ["Two", "4, 5, 5", "0.68 [0.66, 0.70]"]]  # fmt: skip
    assert laid_out(read(tmp_path / "a.pdf", rows(cells), FRAME_OF_TWO)[0]) == cells


def test_columns_of_labels_need_no_heads(tmp_path: Path) -> None:
    cells = [["", "", "ViT-B", "ViT-L"], ["Small", "CIFAR", "98.1", "97.8"],
             ["Large", "Pets", "93.8", "93.6"]]  # fmt: skip
    assert laid_out(read(tmp_path / "a.pdf", rows(cells), FRAME_OF_TWO)[0]) == cells


def test_a_head_of_two_words_over_a_narrow_column_is_one(tmp_path: Path) -> None:
    lines = [
        [(180, "Set")],
        [(100, "CL Categories"), (250, "Dice"), (300, "HD95")],
        [(100, "2"), (180, "Brain"), (250, "74.4"), (300, "55.2")],
        [(100, "3"), (180, "Liver"), (250, "60.6"), (300, "31.0")],
    ]
    frame = "\n".join(rule(95, 330, height) for height in (612, 579, 551))
    assert laid_out(read(tmp_path / "a.pdf", placed(lines), frame)[0])[1:3] == [
        ["CL Categories", "", "Dice", "HD95"], ["2", "Brain", "74.4", "55.2"]
    ]  # fmt: skip


def test_a_table_set_sideways_is_read(tmp_path: Path) -> None:
    cells = [["Table 2. Models and data."], ["Model", "Images", "Year"], ["One", "371,858", "2023"],
             ["Two", "1,204,777", "2024"], ["Three", "9", "2025"]]  # fmt: skip
    for angle, step in ((90, 1), (270, -1)):
        turned = [
            Text(300 + 14 * step * n, 300 + 70 * step * place, cell, 9, angle=angle)
            for n, line in enumerate(cells)
            for place, cell in enumerate(line)
        ]
        body = column(wrapped(WORDS * 3), 100, 720)
        document, said = read_page([*body, *turned], tmp_path / f"{angle}.pdf")
        assert laid_out(document) == cells[1:]
        assert said == ""


def test_a_caption_without_cells_is_named(tmp_path: Path) -> None:
    _, said = read(tmp_path / "a.pdf", [])
    assert said == "page 2 with a table that couldn't be read"


def test_a_long_table_keeps_caption_and_heads_in_each_passage(tmp_path: Path) -> None:
    many = [[f"Model number {n}", f"{n}.25", f"{n}.75"] for n in range(30)]
    cells = [["Method", "Dice", "HD95"], *many]
    frame = "\n".join(rule(95, 330, height) for height in (612, 596, 340))
    body = column(wrapped(WORDS * 6), 100, 720)
    texts = [*body, Text(100, 625, CAPTION, 9), *rows(cells, pitch=8)]
    passages = table_of(read_page(texts, tmp_path / "a.pdf", frame)[0])
    assert len(passages) > 1
    assert all(p.text.startswith(f"{CAPTION} Method\tDice\tHD95 ") for p in passages)
    assert sum(p.text.count("Model number") for p in passages) == 30


@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=5), min_size=1, max_size=9))
def test_columns_stay_apart_in_printed_lines(lengths: list[list[int]]) -> None:
    lines, start = [], 0
    for line in lengths:
        lines.append([])
        for place, length in enumerate(line):  # about the middles of columns of 54 points
            left = 100.0 * place - 3 * length
            lines[-1].append(Word(start, start + length, left, left + 6 * length, 0.0, 9.0))
            start += length + 1
    printed = printed_grid(lines, 0, 9.0).rows
    for place in range(4):
        columns = [[row[n] for row in printed if len(row) > n] for n in (place, place + 1)]
        ends = [(cell.at or 0) + cell.words[0].end - cell.words[0].start for cell in columns[0]]
        assert all(max(ends) < (cell.at or 0) for cell in columns[1])


PLACES = st.tuples(st.integers(0, 8), st.integers(0, 400), st.integers(1, 40))


@given(st.lists(PLACES, min_size=1, max_size=40), st.lists(st.integers(-5, 100), max_size=4))
def test_a_grid_holds_each_word_once(places: list[tuple[int, int, int]], bars: list[int]) -> None:
    raw = "".join("7.5 " if n % 3 else "abc " for n in range(len(places)))
    words = [
        Word(4 * n, 4 * n + 3, left, left + width, 100.0 - 12 * line, 9.0)
        for n, (line, left, width) in enumerate(places)
    ]
    grid = read_grid(words, [Bar(0, 500, height) for height in bars], raw, 9.0)
    if grid is not None:
        cells = [cell for row in [*grid.heads, *grid.rows] for cell in row]
        assert Counter(w.start for cell in cells for w in cell.words) == Counter(
            word.start for word in words
        )
        assert len({len(row) for row in [*grid.heads, *grid.rows] if len(row) > 1}) == 1
