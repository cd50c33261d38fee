"""Sentences that say something else than the one they were made of, by rules of their own.

Each function changes one thing that matters and leaves a sentence that reads as well as before, or
gives None where there is nothing of its kind. The names that are put in stand in other sentences of
the collection, so that they are real ones and of the same kind.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Alter = Callable[[str, random.Random], str | None]

_FIGURE = re.compile(
    r"(?<![\w.,/-])(?P<figure>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?![\w/]|[.,]\d|-[A-Z\d])"
)
# Each line holds things that stand in each other's place.
_UNITS = (
    ("million", "billion", "thousand"), ("hours", "days", "weeks", "minutes", "seconds"),
    ("images", "patients", "videos"), ("slides", "patches", "hospitals"), ("voxels", "pixels"),
    ("epochs", "iterations"), ("GB", "MB", "TB"), ("tasks", "datasets", "modalities"),
    ("parameters", "layers"), ("scans", "patients"), ("tokens", "sentences"),
    ("participants", "papers"), ("classes", "organs"), ("mm", "cm"), ("GeV", "TeV", "MeV"),
    ("volumes", "slices"), ("GPUs", "TPUs"), ("years", "months"), ("points", "boxes"),
    ("pairs", "triplets"), ("heads", "blocks"),
)  # fmt: skip
_METRICS = (
    ("accuracy", "AUC", "precision", "recall", "sensitivity"), ("Dice", "IoU", "F1"),
    ("AUROC", "AUPRC", "accuracy"), ("F1", "Dice", "recall"), ("BLEU", "ROUGE", "METEOR"),
    ("IoU", "Dice"), ("AUC", "accuracy", "F1"), ("perplexity", "BLEU"),
    ("error", "accuracy"), ("recall", "precision"), ("sensitivity", "specificity"),
    ("mAP", "IoU"), ("FLOPs", "latency"), ("runtime", "perplexity"),
)  # fmt: skip
_MODELS = (
    ("MedSAM", "SAM-Med2D", "nnU-Net", "UniverSeg", "Swin UNETR", "STU-Net", "SegVol"),
    ("BiomedCLIP", "PLIP", "MedCLIP", "CONCH", "EyeCLIP", "PubMedCLIP"),
    ("LLaVA-Med", "RadFM", "Med-Flamingo", "GPT-4V", "Med-PaLM M"), ("DINOv2", "MAE", "SimCLR"),
    ("SAM", "DINOv2", "CLIP"), ("Virchow", "UNI", "Prov-GigaPath", "CHIEF"), ("CLIP", "ALIGN"),
    ("ViT", "BiT", "EfficientNet"), ("ResNet", "DenseNet", "VGG"), ("BERT", "RoBERTa", "T5"),
    ("FlashAttention", "Linformer", "Performer"), ("ReAct", "Reflexion"), ("GPT-2", "T5", "BERT"),
    ("TransUNet", "AttnUNet", "V-Net"), ("U-Net", "V-Net", "SegNet"), ("Transformer", "LSTM"),
    ("Faster R-CNN", "YOLO"), ("RETFound", "VisionFM"), ("LoRA", "BitFit"), ("CoOp", "MaPLe"),
    ("Paper Plain", "ScholarPhi"), ("GPT-4", "Gemini", "Claude"), ("Grad-CAM", "SHAP", "LIME"),
    ("CT-FM", "Merlin"), ("SAT", "SegVol"), ("ResNets", "DenseNets"), ("nnU-Net", "MONAI"),
    ("CRFs", "SVMs"), ("SAM 2", "XMem"), ("PaLM-540B", "LaMDA-137B"),
)  # fmt: skip
_DATASETS = (
    ("ImageNet", "JFT-300M", "CIFAR-100", "Places365"), ("JFT-300M", "ImageNet-21k"),
    ("CIFAR-10", "SVHN", "MNIST"), ("MIMIC-CXR", "CheXpert", "PadChest"), ("TCGA", "CPTAC"),
    ("HotPotQA", "TriviaQA", "NaturalQuestions"), ("FEVER", "SciFact"), ("ALFWorld", "MiniGrid"),
    ("TotalSegmentator", "AMOS", "FLARE"), ("COCO", "ADE20K", "LVIS"), ("MIMIC-III", "eICU"),
    ("PubMed Central", "Wikipedia"), ("VQA-RAD", "PathVQA", "SLAKE"), ("BTCV", "AMOS"),
    ("WSJ", "OntoNotes"), ("CheXpert", "PadChest"), ("WebShop", "ALFWorld"), ("Synapse", "ACDC"),
    ("PASCAL", "Cityscapes"), ("UK Biobank", "ADNI"), ("BraTS", "KiTS"),
    ("PMC-15M", "LAION-5B"), ("SA-1B", "LAION-5B"), ("Fever", "SciFact"), ("Path-X", "ListOps"),
    ("Synapse multi-organ", "ACDC cardiac"), ("OpenWebText", "BookCorpus"), ("LiTS", "KiTS"),
    ("MSD", "AMOS"), ("WMT 2014", "IWSLT 2017"), ("ROCO", "MIMIC-CXR"),
)  # fmt: skip
_MODALITIES = (
    ("CT", "MRI", "PET"), ("MRI", "CT", "ultrasound"), ("chest X-ray", "brain MRI"),
    ("X-ray", "ultrasound"), ("ultrasound", "mammography"), ("X-rays", "ultrasounds"),
    ("radiology", "dermatology"), ("pathology", "radiology"), ("retinal", "dental"),
    ("OCT", "MRI"), ("endoscopy", "microscopy"), ("radiographs", "photographs"),
    ("endoscopic", "dermoscopic"), ("electron microscopy", "light microscopy"), ("text", "video"),
    ("3D", "2D"), ("2D", "3D"), ("fundus photography", "angiography"),
    ("histopathology", "cytology"), ("video", "text"), ("videos", "photographs"),
)  # fmt: skip
_DIRECTIONS = {
    "higher": "lower", "lower": "higher", "better": "worse", "worse": "better", "more": "fewer",
    "fewer": "more", "larger": "smaller", "smaller": "larger", "faster": "slower",
    "slower": "faster", "less": "more", "increases": "decreases", "increase": "decrease",
    "increased": "decreased", "reduces": "increases", "reduce": "increase", "reduced": "increased",
    "improves": "worsens", "improve": "worsen", "improved": "worsened", "outperforms":
    "underperforms", "outperform": "underperform", "outperformed": "underperformed",
    "raises": "lowers", "raised": "lowered", "loses": "gains", "highest": "lowest",
    "lowest": "highest", "longer": "shorter", "shorter": "longer", "easier": "harder",
    "harder": "easier", "gains": "losses", "exceeded": "fell short of", "stronger": "weaker",
    "exceeds": "falls short of", "earlier": "later", "deeper": "shallower", "before": "after",
    "after": "before", "without": "with", "most": "least", "at least": "at most",
    "largest": "smallest", "smallest": "largest", "increasing": "decreasing", "above": "below",
    "decreasing": "increasing", "reducing": "increasing", "strong": "weak", "high": "low",
    "low": "high", "easy": "difficult", "difficult": "easy", "minimum": "maximum",
    "maximum": "minimum", "cheaper": "costlier", "degrade": "improve", "degrades": "improves",
}  # fmt: skip
_NOT_BEFORE = {"more": r" than one|over", "most": r" of|ly", "high": r"-"}
_BASES = {
    "achieves": "achieve", "uses": "use", "shows": "show", "performs": "perform", "has": "have",
    "allows": "allow", "requires": "require", "provides": "provide", "contains": "contain",
    "outperforms": "outperform", "improves": "improve", "needs": "need", "reduces": "reduce",
    "works": "work", "helps": "help", "leads": "lead", "depends": "depend", "gives": "give",
    "makes": "make", "covers": "cover", "combines": "combine", "exceeds": "exceed",
    "produces": "produce", "keeps": "keep", "adds": "add", "takes": "take", "learns": "learn",
    "consists": "consist", "supports": "support", "enables": "enable", "yields": "yield",
    "generalises": "generalise", "holds": "hold", "names": "name", "includes": "include",
    "achieved": "achieve", "used": "use", "showed": "show", "performed": "perform",
    "outperformed": "outperform", "improved": "improve", "exceeded": "exceed", "reached": "reach",
    "found": "find", "raised": "raise", "beat": "beat", "gave": "give", "attained": "attain",
    "saw": "see", "surpassed": "surpass", "surpasses": "surpass",
}  # fmt: skip
_BE = re.compile(r"\b(?P<be>is|are|was|were|can|could|should|will|does|do|did)\b(?! not|n't| so\b)")
_OBJECT_END = (
    r"(?=[.,;:]| (?:by|on|in|for|with|at|when|while|and|across|to|without|from|as|over)\b)"
)
_THING = r"[A-Za-z][\w/-]*(?: (?!on |in |for |with |at |by |and |to )[\w/-]+){0,3}"
_SUBJECT = (
    r"(?P<head>(?:^|(?<=[,;:] )(?:and |while |but |that )?)(?:We (?:find|observe|show) that )?)"
)
_BEATS = re.compile(
    _SUBJECT + rf"(?P<one>{_THING}?)(?P<verb> (?:(?:\w+ly|often|also) )?(?:outperform(?:s|ed)?"
    r"|exceed(?:s|ed)?|surpass(?:es|ed)?|beats?|dominates?|(?:is|are|was|were) (?:\w+ly )?(?:more"
    r"|less) [\w-]+(?: [\w-]+)? than|(?:is|are|was|were) (?:\w+ly |much |many times )?\w+er than"
    r"|(?:perform|work|score|generali[sz]e)(?:s|ed)? (?:\w+ )?(?:better|worse|higher|lower) than"
    r"|(?:is|are|was|were) (?:better|worse|superior|inferior) (?:than|to)|(?:has|have|had|needs?"
    r"|needed|requires?|uses?) (?:\w+ )?(?:more|fewer|less) [\w-]+(?: [\w-]+){0,2} than) )"
    rf"(?P<other>(?:the )?{_THING}?){_OBJECT_END}"
)
_RATHER = re.compile(
    r"\b(?P<prep>by|of|on|with|over|in|as|from|at|uses?|using|used|report|needs?|keeps?) "
    r"(?P<one>(?:(?!(?:by|of|on|with|over|in|as|from|at|and|to) )[\w/-]+ ?){1,4})(?<! )"
    r"(?P<verb> (?:rather than|instead of) (?:(?P=prep) )?)"
    rf"(?P<other>(?!by |of |on |with |over |in |as |from |at |to |using ){_THING}?){_OBJECT_END}"
)
_FROM_TO = re.compile(
    r"\bfrom (?P<one>\d[\d.,]*%?|[A-Z][\w-]+)(?P<verb> to )"
    r"(?P<other>\d[\d.,]*\d%?|\d%?|[A-Z][\w-]+)"
)
_PAIRED = re.compile(
    r"(?P<one>\d[\d.,]*%?)(?P<verb> (?:on|for|in|with) (?P<a>[A-Za-z][\w-]+(?: [A-Za-z][\w-]+)?)"
    r",? and )(?P<other>\d[\d.,]*\d%?|\d%?)(?= (?:on|for|in|with) )"
)


def other_number(text: str, draw: random.Random) -> str | None:
    """One figure changed in one digit, or taken from another place of the sentence."""
    found = list(_FIGURE.finditer(text))
    if not found:
        return None
    match = draw.choice(found)
    old = match["figure"]
    others = [m["figure"] for m in found if m["figure"] != old]
    if others and draw.random() < 0.3:
        return _put(text, match, "figure", draw.choice(others))
    places = [at for at, c in enumerate(old) if c.isdigit()][:3]
    at = draw.choice(places)
    digits = [d for d in "123456789" if d != old[at]]
    return _put(text, match, "figure", old[:at] + draw.choice(digits) + old[at + 1 :])


def other_unit(text: str, draw: random.Random) -> str | None:
    """What a figure counts, or the scale that it is in, changed."""
    choices = []
    for group in _UNITS:
        for word in group:
            for match in re.finditer(rf"(?<=\d[ ]){word}\b|(?<=\d ){word}\b", text):
                others = [o for o in group if o != word and not _named(o, text)]
                choices += [(match, other) for other in others]
    for match in re.finditer(r"(?<=\d)(?:[KM])\b", text):
        choices.append((match, "M" if match.group() == "K" else "K"))
    for match in re.finditer(
        r"(?<=\d )(?:[\w-]+ )(?P<unit>" + "|".join(w for g in _UNITS for w in g) + r")\b", text
    ):
        group = next(g for g in _UNITS if match["unit"] in g)
        others = [o for o in group if not _named(o, text)]
        choices += [(_Sub(match, "unit"), other) for other in others]
    if not choices:
        return None
    place, other = draw.choice(choices)
    return text[: place.start()] + other + text[place.end() :]


def _named(word: str, text: str) -> bool:
    """Whether a text has a word, in the singular or the plural."""
    one = word.removesuffix("s") if word.islower() else word
    return re.search(rf"\b{one}", text) is not None


class _Sub:
    """A group of a match, with a match's start and end."""

    def __init__(self, match: re.Match[str], group: str) -> None:
        self._span = match.span(group)

    def start(self) -> int:
        """Where it begins."""
        return self._span[0]

    def end(self) -> int:
        """Where it ends."""
        return self._span[1]


def _exchange(groups: tuple[tuple[str, ...], ...]) -> Alter:
    """One of the groups' names, at all its places, changed for another that isn't there."""

    def altered(text: str, draw: random.Random) -> str | None:
        choices = [
            (name, other)
            for group in groups
            for name in group
            if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)
            for other in group
            if other != name and not re.search(rf"\b{re.escape(other)}\b", text)
        ]
        if not choices:
            return None
        name, other = draw.choice(choices)
        return re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", other, text)

    return altered


def negated(text: str, draw: random.Random) -> str | None:
    """Denied where it was affirmed, or the other way round."""
    if re.search(r"\b(?:not|cannot|no|never|fails?|failed) ", text) and draw.random() < 0.7:
        made = _affirmed(text)
        if made:
            return made
    choices: list[tuple[int, int, str]] = []
    for match in _BE.finditer(text):
        choices.append((match.end(), match.end(), " not"))
    for word, base in _BASES.items():
        for match in re.finditer(rf"(?<=[a-zA-Z\d] ){word}\b(?! not)", text):
            before = text[: match.start()].rsplit(maxsplit=1)[-1]
            if before.lower() in _NO_VERB_AFTER or before.endswith("ly"):
                continue
            helper = "did" if word.endswith("ed") or word in _PAST else "does"
            put = draw.choice([f"{helper} not {base}", _failing(helper, base)])
            choices.append((match.start(), match.end(), put))
    if not choices:
        return None
    start, end, put = draw.choice(choices)
    return text[:start] + put + text[end:]


_PAST = frozenset("found beat gave saw".split())
_NO_VERB_AFTER = frozenset(
    """is are was were be been being has have had and or the a an of to by with in on as not which
    its their our it that for from these those""".split()
)


def _failing(helper: str, base: str) -> str:
    return f"{'failed' if helper == 'did' else 'fails'} to {base}"


def _affirmed(text: str) -> str | None:
    for pattern, put in _AFFIRMING:
        made = re.sub(pattern, put, text, count=1)
        if made != text:
            return made
    return None


_AFFIRMING = (
    (r"\b(is|are|was|were|can|could|should|will|do|does|did) not\b", r"\1"),
    (r"\bcannot\b", "can"),
    (r"\b(with|has|have|had|need|needs|is|are|was|were) no\b", r"\1 a"),
    (r"\bnever ", "always "),
    (r"\bfail(?:s|ed)? to\b", "manages to"),
)


def other_direction(text: str, draw: random.Random) -> str | None:
    """A word of direction changed for its opposite."""
    choices = [
        match
        for word in _DIRECTIONS
        for match in re.finditer(rf"(?<![\w-]){word}(?![\w-]){_unless(word)}", text)
        if not re.search(r"\b(?:not|no|any|even|at|one or) $", text[: match.start()])
    ]
    if not choices:
        return None
    match = draw.choice(choices)
    return text[: match.start()] + _DIRECTIONS[match.group()] + text[match.end() :]


def _unless(word: str) -> str:
    return f"(?!{_NOT_BEFORE[word]})" if word in _NOT_BEFORE else ""


def swapped(text: str, draw: random.Random) -> str | None:
    """The two sides of a comparison, a choice or a change, each in the other's place."""
    del draw
    for pattern in (_BEATS, _RATHER, _FROM_TO, _PAIRED):
        match = pattern.search(text)
        if match is None:
            continue
        one, other, verb = match["one"].strip(), match["other"].strip(), match["verb"]
        if pattern is _BEATS:
            if _is_no_side(one) or _is_no_side(other) or text[match.end() :].startswith(" and "):
                continue
            verb = _agreeing(verb, other)
        if one.lower() == other.lower():
            continue
        first = match.start("one") == 0
        put = (_cap(other) if first else other) + verb.rstrip(" ") + " "
        put += _low(one) if first else one
        return text[: match.start("one")] + put + text[match.end("other") :]
    return None


def _is_no_side(side: str) -> bool:
    """Whether words are no thing of their own that could stand as a subject."""
    words = side.lower().split()
    return bool(_NO_SIDE & set(words)) or words[-1].endswith("ly")


def _agreeing(verb: str, subject: str) -> str:
    """The verb in the number of its new subject."""
    last = subject.rsplit(maxsplit=1)[-1]
    many = last.endswith("s") and not last.endswith(("ss", "us", "is", "S")) and last.islower()
    for one, several in _AGREE:
        if many and re.search(rf"\b{one}\b", verb):
            return re.sub(rf"\b{one}\b", several, verb)
        if not many and re.search(rf"\b{several}\b", verb):
            return re.sub(rf"\b{several}\b", one, verb)
    return verb


_AGREE = (
    ("is", "are"), ("was", "were"), ("has", "have"), ("outperforms", "outperform"),
    ("exceeds", "exceed"), ("surpasses", "surpass"), ("beats", "beat"), ("performs", "perform"),
    ("needs", "need"), ("requires", "require"), ("uses", "use"), ("works", "work"),
    ("dominates", "dominate"), ("scores", "score"),
)  # fmt: skip
_NO_SIDE = frozenset(
    """it they we this these those which that there and or as what both all none expected usual
    one so but while when if not its where have has had trained performed described matched learned
    evaluated used can could may might would that in of than report labelled""".split()
)


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]


def _low(text: str) -> str:
    word = text.split(maxsplit=1)[0]
    plain = word.isalpha() and word[1:].islower() and word.lower() in _COMMON
    return text[:1].lower() + text[1:] if plain else text


_COMMON = frozenset(
    """the a an our all most many some convolutional hybrids full larger smaller deeper models
    networks""".split()
)

ALTERATIONS: dict[str, Alter] = {
    "number": other_number, "unit": other_unit, "metric": _exchange(_METRICS),
    "model": _exchange(_MODELS), "dataset": _exchange(_DATASETS),
    "modality": _exchange(_MODALITIES), "negation": negated, "direction": other_direction,
    "swapped comparands": swapped,
}  # fmt: skip


def _put(text: str, match: re.Match[str], group: str, value: str) -> str:
    return text[: match.start(group)] + value + text[match.end(group) :]
