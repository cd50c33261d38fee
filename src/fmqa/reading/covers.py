"""Cover sheets that archives and publishers lay before a paper."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fmqa.reading.lines import RawPage

# Each stands on one house's sheets and in no paper's first page.
_SURE = re.compile(
    r"HAL is a multi-?disciplinary open access|archive ouverte pluridisciplinaire|"
    r"See discussions, stats,? and author profiles for this publication|"
    r"PDF file of an? (?:unedited manuscript|article that has undergone)|"
    r"JSTOR is a not-for-profit|This is a repository copy of|"
    r"Citation for (?:published version|the original published paper)|"
    r"If you believe that this document breaches copyright|"
    r"Your article is (?:published under|protected by)|"
    r"Archivio (?:Istituzionale|istituzionale)|Research Explorer|Repository Cover Sheet",
)
_LIKELY = re.compile(
    r"^\W*(?:accepted manuscript|journal pre-?proofs?|author'?s accepted manuscript|"
    r"to cite this version|to cite this article|please cite this article as|pii:|to appear in:|"
    r"citations|reads|received date:|accepted date:|general rights|take ?down policy|"
    r"download date|document version|publication status|terms of use|version of record|"
    r"hal id:.*|https?://hal\..*|for additional information.*|deposited (?:on|in).*|"
    r"the user has requested enhancement.*)",
    re.IGNORECASE | re.MULTILINE,
)
_HYPHEN = re.compile(r"[\ufffe\x02]|-[\r\n]+")
_PAPER = re.compile(r"^\W*(?:\d\.?\s+)?introduction\s*$", re.IGNORECASE | re.MULTILINE)
_FEWEST_LIKELY = 3
_MOST = 2  # sheets before a paper
_LONGEST = 6000  # characters


def count_covers(pages: Sequence[RawPage]) -> int:
    """How many pages of a file stand before the paper's own first page."""
    count = 0
    while count < min(_MOST, len(pages) - 1) and _is_cover(pages[count]):
        count += 1
    return count


def _is_cover(page: RawPage) -> bool:
    text = page.raw
    if len(text) > _LONGEST or _PAPER.search(text):
        return False
    words = " ".join(_HYPHEN.sub("", text).split())
    likely = {match[0].strip().casefold()[:12] for match in _LIKELY.finditer(text)}
    return _SURE.search(words) is not None or len(likely) >= _FEWEST_LIKELY
