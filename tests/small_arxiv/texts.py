"""Made-up English for made-up papers: names, titles and sentences, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

FIRST = (
    "Ada Alan Amara Anton Beatriz Bruno Carla Chiara David Elena Emil Fatima Felix Grace Hana "
    "Henrik Ines Ivan Jana Jonas Kenji Lara Leo Lucia Marta Mateo Mina Nadia Nils Olga Omar Paula "
    "Pedro Rosa Samir Sara Stefan Tomas Vera Yuki"
).split()
LAST = (
    "Abelard Almeida Bauer Bergström Castellan Delacroix Dimitrov Eriksen Falk Ferrante Gallo "
    "Haddad Hartmann Ibáñez Ito Jansen Kaplan Keller Kowalski Lindqvist Lombardi Marchetti Mendes "
    "Moreau Müller Nakamura Novak Okafor Oliveira Pavlov Petrov Quintero Rahman Ricci Rossi Sato "
    "Schneider Silva Sørensen Tanaka Torres Ueda Varga Vidal Weber Yamada Zeller Zhou"
).split()
ORGANS = (
    "liver|pancreas|kidney|prostate|spleen|heart|lung|retina|spinal cord|hippocampus|thyroid|"
    "breast|colon|bladder|aorta|knee cartilage"
).split("|")
MODALITIES = (
    "computed tomography|magnetic resonance imaging|ultrasound|chest radiography|histology slides|"
    "fundus photography|endoscopy video|mammography|positron emission tomography|dermoscopy"
).split("|")
TASKS = "segmentation detection registration classification reconstruction report-writing".split()
METHODS = (
    "masked image modelling|contrastive learning|prompt tuning|knowledge distillation|"
    "test-time adaptation|low-rank adapters|self-training|curriculum learning|diffusion priors|"
    "graph attention|federated averaging|sparse mixtures of experts"
).split("|")
MANNERS = (
    "Few-Shot|Zero-Shot|Label-Efficient|Open-Vocabulary|Semi-Supervised|Promptable|Lightweight|"
    "Uncertainty-Aware|Cross-Domain|Multi-Task|Long-Tailed|Interactive"
).split("|")
BACKBONES = (
    "a vision transformer|a convolutional encoder|a hybrid encoder with windowed attention|"
    "a state space model|a hierarchical transformer|a residual network"
).split("|")
SITES = (
    "four hospitals in two countries|a single university clinic|eleven public collections|"
    "a regional screening programme|three outpatient centres|a multi-year cohort study"
).split("|")

_HEADS = "Cor Len Mar Nor Pal Ren Sol Tal Ver Zel Bel Dor Fen Gal Hel Kal".split()
_MIDDLES = "a e i o u ara eno ivo ona ulu".split()
_TAILS = "Seg Net Former Med Vision CLIP Scan Lens Adapt Graph".split()


@dataclass(frozen=True)
class Profile:
    """What a made-up paper is about: its sentences and title are made from this."""

    name: str
    organ: str
    other_organ: str
    modality: str
    other_modality: str
    task: str
    method: str
    manner: str
    backbone: str
    site: str


def make_profile(random: Random, number: int) -> Profile:
    """A profile; ``number`` makes its name differ from all others below 1,600."""
    head, middle = _HEADS[number % 16], _MIDDLES[number // 16 % 10]
    organ, other_organ = random.sample(ORGANS, 2)
    modality, other = random.sample(MODALITIES, 2)
    return Profile(
        name=head + middle + _TAILS[(number * 7 + number // 160) % 10],
        organ=organ,
        other_organ=other_organ,
        modality=modality,
        other_modality=other,
        task=random.choice(TASKS),
        method=random.choice(METHODS),
        manner=random.choice(MANNERS),
        backbone=random.choice(BACKBONES),
        site=random.choice(SITES),
    )


def make_authors(random: Random) -> list[str]:
    """Two to five names."""
    count = random.randint(2, 5)
    lasts = random.sample(LAST, count)
    return [f"{random.choice(FIRST)} {last}" for last in lasts]


def capitals(text: str) -> str:
    """A phrase with large first letters, but for small words."""
    small = {"of", "in", "for", "with", "and", "the", "a", "an", "to", "by", "on"}
    return " ".join(w if w in small else w[:1].upper() + w[1:] for w in text.split())


def make_title(profile: Profile, random: Random) -> str:
    """A title with the profile's name or, less often, without."""
    p = profile
    forms = (
        f"{p.name}: {p.manner} {p.task} of the {p.organ} in {p.modality}",
        f"{p.name}: {p.method} for {p.task} of the {p.organ}",
        f"{p.manner} {p.task} in {p.modality} with {p.method}: the {p.name} approach",
        f"learning {p.task} of the {p.organ} from {p.modality} by {p.method}: {p.name} revisited",
    )
    return capitals(random.choices(forms, (4, 3, 2, 2))[0])


@dataclass(frozen=True)
class Figures:
    """The numbers a version reports; another version reports others."""

    dice: str
    scans: str
    hours: int
    millions: int

    @classmethod
    def make(cls, random: Random) -> Figures:
        """Numbers that hardly any other paper has."""
        return cls(
            dice=f"0.{random.randint(701, 968)}",
            scans=f"{random.randint(1_013, 98_999):,}",
            hours=random.randint(7, 290),
            millions=random.randint(3, 980),
        )


def claim(profile: Profile, figures: Figures) -> str:
    """The sentence that states a paper's main result; no other paper or version has it."""
    return (
        f"{profile.name} reaches a mean Dice score of {figures.dice} for the {profile.organ} "
        f"on {figures.scans} held-out scans."
    )


def abstract(profile: Profile, figures: Figures) -> str:
    """Four sentences; the third is the claim."""
    p = profile
    return (
        f"Reliable {p.task} of the {p.organ} in {p.modality} still asks for many expert labels. "
        f"We present {p.name}, which brings {p.method} to {p.backbone} with {figures.millions} "
        f"million parameters. {claim(p, figures)} Training takes {figures.hours} hours on four "
        f"graphics cards, and the weights were kept small enough for a hospital workstation."
    )


SECTIONS = ("Introduction", "Related Work", "Methods", "Experiments", "Results", "Conclusion")

_POOLS = {
    "Introduction": (
        "Radiologists measure the {organ} in {modality} every day, and about {n} percent of these "
        "measurements are repeated by a second reader.",
        "Manual outlines of the {organ} take {n} minutes on average, which is too slow for "
        "screening.",
        "Large collections of {modality} exist, but only {n} of every thousand images carry a "
        "label that can be trusted.",
        "A model that was trained on {other_modality} seldom transfers to {modality} without "
        "further work.",
        "{name} was designed for clinics that own fewer than {n} labelled examples.",
        "Our central idea is that {method} removes the need for {n} percent of the labels.",
        "Earlier systems lost up to {n} points of accuracy when the scanner was replaced.",
    ),
    "Related Work": (
        "Work on {task} of the {other_organ} has reported gains of {n} percent from pretraining.",
        "Atlas methods need {n} registered templates and fail on unusual anatomy.",
        "Networks with {n} layers were long the usual choice for {modality}.",
        "Several groups have combined {method} with hand-made features of the {organ}.",
        "Prompts drawn as boxes help most where the border of the {organ} is faint.",
        "A comparison over {n} tasks found no single model that was best for all organs.",
        "Studies of {other_modality} agree that more data helps less after {n} thousand images.",
    ),
    "Methods": (
        "The encoder of {name} is {backbone} whose last {n} blocks are trained while the others "
        "stay frozen.",
        "Each image is resampled to a spacing of 1.{n} millimetres before it is cut into patches.",
        "The decoder joins features of four scales and has {n} channels at the finest one.",
        "We minimise the sum of a Dice loss and a cross-entropy loss with a weight of 0.{n}.",
        "{name} uses {method} during the first {n} epochs and plain supervision afterwards.",
        "The learning rate starts at 0.00{n} and is halved whenever validation stalls.",
        "Random rotations of up to {n} degrees and changes of contrast are applied to every batch.",
        "A batch holds {n} volumes, which is the most that one graphics card can keep.",
    ),
    "Experiments": (
        "The training data come from {site} and cover {n} scanner models.",
        "All images were read by two experts, and a third settled {n} disagreements.",
        "We hold out {n} percent of the patients and never split the scans of one patient.",
        "The baselines were trained for the same {n} thousand steps with their published settings.",
        "Confidence intervals were found by {n} hundred bootstrap samples over patients.",
        "The {other_organ} serves as a second target, on which nothing was tuned.",
        "Every run was repeated with {n} random seeds, and the median is reported.",
    ),
    "Results": (
        "Without {method} the score falls by {n} points on the smallest lesions.",
        "On {other_modality} the drop of {name} stays below {n} percent.",
        "The strongest baseline needs {n} times as many labels for the same accuracy.",
        "Inference takes {n} milliseconds for one volume on a single graphics card.",
        "Readers preferred the outlines of {name} in {n} of one hundred blinded comparisons.",
        "Most failures of {name} concern patients after surgery, who make up {n} percent of the "
        "test set.",
        "For the {other_organ} the gain over training from scratch is {n} points.",
        "The calibration error of {name} falls from {n} to four percent after temperature scaling.",
    ),
    "Conclusion": (
        "{name} shows that {method} is a practical way towards {task} of the {organ}.",
        "The study is limited to {site}, and {n} percent of the patients were older than seventy.",
        "Future work will extend {name} from {modality} to {other_modality}.",
        "A prospective trial with {n} patients is being planned.",
        "We hope that the released settings spare others the {n} days that our search took.",
    ),
}


def sections(profile: Profile, figures: Figures, random: Random) -> list[tuple[str, list[str]]]:
    """The body: (heading, paragraphs), about 1,000 to 1,400 words, no sentence twice."""
    made = []
    for heading in SECTIONS:
        pool = list(_POOLS[heading])
        sentences = []
        for _ in range(2):
            random.shuffle(pool)
            sentences += [fill(template, profile, random) for template in pool]
        sentences = list(dict.fromkeys(sentences))
        if heading == "Results":
            sentences.insert(0, claim(profile, figures))
        made.append((heading, paragraphs(sentences, random)))
    return made


def fill(template: str, profile: Profile, random: Random) -> str:
    """A template's sentence, its ``{n}`` a number from 11 to 97."""
    text = template.format(n=random.randint(11, 97), **vars(profile))
    return text[:1].upper() + text[1:]


def paragraphs(sentences: list[str], random: Random) -> list[str]:
    """The sentences in paragraphs of four to six."""
    made = []
    while sentences:
        count = random.randint(4, 6)
        made.append(" ".join(sentences[:count]))
        sentences = sentences[count:]
    return made
