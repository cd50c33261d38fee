"""Bibliography files, and the places of PDFs in the forms of the common reference managers."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmqa.errors import UsageError
from fmqa.reading.bibliography.reference_files import read_reference_file
from fmqa.sources.zotero import Item


def read(folder: Path, text: str, name: str = "refs.bib") -> dict[str, Item]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return {item.key: item for item in read_reference_file(path)}


def a_pdf(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF-1.7")
    return path


def test_works_of_a_bib_file(tmp_path: Path) -> None:
    works = read(
        tmp_path,
        "@article{ma2023, title={Segment {Anything} in Medical Images}, year=2023,\n"
        "  author={Ma, Jun and He, Yuting}, eprint={2304.12306v2}}\n"
        "@misc{broken, title={x\n"
        '@misc{doi, title={Na\\"ive}, doi={10.1000/xyz}}\n'
        "@misc{doi, title={Again}}\n",
    )
    assert set(works) == {"ma2023", "doi"}
    ma = works["ma2023"]
    assert (ma.citekey, ma.work.title) == ("ma2023", "Segment Anything in Medical Images")
    assert ma.work.authors == ("Ma, Jun", "He, Yuting")
    assert (ma.work.year, ma.work.arxiv_id) == (2023, "2304.12306")
    assert (works["doi"].work.title, works["doi"].work.doi) == ("Naïve", "10.1000/xyz")


@pytest.mark.parametrize(
    "field",
    [
        "Full Text PDF:{path}:application/pdf",  # Zotero
        "Snapshot:/nowhere/page.html:text/html;Full Text:{path}:application/pdf",
        "{path}",  # Better BibTeX
        "/nowhere/page.html;{path}",
        ":{relative}:PDF",  # JabRef
        "A description\\; with marks:{relative}:PDF",
        ":{unrooted}:pdf",  # Mendeley
        "{relative}",
    ],
)
def test_the_places_of_files(tmp_path: Path, field: str) -> None:
    path = a_pdf(tmp_path / "files" / "a b_c.pdf")
    told = field.format(
        path=path, relative=path.relative_to(tmp_path), unrooted=str(path).lstrip("/")
    )
    item = read(tmp_path, f"@misc{{a, title={{T}}, file={{{told}}}}}")["a"]
    assert (item.file, item.missing) == (path, "")


def test_marks_in_paths_are_escaped(tmp_path: Path) -> None:
    path = a_pdf(tmp_path / "a;b: c.pdf")
    told = path.name.replace(";", "\\;").replace(":", "\\:")
    assert read(tmp_path, f"@misc{{a, title={{T}}, file={{:{told}:PDF}}}}")["a"].file == path


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    item = read(tmp_path, "@misc{a, title={T}, file={:gone/away.pdf:PDF}}")["a"]
    assert item.file is None
    assert str(tmp_path / "gone" / "away.pdf") in item.missing
    assert read(tmp_path, "@misc{a, title={T}, file={:page.html:text/html}}")["a"].missing == ""


def test_the_name_of_a_file_is_no_id(tmp_path: Path) -> None:
    item = read(tmp_path, "@misc{a, title={T}, file={:arXiv 2304.12306.pdf:PDF}}")["a"]
    assert item.work.arxiv_id is None


def test_works_of_a_ris_file(tmp_path: Path) -> None:
    path = a_pdf(tmp_path / "files" / "1" / "Ma.pdf")
    works = read(
        tmp_path,
        "TY  - JOUR\nTI  - Segment anything in medical images\nAU  - Ma, Jun\nAU  - He, Yuting\n"
        "PY  - 2024/01/22/\nDO  - 10.1038/s41467-024-44824-z\nL1  - http://x.org/a.pdf\n"
        "L1  - files/1/Ma.pdf\nER  - \n\n"
        "TY  - JOUR\nID  - wu1\nT1  - Another\nA1  - Wu, Ada\nY1  - 2020\n"
        "UR  - https://arxiv.org/abs/2310.15161\nER  - \n",
        "refs.ris",
    )
    ma, wu = works["maSegmentAnythingMedical2024"], works["wu1"]
    assert (ma.file, ma.work.doi, ma.work.year) == (path, "10.1038/s41467-024-44824-z", 2024)
    assert ma.work.authors == ("Ma, Jun", "He, Yuting")
    assert (wu.citekey, wu.work.title, wu.work.arxiv_id) == ("wu1", "Another", "2310.15161")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.bib"):
        read_reference_file(tmp_path / "gone.bib")
