"""PDF files of the user's own: what a list of files and folders comes to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fmqa.errors import UsageError

# Not by name alone: fuzzers and downloads leave PDFs without the suffix.
_PDF_MARK = b"%PDF-"
_MARK_WITHIN = 1024


def find_pdfs(paths: Iterable[Path]) -> list[Path]:
    """The files named, and the PDFs in the folders named, each once, sorted within a folder.

    Hidden files and folders are left out of a folder's listing, and links out of it aren't
    followed.

    Raises:
        UsageError: a path doesn't exist, is neither a file nor a folder, or can't be read now.
    """
    found: dict[Path, None] = {}
    for path in paths:
        try:
            absolute = path.expanduser().resolve()
            is_folder, is_file = absolute.is_dir(), absolute.is_file()
        except (OSError, RuntimeError, ValueError):  # too long, a loop of links, a NUL
            is_folder = is_file = False
        if is_folder:
            try:
                found.update(dict.fromkeys(_in_folder(absolute)))
            except OSError as error:  # such as a drive that is away
                raise UsageError(
                    f"{absolute} can't be read: {error.strerror}.",
                    hint="Look whether its drive is there.",
                ) from error
        elif is_file:
            found[absolute] = None
        else:
            raise UsageError(
                f"There is no file or folder {str(path)[:200]!r}.",
                hint="Give PDF files or folders.",
            )
    return list(found)


def _in_folder(folder: Path) -> Iterable[Path]:
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder).parts
        if any(part.startswith(".") for part in inner) or path.is_symlink():
            continue
        if path.is_file() and (path.suffix.lower() == ".pdf" or _looks_like_pdf(path)):
            yield path


def _looks_like_pdf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _PDF_MARK in file.read(_MARK_WITHIN)
    except OSError:
        return False
