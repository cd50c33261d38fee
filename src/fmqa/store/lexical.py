"""Words to look for in a question.

Stop words are left out because an OR query that holds them reads most of the index: 16 ms
against 163 ms at 100,000 passages (see docs/design.md).
"""

from __future__ import annotations

import re

# The function words of the SMART list that carry no meaning in a question.
STOP_WORDS = frozenset(
    """a about above after again against all also am an and any are as at be because been
    before being below between both but by can could did do does doing down during each
    few for from further had has have having he her here hers him his how i if in into
    is it its itself just me more most my no nor not now of off on once only or other
    our out over own same she should so some such than that the their them then there
    these they this those through to too under until up very was we were what when where
    which while who whom why will with would you your""".split()
)
_WORD = re.compile(r"[^\W_]+")
_MOST_TERMS = 64


def terms(text: str) -> list[str]:
    """The words of ``text`` that are worth looking for, lower case, each once, in order."""
    words = dict.fromkeys(_WORD.findall(text.lower()))
    return [word for word in words if word not in STOP_WORDS][:_MOST_TERMS]
