"""What the page says, in English and in Chinese.

English is written where it is used, as `say("Stopped.")`, and is the key of its translation; what
changes in it has a name: `say("page {page}", page=4)`. A test reads the sources and holds that
each text has a translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fmqa.apps.web.wording.chinese import CHINESE


@dataclass(frozen=True, slots=True)
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


IN_ENGLISH = Wording("en", "English", "")
IN_CHINESE = Wording("zh", "中文", "zh", CHINESE)
LANGUAGES = (IN_ENGLISH, IN_CHINESE)
