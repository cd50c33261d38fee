"""What a list of files and folders comes to."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from fmqa.errors import UsageError
from fmqa.sources.folder import find_pdfs


def put(path: Path, content: bytes = b"%PDF-1.7\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_folders_are_looked_through(tmp_path: Path) -> None:
    b, a = put(tmp_path / "b.pdf"), put(tmp_path / "a" / "x.PDF", b"")
    unnamed = put(tmp_path / "download", b"\n\n%PDF-1.4")
    put(tmp_path / "notes.txt", b"text")
    put(tmp_path / ".hidden" / "c.pdf")
    put(tmp_path / ".d.pdf")
    assert find_pdfs([tmp_path]) == sorted([a, b, unnamed])


def test_each_file_once_and_a_named_one_whatever_it_is(tmp_path: Path) -> None:
    a, text = put(tmp_path / "a.pdf"), put(tmp_path / "notes.txt", b"text")
    assert find_pdfs([text, a, tmp_path, tmp_path / "." / "a.pdf"]) == [text, a]
    assert find_pdfs([]) == []


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = put(tmp_path / "elsewhere" / "secret.pdf")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.pdf").symlink_to(secret)
    (inside / "folder").symlink_to(secret.parent)
    assert find_pdfs([inside]) == []
    assert find_pdfs([inside / "link.pdf"]) == [secret]  # named by the user himself


@pytest.mark.parametrize("name", ["none.pdf", "x" * 5000, "a\x00b"])
def test_what_does_not_exist(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        find_pdfs([tmp_path / name])


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    with pytest.raises(UsageError):
        find_pdfs([tmp_path / "one"])
    assert find_pdfs([tmp_path]) == []


def test_a_drive_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "folder" / "a.pdf")
    is_file = Path.is_file

    def gone(path: Path) -> bool:
        if path.suffix:
            raise OSError(errno.EIO, "Input/output error")
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", gone)
    with pytest.raises(UsageError, match="can't be read: Input/output error"):
        find_pdfs([tmp_path / "folder"])
