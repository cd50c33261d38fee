"""Names that mean the same in medical imaging, written out or as an abbreviation."""

from __future__ import annotations

import re
from functools import lru_cache

# Short form → long form, both lower case, where the initials of the long form don't say it.
ABBREVIATIONS: dict[str, str] = {
    "us": "ultrasound",
    "he": "hematoxylin and eosin",
    "vit": "vision transformer",
    "lora": "low-rank adaptation",
    "mae": "masked autoencoder",
    "auc": "area under the curve",
}


@lru_cache(1 << 15)
def normal_name(name: str) -> str:
    """A name as it is compared: lower case, without hyphens and a plural's s."""
    plain = re.sub(r"[^a-z0-9+]", "", name.lower())
    return plain[:-1] if plain.endswith("s") and len(plain) > 3 else plain


def title_lead(title: str) -> str:
    """What a title calls its model: the part before its colon; the whole title without one."""
    return title.split(":", maxsplit=1)[0].strip()
