"""The numbers that are printed on a file's pages, which often aren't their places in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from fmqa.reading.lines import RawPage

_MARGIN = 0.1  # of the page's height, at its head and at its foot
_NUMBER = re.compile(r"\d{1,5}")
_FEWEST_PAGES = 2
_LEAST_SHARE = 0.6  # of the pages, that carry the number which the others ask for
_LONGEST = 12  # characters of a label


def page_labels(pages: Sequence[RawPage]) -> tuple[str, ...]:
    """What each page calls itself; empty where all are called by their place in the file.

    The file's own labels count; where it has none, numbers at head or foot that go up with the
    pages. A page before the first number (a cover) is called nothing.
    """
    stated = tuple(page.label if len(page.label) <= _LONGEST else "" for page in pages)
    if any(label and label != str(at) for at, label in enumerate(stated, 1)):
        return stated
    offsets = Counter(offset for page in pages for offset in set(_offsets(page)))
    offset, count = max(offsets.items(), key=lambda one: (one[1], -abs(one[0])), default=(0, 0))
    if not offset or count < max(_FEWEST_PAGES, _LEAST_SHARE * len(pages)):
        return ()
    numbers = (page.number + offset for page in pages)
    return tuple(str(number) if number > 0 else "" for number in numbers)


def _offsets(page: RawPage) -> Iterator[int]:
    """How far the numbers at the page's head and foot are from its place in the file."""
    low, high = _MARGIN * page.height, (1 - _MARGIN) * page.height
    for line in page.lines:
        if line.upright and (line.top < low or line.bottom > high):
            words = page.text_of(line).strip(" \r\n|-–—·").split() or [""]
            for word in {words[0], words[-1]}:
                if _NUMBER.fullmatch(word):
                    yield int(word) - page.number
