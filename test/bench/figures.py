"""Figures from rounds, and the bars that they are held against.

Engines take turns in a round; an Engine holds what one of them reported in it.
Rounds are kept by Row, then by engine. A figure of a round is the median of its
turns; a ratio is the median of those of two engines' neighbouring turns.
"""

import dataclasses
import statistics
import typing


class Row(typing.NamedTuple):
    network: str
    batch: int
    threads: int


class Spread(typing.NamedTuple):
    median: float
    least: float
    most: float


def spread(values):
    return Spread(statistics.median(values), min(values), max(values))


@dataclasses.dataclass
class Engine:
    """What an engine reported in a round, a value a turn: milliseconds of a run,
    allocations of one, milliseconds of loading and the first run of a process
    that started, and the most memory that one had, in MB."""

    run: list = dataclasses.field(default_factory=list)
    allocations: list = dataclasses.field(default_factory=list)
    start: list = dataclasses.field(default_factory=list)
    memory: list = dataclasses.field(default_factory=list)
    version: str = ""


UNITS = {"run": "ms", "start": "ms", "memory": "MB"}


def figure(rounds, row, engine, quantity="run"):
    """The spread over the rounds, or None if the engine had none."""
    found = rounds.get(row, {}).get(engine)
    return spread([statistics.median(getattr(r, quantity)) for r in found]) if found else None


def ratio(rounds, row, ours, theirs, quantity="run"):
    """The spread of ours/theirs over the rounds, or None."""
    a, b = (rounds.get(row, {}).get(engine) for engine in (ours, theirs))
    if not a or not b:
        return None
    return spread([neighbours(getattr(x, quantity), getattr(y, quantity)) for x, y in zip(a, b, strict=True)])


def neighbours(ours, theirs):
    return statistics.median(x / y for x, y in zip(ours, theirs, strict=True))


@dataclasses.dataclass(frozen=True)
class Bar:
    """The most that the median ratio ours/theirs may be, by their engine."""

    title: str
    networks: tuple
    limits: dict
    batches: tuple = (1,)
    threads: tuple = (1, 2)
    ours: str = "split"
    quantity: str = "run"

    def rows(self):
        return [Row(n, b, t) for n in self.networks for b in self.batches for t in self.threads]


MIXNETS = ("mixnet_s", "mixnet_m", "mixnet_l")

BARS = (
    Bar("MixNet-S and M, batch 1", MIXNETS[:2], {"onnxruntime": 0.50, "openvino": 0.75}),
    Bar("MixNet-L, batch 1", MIXNETS[2:], {"onnxruntime": 0.62, "openvino": 0.75}),
    Bar("MixNet-S, M and L, batch 16, a picture", MIXNETS, {"onnxruntime": 0.45, "openvino": 0.80}, batches=(16,)),
    Bar("MixNet-S, ours with AVX2 only, theirs with all there is", MIXNETS[:1], {"onnxruntime": 0.65}, ours="avx2"),
    Bar("EfficientNet-B0, batch 1", ("efficientnet_b0",), {"onnxruntime": 0.75, "openvino": 0.75}),
    Bar("MobileNetV3-large, batch 1", ("mobilenetv3_large",), {"onnxruntime": 0.85, "openvino": 0.85}),
    Bar("MobileNetV2 and MnasNet-B1, batch 1", ("mobilenetv2", "mnasnet_b1"), {"onnxruntime": 0.95, "openvino": 0.95}),
    Bar("ResNet-50", ("resnet50",), {"onnxruntime": 1.15, "openvino": 1.15}, batches=(1, 16)),
    Bar("Load and first run of MixNet-S", MIXNETS[:1], {"onnxruntime": 0.5, "openvino": 0.15}, quantity="start"),
    Bar("Peak memory of a process that runs MixNet-S", MIXNETS[:1], {"ortgo": 0.6, "openvino": 0.4}, threads=(1,), quantity="memory"),
)

FORMS = (0.98, 1.02)  # bounds of the fused form's time, as a ratio to the split one's
LARGEST_DIFFERENCE = 2e-5  # of the largest output


def verdict(met):
    return {True: "met", False: "**not met**", None: "not measured"}[met]


def below(value, limit):
    """Whether the median is at most the limit; None if there is none."""
    return None if value is None else value.median <= limit


def no_allocation(value):
    """As Go's testing.AllocsPerRun judges, which rounds down: what the scheduler
    allocates now and then is no allocation of every run."""
    return None if value is None else value.median < 1


def forms_agree(value):
    return None if value is None else FORMS[0] <= value.median <= FORMS[1]
