"""What the page says, in English and in Chinese.

English is written where it is used, as `say("Stopped.")`, and is the key of its translation in
`chinese.toml`; what changes in it has a name: `say("page {page}", page=4)`. A test reads the
sources and holds that each text has a translation.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files


@dataclass(frozen=True)
class Wording:
    """Says the page's texts in one language.

    ``code`` is the language as in HTML; ``path`` the page's address after the server's.
    """

    code: str
    name: str
    path: str
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __call__(self, english: str, **values: object) -> str:
        """The text in this language, or as it stands where there is no translation."""
        text = self.texts.get(english, english)
        return text.format(**values) if values else text

    def translated(self, english: str) -> str:
        """The same for what the program tells, which has its names and numbers in it already."""
        if not self.texts or english in self.texts:
            return self(english)
        for pattern, text in self._patterns:
            if found := pattern.fullmatch(english):
                values = {name: self.translated(value) for name, value in found.groupdict().items()}
                return text.format(**values)
        return english

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """The texts with names in braces and more beside, those that say most first."""
        known = [english for english in self.texts if "{" in english and _plain(english)]
        known.sort(key=_plain, reverse=True)
        return [(_pattern(english), self.texts[english]) for english in known]


IN_ENGLISH = Wording("en", "English", "")
IN_CHINESE = Wording(
    "zh",
    "中文",
    "zh",
    tomllib.loads(files("fmqa.apps.web").joinpath("chinese.toml").read_text("utf-8")),
)
LANGUAGES = (IN_ENGLISH, IN_CHINESE)


def _plain(english: str) -> int:
    """How many letters of a text stand outside of its braces."""
    return sum(map(str.isalpha, re.sub(r"\{\w+\}", "", english)))


def _pattern(english: str) -> re.Pattern[str]:
    """What matches a text whatever stands for the names in its braces."""
    parts = []
    for plain, name, _, _ in string.Formatter().parse(english):
        parts.append(re.escape(plain))
        if name:
            parts.append(f"(?P<{name}>.+?)")
    return re.compile("".join(parts), re.DOTALL)
