"""The judgement of a soak finds planted leaks, and noise is none."""

import random

import pytest

from bench.soak.flatness import Band, Series, judge
from bench.soak.run import BANDS

TIMES = range(10, 1801, 10)


def series(level: float, *, leak: float = 0.0, noise: float = 0.02) -> Series:
    dice = random.Random(5)
    return [(at, level * (1 + dice.uniform(-noise, noise)) + leak * at / 1800) for at in TIMES]


def is_flat(name: str, samples: Series) -> bool:
    (verdict,) = judge({name: samples}, BANDS)
    return verdict.flat


@pytest.mark.parametrize(
    ("name", "level", "leak"),
    [
        ("memory_mib.contact", 90, 40),
        ("memory_mib.postgres", 400, 300),
        ("handles.loyalty", 60, 30),
        ("connections", 80, 20),
        ("parked", 0, 3),
        ("lag.records", 100, 20_000),
        ("dead.outbox", 4_000, 400_000),
        ("size_kib.outbox", 900, 40_000),
        ("p99_ms.command", 12, 60),
        ("p50_ms.list", 3, 12),
    ],
)
def test_a_planted_leak_is_found_and_noise_alone_is_flat(name: str, level: float, leak: float) -> None:
    assert not is_flat(name, series(level, leak=leak))
    assert is_flat(name, series(level))


def test_a_wild_end_hides_no_leak_and_makes_none() -> None:
    def wild(samples: Series) -> Series:
        return [(at, value * 9 if at > 1550 else value) for at, value in samples]

    assert is_flat("memory_mib.contact", wild(series(90)))
    assert not is_flat("memory_mib.contact", wild(series(90, leak=40)))


def test_what_fills_up_at_first_is_no_leak() -> None:
    filling = [(at, value + 200 * min(at, 250) / 250) for at, value in series(90)]
    assert is_flat("memory_mib.contact", filling)


def test_what_shrinks_is_flat() -> None:
    assert is_flat("lag.records", series(90_000, leak=-60_000))


def test_growth_is_told_over_the_judged_time() -> None:
    (verdict,) = judge({"connections": [(at, 10 + at / 100) for at in TIMES]}, {"connections": Band(0, 1)})
    assert verdict.growth == pytest.approx(15, abs=0.1)  # 1,800 s less the 300 of the warm-up
    assert not verdict.flat


def test_a_series_without_a_band_is_noted_and_not_judged() -> None:
    assert judge({"size_mib.databases": series(100, leak=1000)}, BANDS) == []


def test_the_longest_fitting_name_chooses_the_band() -> None:
    bands = {"memory_mib.": Band(0, 1), "memory_mib.kafka": Band(0, 1000)}
    found = judge({name: series(100, leak=50) for name in ("memory_mib.kafka", "memory_mib.contact")}, bands)
    assert {verdict.name: verdict.flat for verdict in found} == {"memory_mib.kafka": True, "memory_mib.contact": False}


def test_too_few_samples_are_no_judgement() -> None:
    with pytest.raises(ValueError, match="soak for longer"):
        judge({"connections": [(at, 1.0) for at in range(10, 60, 10)]}, BANDS)
