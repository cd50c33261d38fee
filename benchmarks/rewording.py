"""Faithful rewordings of a sentence, by rules that owe nothing to the verifier's.

Each function gives a sentence that says no more than the one it was made of, or None where its
pattern doesn't occur. Half of the synonyms are used for the fit half and the others for the test
half, so that a verifier can't know the ones that it is tested with from those it was fitted on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Reword = Callable[[str, random.Random, str], str | None]

_SYNONYMS = {
    "fit": {
        "uses": "employs", "use": "employ", "used": "employed", "shows": "demonstrates",
        "show": "demonstrate", "showed": "demonstrated", "obtained": "gained", "images": "pictures",
        "method": "approach", "methods": "approaches", "outperforms": "surpasses",
        "outperformed": "surpassed", "large": "big", "performed": "carried out", "many": "numerous",
        "about": "roughly", "trained on": "learned from", "enables": "allows", "needs": "requires",
        "achieves": "attains", "achieved": "attained", "results": "outcomes", "whole": "entire",
        "dataset": "data set", "datasets": "data sets", "because": "since", "several": "multiple",
        "significantly": "considerably", "each": "every", "aim": "goal", "chosen": "selected",
        "removes": "discards", "main": "principal", "keeps": "retains", "found": "discovered",
        "compared with": "relative to", "fine-tuned": "finetuned", "pre-trained": "pretrained",
        "therefore": "thus", "tries": "attempts", "usually": "typically", "entirely": "fully",
    },
    "test": {
        "combines": "merges", "combine": "merge", "consists of": "comprises",
        "built": "constructed",
        "propose": "introduce", "proposed": "introduced", "reported": "stated",
        "provides": "gives", "provide": "give", "important": "essential", "contains": "includes",
        "contain": "include", "difficult": "hard", "improves": "enhances", "improve": "enhance",
        "reduces": "lowers", "reduce": "lower", "outperforms": "beats", "outperformed": "beat",
        "evaluated": "assessed", "evaluate": "assess", "fast": "quick", "predicts": "forecasts",
        "approximately": "around", "over": "more than",
        "collected": "gathered", "adapts": "tailors",
        "requires": "demands", "require": "demand", "helps": "aids", "common": "widespread",
        "created": "produced", "task": "problem", "tasks": "problems", "entire": "complete",
        "labelled": "annotated", "whereas": "while", "additional": "further", "shown": "displayed",
        "scans": "acquisitions", "often": "frequently", "called": "named", "only": "solely",
        "begins": "starts", "ability": "capability", "allows": "permits", "allow": "permit",
        "applied": "employed", "select": "choose", "obtain": "get", "generated": "produced",
    },
}  # fmt: skip
_ABBREVIATIONS = {
    "CT": "computed tomography", "MRI": "magnetic resonance imaging",
    "CNN": "convolutional neural network", "CNNs": "convolutional neural networks",
    "WSIs": "whole-slide images", "OCT": "optical coherence tomography",
    "NLP": "natural language processing", "SGD": "stochastic gradient descent",
    "LoRA": "low-rank adaptation", "VQA": "visual question answering",
    "ViT": "vision transformer", "LLM": "large language model", "LLMs": "large language models",
    "AUC": "area under the curve", "PET": "positron emission tomography",
    "IoU": "intersection over union", "SVM": "support vector machine",
}  # fmt: skip
_OPENERS = re.compile(
    r"^(?:However|Finally|Moreover|Furthermore|Additionally|Therefore|Thus|Hence|In addition"
    r"|In particular|Specifically|For example|For instance|Similarly|Second|First|Third|Further"
    r"|In practice|In this work|In this paper|In general|Note that|As a result|Consequently),? "
    r"(?=[a-zA-Z])"
)
_TAIL = re.compile(
    r"(?:, (?:which|where|whose|thereby|leading|resulting|allowing|enabling|making|using|including"
    r"|such as)|,? (?:whereas|while|because|although|though|so that|even though))\b[^.;,]*\.$"
)
_ADVERB = re.compile(
    r" (?:also|very|significantly|considerably|simply|typically|often|easily|directly|thus"
    r"|therefore|then|further|clearly|strictly|explicitly|additionally|effectively|jointly)(?= )"
)
_PASSIVE = re.compile(
    r"^We (?P<adverb>also |then |further )?(?P<verb>propose|introduce|evaluate|train|use|apply"
    r"|present|perform|compute|compare|add|adopt|employ|measure|test|study|define|develop|report"
    r"|analyze|analyse|conduct|collected|trained|used|evaluated|conducted|tested|designed)"
    r" (?P<object>(?:(?!\b(?:to|that|how|whether|and|or|with|on|in|for|by|as|from|at|also|it"
    r"|if|when|where|using|which|our|both|against|is|are)\b)[^,.;:])+)(?P<rest>[ ,][^:]*)?\.$"
)
_PARTICIPLES = {
    "propose": "proposed", "introduce": "introduced", "evaluate": "evaluated", "train": "trained",
    "use": "used", "apply": "applied", "present": "presented", "perform": "performed",
    "compute": "computed", "compare": "compared", "add": "added", "adopt": "adopted",
    "employ": "employed", "measure": "measured", "test": "tested", "study": "studied",
    "define": "defined", "develop": "developed", "report": "reported", "analyze": "analyzed",
    "analyse": "analysed", "conduct": "conducted",
}  # fmt: skip
_BEATS = re.compile(
    r"^(?P<one>[A-Z][\w-]*(?: [A-Z0-9][\w-]*){0,2}) (?P<adverb>\w+ly )?"
    r"(?P<verb>outperform|exceed|surpass)(?P<form>s|ed|ped)? "
    r"(?P<other>[A-Z][\w-]*(?: [A-Z0-9][\w-]*){0,2})(?P<rest> [^,]*)?\.$"
)
_SMALL = "two three four five six seven eight nine ten eleven twelve".split()


def shorter(text: str, draw: random.Random, half: str) -> str | None:
    """Without its brackets, opening or an adverb."""
    del draw, half
    made = re.sub(r" \([^()]*\)", "", text)
    made = _capital(_OPENERS.sub("", made))
    made = _ADVERB.sub("", made, count=1)
    return _changed(made, text)


def without_a_clause(text: str, draw: random.Random, half: str) -> str | None:
    """Without what hangs on at its end, or what stands before or behind a semicolon."""
    del half
    if "; " in text and text.count("(") == 0:
        parts = text.rstrip(".").split("; ")
        return _whole(_capital(draw.choice(parts)) + ".")
    made = _TAIL.sub(".", text)
    return _whole(made) if made != text and not re.search(r"\bnot\b", made) else None


def passive(text: str, draw: random.Random, half: str) -> str | None:
    """ "We train X on Y" as "X is trained on Y", "A outperforms B" as "B is outperformed by A"."""
    del draw, half
    beaten = _BEATS.match(text)
    if beaten and " than" not in text:
        was = "was" if (beaten["form"] or "").endswith("ed") else "is"
        verb = beaten["verb"].rstrip("e") + "ed"
        adverb, rest = beaten["adverb"] or "", beaten["rest"] or ""
        if " and " in rest:
            return None
        return f"{beaten['other']} {was} {adverb}{verb} by {beaten['one']}{rest}."
    match = _PASSIVE.match(text)
    if match is None or re.search(
        r"\b(?:we|our|us|them|it)\b|, (?:and|then)? ?[a-z]+ ", match["rest"] or ""
    ):
        return None
    thing, verb = match["object"].strip(), match["verb"]
    last = thing.rsplit(maxsplit=1)[-1]
    many = last.endswith("s") and not last.endswith(("ss", "us", "is"))
    be = ("were" if many else "was") if verb.endswith("ed") else ("are" if many else "is")
    said = _PARTICIPLES.get(verb, verb)
    return f"{_capital(thing)} {be} {match['adverb'] or ''}{said}{match['rest'] or ''}."


def synonym(text: str, draw: random.Random, half: str) -> str | None:
    """With one or two words changed for others of the same meaning."""
    table = _SYNONYMS[half]
    there = [word for word in table if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]
    made = text
    for word in draw.sample(there, min(2, len(there))):
        made = re.sub(rf"(?<![\w-]){re.escape(word)}(?![\w-])", table[word], made, count=1)
    return _changed(made, text)


def reordered(text: str, draw: random.Random, half: str) -> str | None:
    """With its opening phrase at the end, or its last clause at the beginning."""
    del draw, half
    match = re.match(
        r"^(?P<head>(?:On|In|For|At|During|After|Before|With|Under|Across|From|To|By) "
        r"[^,;:]{3,60}), (?P<main>[^;:]+)\.$",
        text,
    )
    if match and not re.search(r",| (?:and|or|but|which|that|where|while|as) ", match["main"]):
        return f"{_capital(match['main'])} {_small(match['head'])}."
    match = re.match(
        r"^(?P<main>[^,;:]{20,}?),? (?P<tail>(?:when|if|because|after|whereas|while|although|during"
        r"|before) [^,;:]{8,})\.$",
        text,
    )
    if match and not re.search(r" (?:and|that|which|or|but|than) ", match["main"]):
        return f"{_capital(match['tail'])}, {_small(match['main'])}."
    return None


def other_figures(text: str, draw: random.Random, half: str) -> str | None:
    """With its numbers written in another way, or rounded and said to be."""
    del half
    made = re.sub(r"(\d)%", r"\1 percent", text) if draw.random() < 0.5 else text
    made = re.sub(
        r"(?<![\w.,-])(?:(?:about|over|around|more than|nearly|some|at least|up to|only|than) )?"
        r"(\d{1,3}(?:,\d{3})+)(?![\w.,]*\d)",
        lambda m: _rounded(m.group(0), float(m[1].replace(",", "")), draw),
        made,
    )
    made = re.sub(r"(?<![\w.-])(\d+(?:\.\d+)?)K\b(?!-)", lambda m: f"{float(m[1]):g},000"
                  if "." not in m[1] else m[0], made)  # fmt: skip
    made = re.sub(r"(?<![\w.-])(\d+(?:\.\d+)?)M\b(?!-)", r"\1 million", made)
    if made == text:
        made = re.sub(
            rf"\b({'|'.join(_SMALL)})\b (?=[a-z]+s\b)", lambda m: f"{_SMALL.index(m[1]) + 2} ", text
        )
    if made == text:
        made = re.sub(
            r"(?<![\w.,-])([2-9]|1[0-2]) (?=[a-z]{4,}s\b)", lambda m: f"{_SMALL[int(m[1]) - 2]} ",
            text, count=1,
        )  # fmt: skip
    return _changed(made, text)


def abbreviation(text: str, draw: random.Random, half: str) -> str | None:
    """With an abbreviation written out, or what was written out abbreviated."""
    del draw, half
    made = text
    for short, long in _ABBREVIATIONS.items():
        if re.search(rf"(?<![\w-]){short}(?![\w-])", made) and long not in made.lower():
            made = re.sub(rf"(?<![\w-]){short}(?![\w-])", long, made)
        elif re.search(rf"\b{long}\b(?! \()", made) and not re.search(rf"\b{short}\b", made):
            made = re.sub(rf"\b{long}\b", short, made)
    return _changed(_capital(made), text)


REWORDINGS: dict[str, Reword] = {
    "compression": shorter, "clause dropping": without_a_clause, "passive": passive,
    "synonyms": synonym, "reordering": reordered, "number formats": other_figures,
    "abbreviations": abbreviation,
}  # fmt: skip


def _rounded(written: str, value: float, draw: random.Random) -> str:
    hedged = not written[0].isdigit()
    hedge = written.rsplit(" ", 1)[0] + " " if hedged else "about "
    if value >= 1e6:
        short = f"{value / 1e6:.3g}"
        exact = float(short) * 1e6 == value
        return f"{hedge if hedged or not exact else ''}{short} million"
    if value % 1000 == 0 and draw.random() < 0.5:
        return f"{hedge if hedged else ''}{value / 1000:g} thousand"
    return written.replace(",", "")


def _changed(made: str, text: str) -> str | None:
    return _whole(made) if made != text else None


def _whole(text: str) -> str | None:
    text = re.sub(r"\s+([,.;])", r"\1", " ".join(text.split()))
    return text if len(text.split()) >= 5 and text.count("(") == text.count(")") else None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    first = text.split(maxsplit=1)[0]
    name = any(c.isupper() or c.isdigit() for c in first[1:]) or first.lower() not in _OPENING
    return text if name else text[:1].lower() + text[1:]


_OPENING = frozenset(
    """the a an on in for at during after before with under across from to by this these those it
    they we our all both each most many some when if because whereas while although there as
    users participants models experiments such its their one two three""".split()
)
