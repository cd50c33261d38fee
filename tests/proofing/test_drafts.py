"""Drafts of each kind, read into sentences with their places and their citations."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import make_pdf
from fmqa.errors import UsageError
from fmqa.proofing.draft import Manuscript, listed_numbers
from fmqa.proofing.latex import read_latex
from fmqa.proofing.markdown import read_markdown
from fmqa.proofing.reading import draft_of, read_draft
from fmqa.reading.reader import DefaultPdfReader

MARKDOWN = """---
title: A draft
bibliography: refs.bib
---

# Introduction

MedSAM was trained on *1.5 million* masks
[@ma2023; see @zhang, p. 3]. @chen2024 report a Dice of 0.94, e.g. on CT. Is it so [1]?

<!-- Not said [@secret]. -->

| a | table [@no] |

- UNI [is open](https://arxiv.org/abs/2308.15474v2) to all, and [2, 4-5] agree.

## References

[1] Ma, J. et al.: Segment Anything in Medical Images. arXiv:2304.12306 (2023)
[2] Doe, J. (2020). Seeing. https://doi.org/10.1000/xyz
[4] A. Person. Four things. 2021.
[5] A. Person. Five things. 2022.
"""
LATEX = r"""\documentclass{article}
\title{Not a sentence \cite{no}}
\addbibresource{refs.bib}
\begin{document}
\section{Introduction}
MedSAM reaches a Dice of $0.94$ on 50\,\% of the tasks~\cite[p.~3]{ma2023,zhang}. % Not \cite{this}.
\citet{chen2024} use \emph{one \textbf{large}} encoder; 12\% fail \parencite{x}.

\begin{equation} a = b \cite{no} \end{equation}
The rest\footnote{Aside \cite{no}.} is known.
\begin{thebibliography}{9}
\bibitem{zhang} Y. Zhang. \emph{Seeing}. arXiv:2304.12306, 2023.
\end{thebibliography}
\end{document}
"""


def said(draft: Manuscript) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(one.text, one.line, one.keys) for one in draft.sentences]


def test_markdown() -> None:
    draft = read_markdown(MARKDOWN)
    assert said(draft) == [
        ("MedSAM was trained on 1.5 million masks.", 8, ("ma2023", "zhang")),
        ("The authors report a Dice of 0.94, e.g. on CT.", 9, ("chen2024",)),
        ("Is it so?", 9, ("1",)),
        ("UNI is open to all, and agree.", 15, ("2308.15474", "2", "4", "5")),
    ]
    assert draft.works["1"].arxiv_id == "2304.12306"
    assert draft.works["2"].doi == "10.1000/xyz"
    assert draft.works["2308.15474"].arxiv_id == "2308.15474"
    assert draft.bibliographies == ("refs.bib",)


def test_latex() -> None:
    draft = read_latex(LATEX)
    assert said(draft) == [
        ("MedSAM reaches a Dice of 0.94 on 50 % of the tasks.", 6, ("ma2023", "zhang")),
        ("The authors use one large encoder; 12% fail.", 7, ("chen2024", "x")),
        ("The rest is known.", 10, ()),
    ]
    assert draft.works["zhang"].arxiv_id == "2304.12306"
    assert draft.bibliographies == ("refs.bib",)


@pytest.mark.parametrize("read", [read_markdown, read_latex])
def test_ids_and_addresses_in_the_text_cite(read: Callable[[str], Manuscript]) -> None:
    draft = read(
        "MedSAM is a model (arXiv:2304.12306v2). Others follow arXiv:2308.15474.\n\n"
        "It was published (doi:10.1000/xyz) and is at https://doi.org/10.1000/abc, too.\n\n"
        "The code is at https://github.com/a/b now, and doi:none is none."
    )
    assert said(draft) == [
        ("MedSAM is a model.", 1, ("2304.12306",)),
        ("Others follow the paper.", 1, ("2308.15474",)),
        ("It was published and is at, too.", 3, ("10.1000/xyz", "10.1000/abc")),
        ("The code is at now, and doi:none is none.", 5, ()),
    ]
    assert draft.works["2304.12306"].arxiv_id == "2304.12306"
    assert draft.works["10.1000/xyz"].doi == "10.1000/xyz"


def test_links_of_latex_cite() -> None:
    draft = read_latex(
        r"It \href{https://arxiv.org/abs/2304.12306}{is open} (\url{https://a.org})."
    )
    assert said(draft) == [("It is open ().", 1, ("2304.12306",))]


@pytest.mark.parametrize("ending", ["md", "tex"])
def test_a_sentence_stands_where_the_draft_says(ending: str, tmp_path: Path) -> None:
    text = MARKDOWN if ending == "md" else LATEX
    path = tmp_path / f"draft.{ending}"
    path.write_text(text, encoding="utf-8")
    for one in read_draft(path, [], DefaultPdfReader().read).sentences:
        there = text.splitlines()[one.line - 1][one.column - 1 :]
        if not one.text.startswith("The authors"):
            assert there.startswith(one.text.split()[0])


@given(st.text(alphabet="ab.[]@{}\\$%*_()^:-1 \n#|<!>`~", max_size=200))
def test_no_text_is_too_odd(text: str) -> None:
    lines = text.count("\n") + 1
    for draft in (read_markdown(text), read_latex(text)):
        assert all(1 <= one.line <= lines for one in draft.sentences)


def word(path: Path, body: str, head: str = "") -> Path:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = f'<?xml version="1.0"?>{head}<w:document xmlns:w="{space}">{body}</w:document>'
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("word/document.xml", document)
    return path


def paragraph(text: str, style: str = "") -> str:
    name = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{name}<w:r><w:t>{text}</w:t></w:r></w:p>"


def no_pdf(path: Path) -> Any:
    raise AssertionError(path)


def test_word(tmp_path: Path) -> None:
    body = "".join(
        (
            paragraph("Introduction", "Heading1"),
            paragraph("MedSAM is a model [1]. It does this [1]: it segments images."),
            paragraph("UNI isn't (arXiv:2308.15474)."),
            paragraph("References", "Heading1"),
            paragraph("[1] J. Ma. Segment Anything in Medical Images. arXiv:2304.12306, 2023."),
        )
    )
    draft = read_draft(word(tmp_path / "a.docx", body), [], no_pdf)
    assert said(draft) == [
        ("MedSAM is a model.", 2, ("1",)),
        ("It does this: it segments images.", 2, ("1",)),
        ("UNI isn't.", 3, ("2308.15474",)),
    ]
    assert draft.works["1"].arxiv_id == "2304.12306"


def test_a_word_file_that_expands_is_refused(tmp_path: Path) -> None:
    head = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    with pytest.raises(UsageError, match="entities"):
        read_draft(word(tmp_path / "a.docx", paragraph("&b;"), head), [], no_pdf)
    (tmp_path / "b.docx").write_bytes(b"no zip")
    with pytest.raises(UsageError, match="Word"):
        read_draft(tmp_path / "b.docx", [], no_pdf)


def test_a_pdf_is_read_by_page(tmp_path: Path) -> None:
    make_pdf(tmp_path / "a.pdf", 7)
    draft = draft_of(DefaultPdfReader().read(tmp_path / "a.pdf"))
    assert {one.line for one in draft.sentences} == {1, 2, 3}
    assert any("7 thousand masks" in one.text for one in draft.sentences)


def test_the_bibliography_beside_the_draft_is_taken(tmp_path: Path) -> None:
    (tmp_path / "other.bib").write_text("@misc{a, title={Other}}", encoding="utf-8")
    draft = tmp_path / "draft.md"
    draft.write_text("It is so [@a].", encoding="utf-8")
    assert read_draft(draft, [], no_pdf).works["a"].title == "Other"
    (tmp_path / "refs.bib").write_text("@misc{a, title={Named}}", encoding="utf-8")
    draft.write_text("---\nbibliography: refs.bib\n---\nIt is so [@a].", encoding="utf-8")
    assert read_draft(draft, [], no_pdf).works["a"].title == "Named"
    assert read_draft(draft, [tmp_path / "other.bib"], no_pdf).works["a"].title == "Other"


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.odt").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match=r"a\.odt"):
        read_draft(tmp_path / "a.odt", [], no_pdf)
    with pytest.raises(UsageError, match="no file"):
        read_draft(tmp_path / "b.md", [], no_pdf)


def test_ranges_of_numbers_end() -> None:
    assert listed_numbers("3, 5–7") == ["3", "5", "6", "7"]
    assert len(listed_numbers("1-9999")) < 100
