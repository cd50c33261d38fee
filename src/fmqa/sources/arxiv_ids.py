"""arXiv identifiers: their grammar, and where they stand in texts, addresses and DOIs.

New style ``YYMM.NNNN`` (to 2014) and ``YYMM.NNNNN``, old style ``archive(.SC)/YYMMNNN``, each with
an optional version (arXiv's "Understanding the arXiv identifier").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from fmqa.errors import UsageError

_NEW = r"(?:0[7-9]|[1-9]\d)(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD = r"[a-z]+(?:-[a-z]+)?(?:\.[a-z]{2})?/(?:9[1-9]|0[0-7])(?:0[1-9]|1[0-2])\d{3}"
# Without ASCII, other scripts' digits and letters such as the long s would be taken too.
_FLAGS = re.IGNORECASE | re.ASCII
_ID = re.compile(rf"(?P<id>{_NEW}|{_OLD})(?:v(?P<version>[1-9]\d?))?", _FLAGS)
_DOI = re.compile(r"10\.48550/arxiv\.(?P<rest>.+)", _FLAGS)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)*arxiv\.org")
_DOI_HOSTS = frozenset({"doi.org", "dx.doi.org", "www.doi.org"})
_PATH = re.compile(r"/(?:abs|pdf|html|format|ps|e-print|src)/(?P<rest>.+?)/?", _FLAGS)


@dataclass(frozen=True, slots=True)
class ArxivId:
    """A paper on arXiv, in one version where one is named."""

    bare: str
    version: int | None = None

    def __str__(self) -> str:
        return self.bare if self.version is None else f"{self.bare}v{self.version}"

    @property
    def file_name(self) -> str:
        """The name of its PDF in a folder of papers."""
        return f"{str(self).replace('/', '_')}.pdf"


def parse_stem(stem: str) -> ArxivId | None:
    """The id that a file's name without its ending is; "_" stands there for an old id's slash."""
    return parse_id(stem.replace("_", "/"))


def parse_id(text: str) -> ArxivId | None:
    """The id that ``text`` is, with or without ``arXiv:`` before it; None where it is none."""
    cleaned = re.sub(r"^arxiv:\s*", "", text.strip(), flags=re.IGNORECASE)
    match = _ID.fullmatch(cleaned)
    if match is None:
        return None
    version = match["version"]
    return ArxivId(_canonical(match["id"]), int(version) if version else None)


def parse_address(url: str) -> ArxivId | None:
    """The id in an address of arXiv's (``/abs/``, ``/pdf/``, …) or of its DOIs; None elsewhere."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"}:
        return None
    if host in _DOI_HOSTS:
        return parse_doi(unquote(parts.path).lstrip("/"))
    match = _PATH.fullmatch(unquote(parts.path)) if _HOST.fullmatch(host) else None
    return parse_id(re.sub(r"\.(?:pdf|ps|ps\.gz)$", "", match["rest"])) if match else None


def parse_doi(doi: str) -> ArxivId | None:
    """The id in one of arXiv's own DOIs, ``10.48550/arXiv.…``."""
    match = _DOI.fullmatch(doi.strip().rstrip("."))
    return parse_id(match["rest"]) if match else None


def asked_id(text: str) -> ArxivId:
    """What a user means by an id or an address.

    Raises:
        UsageError: it is neither an arXiv id nor an address of arXiv's.
    """
    found = parse_id(text) or parse_address(text) or parse_doi(text)
    if found is None:
        raise UsageError(
            f"{text[:200]!r} is no arXiv id or address.",
            hint="Give ids such as 2304.12306 or 2310.15161v3, https://arxiv.org/abs/… addresses, "
            "PDF files or folders.",
        )
    return found


def _canonical(bare: str) -> str:
    """Old-style ids without their subject class, which arXiv itself leaves out."""
    lower = bare.lower()
    if "/" not in lower:
        return lower
    archive, number = lower.split("/")
    return f"{archive.split('.')[0]}/{number}"
