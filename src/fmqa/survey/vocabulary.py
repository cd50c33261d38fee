"""The terms that facets are told in, and the words that papers use for each.

Fitted on notes that the benchmark doesn't measure on (`benchmarks/facets.py`). A pattern is tried
on one sentence, without regard to case where it has no capital.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from fmqa.store.quoted_facets import FacetName

Terms = Mapping[str, re.Pattern[str]]


def _terms(table: Mapping[str, str], before: str = r"\w") -> Terms:
    """Term → pattern. A part of a pattern that holds a capital is tried with regard to case.

    None starts behind one of the characters ``before``.
    """
    return MappingProxyType(
        {term: re.compile(_by_case(pattern, before)) for term, pattern in table.items()}
    )


def _by_case(pattern: str, before: str) -> str:
    parts = [part.strip() for part in pattern.split(" | ")]
    plain = [part for part in parts if not re.search(r"(?<!\\)[A-Z]", part)]
    exact = [part for part in parts if part not in plain]
    told = [rf"(?i:{part})" for part in plain] + exact
    return rf"(?<![{before}])(?:{'|'.join(told)})"


MODALITIES = _terms(
    {
        "X-ray": r"x-?rays?\b | CXRs?\b | radiographs?\b | chest radiograph | mammogra",
        "CT": r"CTs?\b | CBCT\b | computed tomograph",
        "MRI": r"MRIs?\b | MR\b | fMRI\b | magnetic resonance",
        "pathology": r"h?isto(?:logy|logical|patholog)\w* | patholog\w+ | H&E | "
        r"whole[- ]slide | WSIs?\b | slides?\b | stain(?:ed|ing|s)?\b",
        "ultrasound": r"ultrasound | echocardiogra | sonogra | ultrasonic",
        "retina": r"retina\w* | fundus | OCT\b | ophthalm\w+ | optical coherence",
        "endoscopy": r"endoscop\w+ | colonoscop\w+ | polyps?\b | gastroscop",
        "surgical video": r"surgical videos? | surgical | surger(?:y|ies)\b | laparoscop",
        "dermatology": r"dermat\w+ | dermoscop\w+ | skin\b",
        "microscopy": r"microscop\w+ | cell images | fluorescence | cells\b",
        "PET": r"PET\b | PET/CT | positron",
        "natural": r"ImageNet | natural images? | photographs of everyday | SA-1B | "
        r"web images | general-domain | images from the internet | COCO\b | "
        r"image recognition | computer vision",
    }
)
MULTI = re.compile(
    r"(?i)\b(?:(?:\d+|several|many|various|diverse|multiple|different|four|five|six|seven|eight|nine|"
    r"ten|eleven|twelve|all|across|more|any) (?:[\w-]+ ){0,3}?(?:modalities|image types)"
    r"|multi-?modality|biomedical (?:images?|figures?|vision|knowledge|data)"
    r"|image modalities|modalities)\b"
)
"""Says that a paper is of several kinds of images."""
MEDICAL = re.compile(r"(?i)\b(?:bio)?medic\w+|\bclinical|\bradiolog\w+|\bhealth(?:care)?\b")
"""Says that it is of medical images, and not which."""
ALIGNS = re.compile(
    r"(?i)\bcontrast\w+|\baligns?\b|\bpre-?train\w*\b[^.]*\breports?\b|"
    r"\bimages and (?:\w+ ){0,2}reports\b|\balignment\b|\bCLIP\b|"
    r"\bimage[- ](?:text|report|caption)\b"
)
"""Hints at contrastive training where a paper is of images with text."""
INSTRUCTS = re.compile(
    r"(?i)\binstruct\w*|\btuned on\b|\bquestion-answer\b|\bdialogues?\b|\bconversations?\b"
)
"""Hints at instruction tuning where a paper is of a generalist model."""
TESTS = re.compile(r"(?i)\b(?:study|benchmark|audit|compares?|measures|tests?|tested|asks)\b")
"""Hints, in the first sentence, that a finished model is only tried."""
FROM_LABELS = re.compile(
    r"(?i)\btrain(?:ed|s|ing)?\b[^;]*\b(?:masks?|annotat\w+|labell?\w*|segment\w*|datasets?|tasks?|"
    r"scans|volumes|examinations|images)\b|\bend to end\b"
)
"""Hints at supervised training where nothing else is said of how."""

TRAINING = _terms(
    {
        "supervised": r"(?<!self-)(?<!weakly )(?<!weakly-)(?<!semi-)(?<!self )supervised "
        r"(?:training|pre-?training|learning|promptable|multi-?task|with|on) | "
        r"trained (?:with|under) (?:full )?supervision | pre-?trained with supervision | "
        r"fully[- ]supervised | trained on (?:over |about |more than )?[\d,.]+ ?\w* "
        r"image-mask pairs | trained end to end",
        "self-supervised": r"self-?\s?supervis\w+ | DINO(?:v2|v3)?\b | MAE\b | iBOT\b | "
        r"MoCo\b | SimCLR\b | SimMIM\b | masked auto-?encod\w+ | masked image model\w+ | "
        r"self-distill\w+ | without (?:manual |any )?(?:labels|annotation) | "
        r"mask(?:ed|s|ing) (?:\w+ ){0,3}(?:patches|pixels|volumes?|regions) | unlabell?ed",
        "image-text contrastive": r"contrastive(?:ly)?(?: \w+){0,3} (?:image|vision|language|"
        r"visual|video|text|report)[- ](?:text|language|report)\w* | "
        r"image[- ](?:text|report) (?:contrast|contrastive|align)\w* | "
        r"(?:trained|learn\w*) contrastively | contrastive[^.;]{0,60}\b(?:reports?|texts?|"
        r"captions?|sentences)\b | (?:reports?|texts?|captions?)\b[^.;]{0,60}contrast\w+ | "
        r"CLIP (?:recipe|objective|loss|training|pre-?training) | vision-language pre-?train\w+ | "
        r"InfoNCE | align\w* (?:the )?(?:images?|visual)\b[^.;]{0,50}\b(?:text|reports?)",
        "generative": r"caption\w* (?:loss|objective) | CoCa\b | generative(?:ly)? | "
        r"masked language model\w+ | diffusion model | next[- ]token | language model\w* loss | "
        r"auto-?regressive",
        "instruction tuning": r"instruction[- ](?:\w+ )?(?:fine-?)?tun\w+ | "
        r"instruction[- ]follow\w+ | instruction (?:data|samples|pairs|prompts) | \w+-Instruct\b | "
        r"tuned on (?:\S+ ){0,6}(?:question|conversation|dialogue)\w* | visual instruction",
        "fine-tuning": r"fine-?tun(?:e|es|ed)\b | (?:was|were|is|are) (?:\w+ )?tuned | "
        r"(?<!after )(?<!full )(?<!need )(?<!no )(?<!without )"
        r"fine-?tuning (?:\w+ ){0,2}(?:SAM|CLIP|\w*[A-Z]\w+|of|on|with)\b | by fine-?tuning",
        "parameter-efficient fine-tuning": r"LoRA\b | low-rank | parameter-efficient | PEFT\b | "
        r"adapters\b | adapter[- ](?:tun|module|layer|block)\w* | "
        r"(?:inserts?|adds?|light\w*|small|train\w*) (?:\w+ ){0,3}adapter | bias-tuning",
        "prompt learning": r"prompt(?:s)?[- ](?:tuning|learning) | learn\w* prompts? | "
        r"(?:learnable|soft|trainable|learned) (?:\w+ )?prompt\w* | prompt tokens",
        "knowledge distillation": r"(?<!self-)distill?\w*",
        "federated learning": r"federated | FedAvg\b",
        "reinforcement learning": r"reinforcement learning | GRPO\b | PPO\b",
        "weakly or semi-supervised": r"weak(?:ly)?[- ]supervis\w+ | semi-?supervis\w+ | "
        r"weak supervision | pseudo-?labels? | pseudo-masks?",
        "no training": r"zero-shot (?:evaluation|mode|performance of|test) | "
        r"without (?:re-?train|fine-?tun|any train)\w+ | training-free | needs? no training | "
        r"tests? (?:\w+ ){1,4}zero-shot | no (?:re)?training | (?:tested|audit\w*|evaluat\w+|"
        r"compar\w+|measures?) [^.;]{0,60}\b(?:without|zero-shot|unchanged|out of the box) ",
    },
    before=r"\w-",
)

TASKS = _terms(
    {
        "segmentation": r"segment(?:s|ed|ing|ation)?\b | delineat\w+",
        "classification": r"classif(?:y|ies|ied|ication)\w* | diagnos\w+ | subtyp\w+ | grading\b | "
        r"disease recognition",
        "detection": r"detect(?:s|ed|ing|ion)\b | locali[sz]\w+ | grounding\b",
        "retrieval": r"retriev\w+",
        "visual question answering": r"visual question[- ]answering | VQA\b | "
        r"answer(?:s|ing)? (?:\w+ ){0,3}questions | question answering",
        "report generation": r"reports? (?:generation|writing|drafting) | "
        r"(?:generat|writ|draft)\w* (?:\w+ ){0,3}(?:reports?|findings|impressions?)\b",
        "captioning": r"caption(?:ing)\b",
        "representation learning": r"representations? | features\b | embeddings? | "
        r"image encoder for | linear prob\w+",
        "registration": r"registration\b | register(?:s|ed)? (?:pairs|images)",
        "prognosis": r"prognos\w+ | survival | outcome prediction",
        "generation": r"image (?:synthesis|generation) | synthes[ie]\w+ | generates? "
        r"(?:\w+ ){0,3}(?:images?|volumes?|x-rays|scans)",
        "reconstruction": r"image reconstruction | denoising | super-resolution",
        "tracking": r"track(?:s|ed|ing)\b",
    }
)

ARCHITECTURES = _terms(
    {
        "ViT": r"ViT(?:-?[A-Za-z]{1,5})?(?:-?\d{2,3})?(?:/\d+)?(?![\w]) | vision transformers?",
        "Swin Transformer": r"Swin(?:[- ]?\w*)?\b",
        "SAM 2": r"SAM ?-?2(?:\.1)?\b | Segment Anything Model 2\b",
        "SAM": r"SAM\b(?! ?-?2) | Segment Anything Model\b(?! 2)",
        "nnU-Net": r"nnU-?Net\b",
        "U-Net": r"(?<!nn)(?:\dD )?U-?Nets?\b | UNETR\b",
        "ResNet": r"ResNe[tX]t?(?:-?\d+)?\b | residual network",
        "DenseNet": r"DenseNet(?:-?\d+)?\b",
        "EfficientNet": r"EfficientNet\S*",
        "ConvNeXt": r"ConvNeXt\S*",
        "CNN": r"CNNs?\b | convolutional (?:neural )?networks?",
        "CLIP": r"CLIP\b",
        "SigLIP": r"SigLIP\b",
        "BERT": r"\w*BERT\b",
        "Q-Former": r"Q-Former\b",
        "LLaVA": r"LLaVA\b",
        "LLaMA": r"LLaMA(?:[- ]?\d+)?\b | Llama(?:[- ]?\d+(?:\.\d)?)?\b",
        "Vicuna": r"Vicuna\b",
        "Qwen": r"Qwen\S*",
        "Mamba": r"Mamba\b | state[- ]space",
        "diffusion model": r"diffusion model\w* | Stable Diffusion",
        "large language model": r"(?:large )?language models?\b | LLMs?\b",
        "Perceiver": r"Perceiver\b",
        "mask decoder": r"mask decoder",
        "prompt encoder": r"prompt encoder",
        "text encoder": r"text encoder | report encoder",
        "Transformer": r"transformers?\b",
        "Mask R-CNN": r"(?:Mask|Faster) R-CNN",
        "low-rank adapters": r"LoRA\b | low-rank (?:matrices|adapt\w+)",
        "adapters": r"adapters?\b",
    },
    before=r"\w-",
)

CHALLENGES = _terms(
    {
        "data scarcity": r"scarc\w+ | few (?:labels|labell?ed|annotat|example|images|samples) | "
        r"lack of (?:\w+ ){0,3}(?:data|annotations?|labels|datasets?) | limited (?:\w+ ){0,3}"
        r"(?:data|annotations?|labels|size|datasets?|amount|training) | "
        r"(?:expensive|costly|laborious|time-consuming) (?:\w+ ){0,3}(?:annotat|label)\w* | "
        r"annotation (?:cost|burden|effort) | without (?:\w+ )?labels | small (?:\w+ ){0,2}"
        r"(?:datasets?|data sets?|collections) | shortage | dearth | label-efficient | "
        r"label efficiency | no (?:\w+ )?labels | data-hungry | little (?:labell?ed )?data",
        "domain adaptation": r"domain (?:gap|shift|adaptation|difference)s? | "
        r"(?:gap|differ\w*|difference) (?:between|from) (?:natural|general) | "
        r"distribution shift | natural (?:images? )?(?:to|and) medical | out[- ]of[- ]domain | "
        r"(?:fails?|poor\w*|worse|weak\w*|lower) (?:\w+ ){0,4}(?:on|for|in) medical | "
        r"not (?:trained|made|designed) for medical | low contrast | weak boundar\w+",
        "robustness": r"robust\w* | generali[sz]ation | out[- ]of[- ]distribution | fairness | "
        r"bias(?:es|ed)?\b | noisy\b | unfair\w* | shortcuts? | adversarial | artefacts?",
        "interpretability": r"interpretab\w+ | explainab\w+ | explanations? | explains? | "
        r"transparen\w+ | black[- ]box | visual reasoning | grounded",
        "compute": r"comput(?:e|ation|ational|ing) (?:cost|burden|demand|resource|expens|power|"
        r"constraint)\w* | less (?:\w+ )?(?:memory|computation|compute) | lightweight | "
        r"real[- ]time | (?:memory|GPU) (?:cost|use|usage|footprint|demand) | faster | "
        r"expensive to (?:train|run) | laptop | low-resource | on a CPU | inference time",
        "efficient fine-tuning": r"parameter-efficient | PEFT\b | LoRA\b | low-rank | "
        r"(?:few|fewer|small|fraction|less than)[^.;]{0,40}\bparameters | "
        r"adapters?\b | full fine-tuning (?:is|costs?|needs) | prompt tuning",
        "hallucination": r"hallucinat\w+ | factual\w* (?:error|correct|consisten)\w* | "
        r"made-up | confabulat\w+ | invent(?:s|ed)?\b",
        "privacy and federated learning": r"privacy | federated | confidential | "
        r"without sharing | data sharing",
        "3D": r"3D\b | volumetric | slice by slice | three-dimensional",
    }
)

SOLUTIONS = _terms(
    {
        "self-supervised pre-training": r"self-?supervis\w+ | DINO(?:v2|v3)?\b | "
        r"masked auto-?encod\w+ | masked image model\w+ | contrastive self",
        "vision-language supervision": r"image-text | (?:radiology |pathology )?reports? (?:as|"
        r"supply|provide|serve) | vision-language pre-?train\w* | contrastive\w* (?:with|on) "
        r"(?:\w+ ){0,3}(?:text|reports?)",
        "large-scale pre-training data": r"(?:pre-?)?trained on (?:\S+ ){0,8}(?:million|[\d,]{6,}) "
        r"| large[- ]scale (?:\w+ ){0,2}(?:data|pre-?train)\w*",
        "parameter-efficient fine-tuning": r"parameter-efficient | LoRA\b | low-rank | "
        r"adapters\b | adapter[- ](?:tun|module|layer|block)\w* | "
        r"(?:inserts?|adds?|light\w*|small|train\w*) (?:\w+ ){0,3}adapter | bias-tuning",
        "prompting and prompt learning": r"prompt(?:s)?[- ](?:tuning|learning|engineering) | "
        r"learnable prompt\w* | in-context | automatic prompt\w* | visual prompt\w*",
        "knowledge distillation": r"(?<!self-)distill?\w*",
        "federated learning": r"federated",
        "synthetic data": r"synthetic (?:data|images|samples|x-rays|masks|labels) | "
        r"synthes[ie]\w+ | domain randomi[sz]\w+ | GPT-4[- ]generated",
        "retrieval and external knowledge": r"retrieval-augment\w+ | knowledge (?:graph|base|"
        r"enhanc\w+|inject\w+) | UMLS\b | knowledge-enhanced | web search",
        "weak and semi-supervision": r"weak(?:ly)?[- ]supervis\w+ | semi-?supervis\w+ | "
        r"pseudo-?(?:labels?|masks?) | weak supervision",
        "3D and volumetric design": r"3D (?:adapter|convolution|decoder|encoder|attention|U-?Net|"
        r"vision|network|model|version|design|architecture|SAM)\w* | volumetric "
        r"(?:encoder|transformer|attention)",
        "lightweight models": r"lightweight | smaller (?:model|encoder|network)s? | "
        r"token (?:merging|pruning) | prun(?:es|ing)",
        "explanation and grounding": r"grounding | grounded | concept bottleneck | "
        r"attention maps? | saliency | prototypes? | chain[- ]of[- ]thought | reasoning",
        "benchmark or open data": r"(?:is|provides?|releases?|introduces?) (?:an? |the )?"
        r"(?:\w+ ){0,4}"
        r"(?:benchmark|dataset|data set|corpus)",
        "reinforcement learning": r"reinforcement learning | GRPO\b",
    }
)

OF_FACET: Mapping[FacetName, Terms] = MappingProxyType(
    {
        FacetName.MODALITY: MODALITIES,
        FacetName.TRAINING: TRAINING,
        FacetName.TASK: TASKS,
        FacetName.CHALLENGE: CHALLENGES,
        FacetName.SOLUTION: SOLUTIONS,
    }
)
"""The facets that are told in terms, and in which."""
