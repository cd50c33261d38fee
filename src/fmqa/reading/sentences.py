"""Sentences of scientific prose, by rules.

A full stop ends a sentence unless it belongs to an abbreviation, an initial, a number, an address,
or the text goes on in small letters. Rules of this kind reach the accuracy of trained splitters on
papers (Read et al., "Sentence Boundary Detection: A Long Solved Problem?", COLING 2012) and cost
nothing to load.
"""

from __future__ import annotations

import re

from fmqa.reading.wordlist import ideographs, words

# Never at a sentence's end, in lower case and without the stop.
_ALWAYS = words(
    "e.g i.e cf vs viz resp approx et fig figs eq eqs eqn eqns tab tabs sec secs sect ref refs "
    "alg thm def prop lem cor chap chaps app supp suppl vol vols pp no nos nr dr drs prof mr mrs "
    "ms st jr sr phd ed eds rev gen col lt sgt capt hon univ dept assoc proc conf trans intl int "
    "jan feb mar apr jun jul aug sep sept oct nov dec ca incl excl ibid op w.r.t s.t a.k.a i.i.d "
    "m.sc b.sc ph.d u.s u.k e.u min max avg std ave deg temp conc wt spp sp var subsp bzw vgl z.b "
    "d.h u.a sog usw"
)
# At a sentence's end when a capital follows.
_SOMETIMES = words("al etc")
# Words and names of their own, too: at a sentence's end when one follows that opens sentences.
_WORDS_TOO = words(
    "no min max app col gen ed deg wt op int def dec sp spp var conc temp avg std u.s u.k u.s.a "
    "ph.d p.m a.m i.i.d jr sr inc ltd co corp eq"
)
# Never at the end of a sentence before a digit or an opening bracket.
_BEFORE_NUMBER = words("fig figs eq eqs no nos sec tab ref vol pp p ch art al")
# "Figure. 3" and "Table. A.1", as some print it.
_LABELLED = words("Figure Figures Table Tables Section Sections Appendix Algorithm Equation")
_LABEL = re.compile(r"(?:[A-Z]\.?)?\d")

_STOP = re.compile(
    r"(?P<mark>[.!?…]+|[。！？])(?P<close>[\"'”’»)\]}」』）】]*)"
    r"(?P<cite>(?:\s?\[\d[\d,;\s–-]*\])*)(?P<gap>\s+|$|(?<=[。！？])|(?<=[。！？][”’」』）】])|(?<=[\"”’)\]])(?=[A-Z]))"
)
_TOKEN = re.compile(r"[^\s(\[{\"“'‘/,;—–]*$")
_OPENERS = "\"'“‘«([{*•–—-"
_OPEN_END = ",;–—-(=+×·∈<>≤≥≈"
# Small words that no sentence, heading or item of a list ends with.
_GOES_ON = words(
    "the a an of and or but is are was were be by as to with for from that which on at into than "
    "our their its this these we"
)
_BREAK = re.compile(r"\n+")
_STOPS = ".!?。！？:"
# A line of signs without a word, which an equation or a piece of one is.
_EQUATION = re.compile(
    r"(?:(?=[^\n]*[=+<>≤≥∈∑∏∫−×·|])(?![^\n]*[^\W\d_]{4})[^\n]{1,120}"
    r"|(?![^\n]*[^\W\d_]{3})[^\n]{1,40})(?:\n|$)"
)
_LONGEST_TOKEN = 40


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Offsets ``(start, end)`` of the text's sentences.

    Spans are ordered, don't overlap, begin and end on visible characters, and cover all of them.
    A line break ends a sentence unless the next line goes on with a small letter.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for end in [*_ends(text), len(text)]:
        piece = text[start:end]
        body = piece.strip()
        if body:
            begin = start + len(piece) - len(piece.lstrip())
            spans.append((begin, begin + len(body)))
        start = end
    return spans


def _ends(text: str) -> list[int]:
    ends = set()
    for match in _STOP.finditer(text):
        if _is_end(text, match):
            ends.add(match.end())
        elif match["cite"][:1].isspace() and match["mark"] == "." and not _abbreviates(text, match):
            ends.add(match.end("close"))  # "It ends here. [3] says more."
    ends |= {match.end() for match in _BREAK.finditer(text) if _is_break(text, match)}
    return sorted(ends)


def _abbreviates(text: str, match: re.Match[str]) -> bool:
    word = _word_before(text, match.start()).lower()
    return word in _ALWAYS or word in _SOMETIMES or word in _WORDS_TOO


def _word_before(text: str, at: int) -> str:
    found = _TOKEN.search(text[max(0, at - _LONGEST_TOKEN) : at])
    return found[0] if found else ""


def _is_break(text: str, match: re.Match[str]) -> bool:
    """Whether a line break parts two sentences (a heading without stop, an item of a list)."""
    before = text[max(0, match.start() - 1) : match.start()]
    after = text[match.end() : match.end() + 1]
    if len(match[0]) > 1:
        return True
    if after.islower() or before in _OPEN_END or after in ",.;:)=∈×≤≥≈":
        return False
    if before not in _STOPS and (ideographs(after) or _EQUATION.match(text, match.end())):
        return False
    return _word_before(text, match.start()) not in _GOES_ON


def _is_end(text: str, match: re.Match[str]) -> bool:
    mark, after = match["mark"], _after(text, match.end())
    if mark[0] in "。！？" or not after:
        return True
    if mark[0] in "!?":
        return not after[0].islower()
    if mark in ("...", "…", ".."):
        return after[0].isupper() or after[0] in '“"'
    return _stop_ends(text, match, after)


def _stop_ends(text: str, match: re.Match[str], after: str) -> bool:  # noqa: PLR0911
    """Whether a full stop ends a sentence, by the word before it and what follows it."""
    token = _word_before(text, match.start())
    lowered = token.lower()
    first = after[0]
    if first.islower() and not _odd_name(after):
        return False
    if match["close"] or match["cite"]:
        return lowered not in ("fig", "eq", "e.g", "i.e") or bool(match["close"])
    if first.isdigit() and lowered in _BEFORE_NUMBER:
        return False
    if token in _LABELLED and _LABEL.match(after):
        return False
    if lowered in _WORDS_TOO:
        return _first_word(after) in _STARTERS
    if lowered in _SOMETIMES:
        return first.isupper() and not (lowered == "al" and _cites(after))
    if lowered in _ALWAYS or _is_initial(text, match.start(), token):
        return False
    if token.isdigit() and _is_number_label(text, match.start(), token):
        return False
    return first.isalnum() or first in _OPENERS or not first.isascii()


def _after(text: str, at: int) -> str:
    """The next few characters, after opening quotes and brackets."""
    rest = text[at : at + 24].lstrip()
    bare = rest.lstrip("\"'“‘«([{")
    return bare or rest


def _first_word(text: str) -> str:
    match = re.match(r"[^\W\d_]+", text)
    return match[0] if match else ""


def _odd_name(after: str) -> bool:
    """Names that begin small (nnU-Net, iPhone, pH) may open a sentence."""
    word = re.match(r"[A-Za-z0-9-]+", after)
    return bool(word) and any(mark.isupper() for mark in word[0][1:6])  # type: ignore[index]


def _cites(after: str) -> bool:
    return bool(re.match(r"\(?\d{4}|\[?\d|[A-Z]\.", after))


def _is_initial(text: str, at: int, token: str) -> bool:
    """A. Einstein, J.-P. Serre; but not "in vitamin A." before a new sentence's article."""
    bare = token.rsplit(".", 1)[-1].rsplit("-", 1)[-1]
    if len(bare) != 1 or not bare.isalpha() or not bare.isupper():
        return False
    if "." in token or "-" in token:
        return True
    following = re.match(r"\.?\s*([^\W\d_]+)", text[at : at + 30])
    word = following[1] if following else ""
    if word in _STARTERS:
        return False
    before = text[max(0, at - 30) : at - 1].rstrip()
    previous = re.search(r"([^\s]+)$", before)
    # After a small word ("of type A.") it is a label, after a name or nothing an initial.
    return (
        previous is None
        or not previous[1][-1:].islower()
        or previous[1][:1].isupper()
        or (previous[1] in ("and", "by", "of"))
    )


_STARTERS = words(
    "The This These Those That A An In On At For From With We Our It Its They Their However "
    "Moreover Furthermore As To When While If Since Because Thus Therefore Hence There Here Both "
    "Each All Some Most Many Such Note Then After Before Finally First Second Next"
)


def _is_number_label(text: str, at: int, token: str) -> bool:
    """``1.`` that opens a line or the text is a list's or heading's number."""
    begin = at - len(token)
    return len(token) <= 2 and (begin == 0 or text[begin - 1] == "\n")
