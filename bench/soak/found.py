"""What a soak found."""

from collections.abc import Mapping

from msgspec import Struct

from bench.latency import Percentiles
from bench.machine import Machine
from bench.soak.flatness import Series, Verdict


class Soaked(Struct, frozen=True):
    """What a soak found: operations a second, samples by name as (seconds, value), and the verdicts."""

    machine: Machine
    minutes: float
    share: float
    capacity: float
    rate: float
    mix: Mapping[str, int]
    whole: Mapping[str, Percentiles]
    errors: Mapping[str, int]
    caught_up_seconds: float
    samples: Mapping[str, Series]
    verdicts: list[Verdict]
    flat: bool
