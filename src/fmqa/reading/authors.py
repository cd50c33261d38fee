"""The authors' names, from the lines between the title and the abstract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fmqa.reading.wordlist import ideographs, words

_SEPARATOR = re.compile(
    r"[,，、；;·•|&\d⁰¹²³⁴-⁹∗*†‡§¶♯#⋆✉⊥]+|\s+and\s+|^and\s+|\s{3,}|\(.*?\)", re.IGNORECASE
)
_ORGANISATION = re.compile(
    r"universi|institu|departe?a?ment|dipartim|laborator|\blabs?\b|school|college|facult|hospital|"
    r"cent(?:er|re)|research|academy|division|group|google|microsoft|facebook|\bmeta\b|deepmind|"
    r"openai|nvidia|amazon|\bibm\b|corporation|\binc\b|\bltd\b|gmbh|company|technolog|science|"
    r"medicine|clinic|\bbrain\b|team|ministry|council|society|foundation|contribut|author|equal|"
    r"member|ieee|student|fellow|abstract|keyword|published|received|accepted|dated|street|"
    r"avenue|\broad\b|\bcnrs\b|\beth\b|\bmit\b|\bep(?:fl)?\b|inria|collaboration|conference|"
    r"大学|大學|医院|醫院|学院|學院|研究|中心|公司|实验室|實驗室|"
    r"proceedings|journal|preprint|\bvol\b|https?:|www\.|@",
    re.IGNORECASE,
)
_PARTICLES = words("van von der den de di da del della dos du la le el al bin ibn ter ten zu")
_WORD = re.compile(r"[^\W\d_][^\W\d_.'’`-]*(?:[.'’`-]+[^\W\d_]*)*")
_MOST = 200


def find_authors(lines: Iterable[str], stated: str) -> tuple[str, ...]:
    """Names in the order of the page; those of the metadata where the page shows none.

    Args:
        lines: mended lines of the block between title and abstract.
        stated: what the file's metadata says.
    """
    found: dict[str, None] = {}
    for line in _whole_names(lines):
        found.update(dict.fromkeys(_in_line(line)))
    if not found and stated:
        found.update(dict.fromkeys(_in_line(stated)))
    return tuple(list(found)[:_MOST])


def _whole_names(lines: Iterable[str]) -> Iterator[str]:
    """The lines, with a name that a line's end parted ("…, Sebastian / Wirkert, …") made whole."""
    held = ""
    for printed in lines:
        first = _SEPARATOR.split(printed, maxsplit=1)[0].strip()
        line = f"{held} {printed}" if held and _WORD.fullmatch(first) else printed
        held = ""
        parts = _SEPARATOR.split(line)
        last = parts[-1].strip()
        if len(parts) > 2 and _WORD.fullmatch(last) and len(last) > 1:
            held = last
        yield line


def _in_line(line: str) -> list[str]:
    """The names before the first word that only organisations have."""
    names: list[str] = []
    if re.match(r"[\d∗*†‡§¶]", line) and _ORGANISATION.search(line):
        return []
    for part in _SEPARATOR.split(line):
        bare = part.strip(" .:-–—'’")
        if _ORGANISATION.search(bare):
            # "Kaiming He Microsoft Research": the name and its house are one piece of text.
            break
        names += [bare] if 2 <= ideographs(bare) == len(bare) <= 4 else _names(bare)
    return names


def _names(text: str) -> list[str]:
    words = text.split()
    if not 2 <= len(words) <= 12 or not all(_WORD.fullmatch(word) for word in words):
        return []
    if any(word[0].islower() and word.lower() not in _PARTICLES for word in words):
        return []
    if words[-1].islower() or sum(len(word.strip(".")) > 1 for word in words) < 1:
        return []
    if text.isupper() and all(len(word.strip(".")) < 4 for word in words):
        return []
    if len(words) >= 4 and len(words) % 2 == 0 and all(_full(word) for word in words):
        # Names set side by side without a sign between them.
        return [_cased(" ".join(words[i : i + 2])) for i in range(0, len(words), 2)]
    return [_cased(text)] if len(words) <= 5 else []


def _full(word: str) -> bool:
    return "." not in word and len(word) > 1 and word.lower() not in _PARTICLES


def _cased(name: str) -> str:
    """A name set in capitals, as it is written elsewhere."""
    if not name.isupper():
        return name
    return re.sub(r"[^\W\d_]+", lambda match: match[0].capitalize(), name)
