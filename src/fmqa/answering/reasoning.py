"""What of a reply a language model says, and what it only thinks.

Models think between tags, in whatever brackets, or in a channel of their own; and servers leave
their templates' special tokens in what they send. None of that is the answer.
"""

from __future__ import annotations

import re

_NAMED = r"[\w:.-]*"
_THINK = rf"{_NAMED}(?:think|thought|reason|scratch|reflect|analy[sz]){_NAMED}"
_ANSWER = rf"{_NAMED}(?:answer|final|response|reply|output){_NAMED}"
CITE_TAGS = r"(?:sup|cite|citations?|refs?|references?|sources?|quotes?)"
LINE_TAGS = r"(?:p|div|br|hr|[uo]l|li|h[1-6]|table|t(?:head|body|[rdh])|blockquote|html|body)"
INLINE_TAGS = r"(?:b|i|u|em|strong|span|a|mark|small|code|sub)"
"""Names of tags that are a mark's, and of HTML's, as patterns."""


def _tag(name: str, end: str = "") -> str:
    """A pattern for ``<name …>``, ``[NAME]`` or ``◁name▷``; ``end`` is the slash of a closing one.

    In square brackets a name in small letters is the sentence's own.
    """
    return rf"(?:<{end}{name}(?:\s[^<>]*)?>|\[{end}(?-i:(?=[A-Z_]+\])){name}\]|◁{end}{name}▷)"


_ANYWAY = re.DOTALL | re.IGNORECASE
_THOUGHT = re.compile(rf"{_tag(_THINK)}.*?{_tag(_THINK, '/')}", _ANYWAY)
_OPEN = re.compile(rf"{_tag(_THINK)}.*", _ANYWAY)
_LONE_END = re.compile(rf".*{_tag(_THINK, '/')}", _ANYWAY)
_ANSWER_TAGS = re.compile(_tag(_ANSWER, "/?"), re.IGNORECASE)
# What opens a reply between tags that are neither a mark's nor HTML's was said to itself.
_OPENING = re.compile(
    rf"\s*(?:<(?!(?:{CITE_TAGS}|{LINE_TAGS}|{INLINE_TAGS})\b)(?P<name>[a-z]{_NAMED})(?:\s[^<>]*)?>"
    r".*?(?:</(?P=name)>|\Z)|\[(?P<in>(?-i:[A-Z_]+))\].*?\[/(?P=in)\])",
    _ANYWAY,
)
_SPECIAL = re.compile(r"<[|｜]([^|｜<>\n]{1,60})[|｜]>|</?s>|<(?:start|end)_of_turn>|\[/?INST\]")
_SPECIAL_TAG = re.compile(
    rf"<[|｜](?:(?P<end>/|end_)|start_|begin_)?(?:of_)?(?P<name>{_THINK})[|｜]>", re.IGNORECASE
)
# The special tokens behind a message's head: whose it is, and in which channel.
_BEHIND_HEAD = re.compile(r"message|channel|constrain|\w*header\w*", re.IGNORECASE)
_SAID_ALOUD = re.compile(rf"assistant|model|{_ANSWER}", re.IGNORECASE)


def without_reasoning(text: str) -> str:
    """What a model says, without what it thinks and without what its server should have kept.

    Thoughts stand between tags, in whatever brackets, or in a channel of their own; the answer may
    have tags, too. Of a template that opens the reasoning itself only its end is seen.

    >>> without_reasoning("<draft>Hm [2].</draft><answer>It is [1].</answer><|im_end|>")
    'It is [1].'
    """
    text = _THOUGHT.sub("", _message(text))
    text = _OPEN.sub("", _LONE_END.sub("", text, count=1))
    while not _ANSWER_TAGS.match(text.lstrip()) and (thought := _OPENING.match(text)):
        text = text[thought.end() :]
    return _ANSWER_TAGS.sub(" ", text).strip()


def _message(text: str) -> str:
    """The first message of several that special tokens part, of those that are said aloud."""
    text = _SPECIAL_TAG.sub(lambda tag: f"<{'/' if tag['end'] else ''}{tag['name']}>", text)
    head, start = "", 0
    for token in _SPECIAL.finditer(text):
        part, start = text[start : token.start()], token.end()
        if _BEHIND_HEAD.fullmatch(token[1] or ""):
            head += f" {part}"
        elif part.strip() and _is_said(head):
            return part
        else:
            head = ""
    return text[start:] if _is_said(head) else ""


def _is_said(head: str) -> bool:
    """Whether a message under this head is for the user."""
    return all(_SAID_ALOUD.fullmatch(word) for word in head.split())


def thought_ended(text: str) -> bool:
    """Whether thoughts ended that never began: all before was none of the answer."""
    return bool(_LONE_END.match(_THOUGHT.sub("", text)))
