"""Authors' names in the parts that bibliographies want, from the one string of the record."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|II|III|IV", re.I)
_GROUP = re.compile(
    r"\b(?:consortium|collaborations?|group|team|network|initiative|alliance|society|university|"
    r"institute|investigators)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name in parts, or a whole one in ``literal`` (a group, a name of one word)."""

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""

    @property
    def sorted_form(self) -> str:
        """ "van der Maaten, Jr., Laurens", as BibTeX and RIS order the parts."""
        if self.literal:
            return self.literal
        family = f"{self.particle} {self.family}".strip()
        return ", ".join(part for part in (family, self.suffix, self.given) if part)

    @property
    def shown(self) -> str:
        """What a short reference calls him: the family name with its particle."""
        return self.literal or f"{self.particle} {self.family}".strip()


def parse_name(text: str) -> Name:
    """A name as printed, "First von Last Jr." or "von Last, First", in parts.

    The particle is told as BibTeX tells it, by its small letters (B. Beeton's and O. Patashnik's
    rules in "BibTeXing", 1988, section 4).

    >>> parse_name("Laurens van der Maaten").sorted_form
    'van der Maaten, Laurens'
    """
    text = " ".join(text.split())
    head, comma, rest = text.partition(",")
    if comma and rest.strip() and "," not in rest and not _SUFFIX.fullmatch(rest.strip()):
        particle, family = _split_particle(head.split())
        return Name(family, rest.strip(), particle) if family else Name(literal=text)
    words = text.replace(",", " ").split()
    if len(words) < 2 or _GROUP.search(text):
        return Name(literal=text)
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    first = next((at for at in range(1, len(words) - 1) if _small(words[at])), len(words) - 1)
    particle, family = _split_particle(words[first:])
    return Name(family, " ".join(words[:first]), particle, suffix)


def _split_particle(words: list[str]) -> tuple[str, str]:
    end = 0
    while end < len(words) - 1 and _small(words[end]):
        end += 1
    return " ".join(words[:end]), " ".join(words[end:])


def _small(word: str) -> bool:
    return word[:1].islower()
