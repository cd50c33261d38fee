"""Which language a question is in, and words of the field for where no model can translate.

Papers are in English, so a question in another language is searched for, answered and checked in
English. Scripts tell most languages; those in Latin letters are told by their small words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

ENGLISH = "en"
NAMES: dict[str, str] = {
    "en": "English",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "ru": "Russian",
    "ar": "Arabic",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
}
"""The languages that are told apart, by ISO 639-1 code."""

_SCRIPTS = (
    ("HIRAGANA", "ja"),
    ("KATAKANA", "ja"),
    ("HANGUL", "ko"),
    ("CJK", "zh"),
    ("CYRILLIC", "ru"),
    ("ARABIC", "ar"),
)
_LEAST_SHARE = 0.15  # of a question's letters; model names are in Latin letters in all languages
_SMALL_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(
        "the of and is are was were how what which who why when does do on in to with for many "
        "much from that by an be has have can between".split()
    ),
    "de": frozenset(
        "der die das und ist sind wurde wurden wie was welche welcher welches warum wer auf mit "
        "für viele viel von dass bei ein eine einem einer zu im den dem nicht werden "
        "zwischen".split()
    ),
    "fr": frozenset(
        "le la les des du et est sont était quels quelles quel quelle comment combien pourquoi qui "
        "sur avec pour dans que par un une aux entre il elle ont été en".split()
    ),
    "es": frozenset(
        "el la los las del y es son fue fueron cómo como qué que cuántas cuántos cuál cuáles por "
        "quién con para en un una entre se ha han sobre al".split()
    ),
    "it": frozenset(
        "il lo la gli le dei del della e è sono fu come che quali quale quanti quante perché chi "
        "con per su un una tra nel sono stati stato di".split()
    ),
    "pt": frozenset(
        "o os as dos das do da e é são foi foram como que quais qual quantas quantos por quem com "
        "para em um uma entre no na se não".split()
    ),
}
_LEAST_SMALL_WORDS = 2
_WORD = re.compile(r"[^\W\d_]+")

# Longest first when they are used, so that a phrase goes before its parts.
GLOSSARY: dict[str, str] = {
    "基础模型": "foundation model", "大模型": "foundation model", "医学影像": "medical imaging",
    "医学图像": "medical image", "视觉语言": "vision-language", "多模态": "multimodal",
    "预训练": "pre-training", "训练数据": "training data", "训练": "trained", "微调": "fine-tuning",
    "参数高效": "parameter-efficient", "参数": "parameters", "数据集": "dataset", "数据": "data",
    "架构": "architecture", "结构": "architecture", "编码器": "encoder", "解码器": "decoder",
    "分割": "segmentation", "分类": "classification", "检测": "detection", "配准": "registration",
    "报告生成": "report generation", "放射学": "radiology", "报告": "report", "病理": "pathology",
    "全切片": "whole-slide", "切片": "slides", "视网膜": "retinal", "眼底": "fundus",
    "超声": "ultrasound", "内窥镜": "endoscopy", "皮肤": "dermatology", "胸部": "chest",
    "X光片": "X-ray images", "X光": "X-ray", "X 光": "X-ray", "核磁共振": "MRI", "磁共振": "MRI",
    "图像": "images", "影像": "imaging", "扫描": "scans", "掩码": "masks",
    "图文对": "image-text pairs",
    "自监督": "self-supervised", "对比学习": "contrastive learning",
    "掩码自编码": "masked autoencoder",
    "知识蒸馏": "knowledge distillation", "联邦学习": "federated learning", "隐私": "privacy",
    "提示": "prompt", "零样本": "zero-shot", "少样本": "few-shot", "可解释性": "interpretability",
    "域适应": "domain adaptation", "领域适应": "domain adaptation", "计算": "computing",
    "成本": "cost", "挑战": "challenges", "局限": "limitations", "解决方案": "solutions",
    "鲁棒": "robustness", "公平": "fairness", "偏差": "bias", "性能": "performance",
    "准确率": "accuracy", "评估": "evaluation", "临床": "clinical", "应用": "application",
    "综述": "survey", "论文": "papers", "模型": "model", "方法": "method", "任务": "tasks",
    "肿瘤": "tumour", "癌症": "cancer", "三维": "3D", "二维": "2D",
    "视觉问答": "visual question answering",
    "患者": "patients", "病人": "patients", "许可": "licence", "它": "it",
    "第一个": "the first one", "第二个": "the second one", "更多": "tell me more", "继续": "go on",
    "多少": "how many", "如何": "how", "怎么": "how", "怎样": "how", "什么": "what",
    "哪些": "which",
    "哪个": "which", "为什么": "why", "区别": "difference", "比较": "compare",
    "相比": "compared with",
    "我应该": "should I", "我的": "my", "这张": "this", "是否": "whether", "与": "and", "和": "and",
}  # fmt: skip
"""Chinese terms of the field and of questions, in English."""


def language_of(text: str) -> str:
    """The code of the language that a text is in; English where there is no telling."""
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return ENGLISH
    scripts = Counter(code for letter in letters if (code := _script(letter)))
    if scripts and sum(scripts.values()) >= _LEAST_SHARE * len(letters):
        return "ja" if scripts["ja"] else scripts.most_common(1)[0][0]
    words = [word.casefold() for word in _WORD.findall(text)]
    hits = {code: sum(word in known for word in words) for code, known in _SMALL_WORDS.items()}
    best = max(hits, key=lambda code: hits[code])
    if hits[best] >= _LEAST_SMALL_WORDS and hits[best] > hits[ENGLISH]:
        return best
    return ENGLISH


def by_glossary(text: str) -> str:
    """A text with the terms that are known in English, and what is in Latin letters already.

    No translation, but enough to search by.
    """
    for term in sorted(GLOSSARY, key=len, reverse=True):
        text = text.replace(term, f" {GLOSSARY[term]} ")
    kept = "".join(c if c.isascii() else " " for c in unicodedata.normalize("NFKC", text))
    words = " ".join(kept.split())
    return f"{words.rstrip(' ?')}?" if words else ""


def terms_in(text: str) -> list[tuple[str, str]]:
    """The glossary's terms in a text, longest first, each with its English."""
    found = []
    for term in sorted(GLOSSARY, key=len, reverse=True):
        if term in text:
            found.append((term, GLOSSARY[term]))
            text = text.replace(term, " ")
    return found


def _script(letter: str) -> str:
    if letter.isascii():
        return ""
    name = unicodedata.name(letter, "")
    return next((code for script, code in _SCRIPTS if name.startswith(script)), "")
