"""Words that mean the same, words that mean the opposite, and words that name a kind of thing.

Data only, of the prose of papers on machine learning and medical imaging. Synonyms only ever give
credit; opposites and kinds only ever take it away. All tables are keyed by stems
(`fmqa.answering.claims.stem`).
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from fmqa.answering.claims import METRICS, stem

_SYNONYMS = """
use employ utilize utilise leverage apply adopt exploit
show demonstrate reveal indicate display illustrate exhibit present
achieve attain reach obtain gain get
propose introduce present suggest
improve enhance boost better ameliorate
reduce decrease lower diminish cut shrink lessen decline drop
increase raise grow rise elevate enlarge
outperform surpass exceed beat
need require demand necessitate
allow enable permit let
contain include comprise hold hold cover encompass involve
evaluate assess test validate measure benchmark
collect gather acquire assemble
combine merge fuse unite integrate join
build construct create make produce develop generate design
choose select pick
remove discard drop delete eliminate
keep retain preserve maintain remain stay
find discover observe see detect
predict forecast estimate
help aid assist support
adapt tailor adjust customise
train learn pretrain
finetune tune
method approach technique strategy
image picture photo
model network system architecture
dataset collection corpus
task problem challenge
result outcome finding
large big huge vast
many numerous several multiple various
small little tiny
fast quick rapid speedy
important essential crucial key vital
hard difficult challenging
whole entire complete full
main principal primary chief
common widespread frequent
usual typical
additional further extra more
label annotate annotation
call name term
give provide supply offer deliver yield
report state say describe mention
start begin initiate
run execute perform conduct carry
aim goal objective purpose
ability capability capacity
precise accurate
about approximately roughly around nearly
only solely just merely
often frequently commonly
significant considerable substantial
begin start
own separate
attempt try
tumour tumor lesion cancer
labelled annotated
unlabelled unannotated
radiograph xray
participant subject
doctor clinician physician
study work paper article
author researcher
compute calculate
scan acquisition
transfer generalise generalize
classify categorise classification
segment segmentation delineate outline
respond answer reply
convert transform turn
handle process treat
consist comprise
cause lead result
drug medication
disease disorder illness
effect influence impact
promote facilitate
inhibit suppress block impair prevent impede
associate correlate link relate
"""

# Each line: words of one side | words of the other, of the same scale.
_OPPOSITES = """
outperform surpass exceed beat | underperform trail lag
higher high highest elevated | lower low lowest
above over | below under
better best superior | worse worst inferior
increase improve raise boost gain enhance grow rise elevate promote upregulate improvement \
enhancement elevation growth promotion potentiate augment accelerate encourage stimulate induce \
| decrease reduce degrade decline drop worsen lower diminish impair inhibit loss suppress cut \
impede downregulate shrink lessen prevent reduction impairment inhibition suppression degradation \
attenuate attenuation ameliorate amelioration block delay slow damage limit abolish abrogate
effective efficacious | ineffective
protect protective protection | harm harmful
resistance resistant | sensitivity sensitive susceptibility susceptible vulnerability vulnerable
abundant expanded | scarce depleted
positive positively | negative negatively inverse inversely
more most greater | less least fewer
larger largest bigger large big | smaller smallest small
faster fastest quick fast | slower slowest slow
frozen freeze fixed unchanged | unfrozen finetune update updated trainable
longer long longest | shorter short shortest
easier easy easily simple | harder hard difficult
stronger strong strongest | weaker weak weakest
earlier early before prior | later late after subsequent
deeper deep | shallower shallow
minimum minimal minimise | maximum maximal maximise
cheaper cheap | costlier costly expensive
same identical equal | different
succeed manage | fail
always | never
sufficient enough | insufficient
internal | external
include | exclude
gain gains | loss losses
benign | malignant
accept | reject
lossless | lossy
simple | complex
global | local
sparse | dense
encoder | decoder
first | last
activate activation | deactivate
presence | absence
common | rare
with | without
"""

# Words in running text (no capitals) that name what was looked at; each line is one modality.
_MODALITIES = """
ct
mri mr
pet
ultrasound ultrasonography sonography
xray radiograph radiographic radiography
mammography mammogram
endoscopy endoscopic
dermoscopy dermoscopic
dermatology
radiology
pathology histopathology histology
cytology
microscopy microscopic
angiography
fundus
retinal retina
dental
photograph
video
audio
text textual
electron
light
2d
3d
"""

_COUNTED = """
image patient video slide patch hospital voxel pixel epoch iteration task dataset modality parameter
layer scan token sentence participant paper class organ volume slice year month week day hour minute
second pair triplet head block gpu tpu case study subject sample example label annotation mask box
point click model network method percent fold step batch institution centre center country cohort
question answer report word document page region cell gene lesion tumour disease finding category
mm cm km gb mb tb kev gev tev mev ms hz kg mg ml point person user people reader radiologist
""".split()


def _forms(word: str) -> set[str]:
    """The stems that a word's forms have; the stemmer gives "surpass" and "surpasses" two."""
    bare = word.removesuffix("e")
    return {stem(form) for form in (word, f"{word}s", f"{bare}es", f"{bare}ed", f"{bare}ing")}


def _groups(table: str) -> list[list[str]]:
    return [
        [
            form
            for word in line.split()
            for form in ([word] if word == "|" else sorted(_forms(word)))
        ]
        for line in table.split("\n")
        if line.strip()
    ]


def _first_of(groups: Iterable[list[str]]) -> MappingProxyType[str, frozenset[int]]:
    held: dict[str, set[int]] = {}
    for number, group in enumerate(groups):
        for word in group:
            held.setdefault(word, set()).add(number)
    return MappingProxyType({word: frozenset(numbers) for word, numbers in held.items()})


_MEANINGS = _first_of(_groups(_SYNONYMS))
MODALITY_OF = MappingProxyType(
    {word: number for number, line in enumerate(_groups(_MODALITIES)) for word in line}
)
MODALITY_NAMES = frozenset(_MODALITIES.split())
"""The same as written."""
COUNTED = frozenset(
    stem(form) for word in _COUNTED for form in (word, f"{word}s", f"{word}es", f"{word[:-1]}ies")
)


def _sides(table: str) -> MappingProxyType[str, frozenset[tuple[int, int]]]:
    held: dict[str, set[tuple[int, int]]] = {}
    for scale, line in enumerate(_groups(table.replace("\\\n", ""))):
        side = 0
        for word in line:
            if word == "|":
                side = 1
            else:
                held.setdefault(word, set()).add((scale, side))
    return MappingProxyType({word: frozenset(places) for word, places in held.items()})


SIDES = _sides(_OPPOSITES)
"""Stem → its places as (scale, side); words at the two sides of one scale are opposites."""


def same_meaning(one: str, other: str) -> bool:
    """Whether two stems stand in one line of the synonyms."""
    if one == other:
        return True
    return bool(_MEANINGS.get(one, frozenset()) & _MEANINGS.get(other, frozenset()))


def opposed(one: str, other: str) -> bool:
    """Whether two stems stand at opposite sides of a scale."""
    places = SIDES.get(other, frozenset())
    return any((scale, 1 - side) in places for scale, side in SIDES.get(one, frozenset()))


def kind_of(word: str) -> str | None:
    """The kind of thing that a stem names: a modality, a metric, something counted."""
    if word in MODALITY_OF:
        return "modality"
    if word in METRICS:
        return "metric"
    return "counted" if word in COUNTED else None
