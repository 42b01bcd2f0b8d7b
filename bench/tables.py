"""The tables under docs/performance, made from what a run measured, so that they can be made again by one command."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import structs

from bench.figures import Figure
from bench.machine import Machine
from bench.scaled import Scaled
from bench.soak.capacity import SLOWEST_P99
from bench.soak.flatness import Verdict
from bench.soak.found import Soaked

MADE = '<!-- Made by `make bench ARGS="{arguments}"`; don\'t edit. -->'
PERCENTILES = ("p50", "p90", "p99", "p999", "max")
SPENT = "_us"


def write_figures(folder: Path, machine: Machine, figures: Sequence[Figure]) -> None:
    """Write figures.md: every figure beside its peer, the percentiles, and the processor time of an event."""
    latencies = [item for item in figures if "p999" in item.details]
    spent = [item for item in figures if any(name.endswith(SPENT) for name in item.details)]
    parts = sorted({name for item in spent for name in item.details if name.endswith(SPENT)})
    blocks = [
        MADE.format(arguments="--record"),
        "# Figures",
        _machine(machine),
        "## Each beside its peer or limit from the same run",
        "Medians of the repeats; spread is (max - min) / median. A ratio is value / beside.",
        _rows(("figure", "value", "beside", "", "ratio", "spread", "goal"), map(_figure, figures)),
        "## Latencies in an open loop (ms)",
        _rows(("figure", *PERCENTILES, "of"), map(_latency, latencies)),
        "## Processor time of one event (us)",
        "`program` is the measured process, `load` what sends to it where that is another.",
        _rows(("figure", *(name.removesuffix(SPENT) for name in parts)), (_spent(item, parts) for item in spent)),
        *(block for item in figures if item.name == "event_bytes" for block in _bytes(item)),
    ]
    _write(folder / "figures.md", blocks)


def write_scaling(folder: Path, machine: Machine, scaled: Sequence[Scaled]) -> None:
    """Write scaling.md: what was measured with 1, 2 and 4 processes, and the bounds of the model."""
    blocks = [MADE.format(arguments="--scaling --record"), "# Scaling", _machine(machine)]
    blocks += [block for item in scaled for block in _scaled(item)]
    _write(folder / "scaling.md", blocks)


def write_soak(folder: Path, found: Soaked) -> None:
    """Write soak.md: what was held for how long, how it went, and the verdicts."""
    operations = ", ".join(f"{count} {kind}" for kind, count in found.mix.items())
    blocks = [
        MADE.format(arguments=f"--soak {found.minutes:g} --share {found.share:g} --record"),
        "# Soak",
        _machine(found.machine),
        f"Capacity {found.capacity:,.0f} operations/s, measured first: the highest rate of an open loop, in tenths of"
        f" what a closed loop gets done, at which 99% are answered within {SLOWEST_P99 * 1000:.0f} ms."
        f" {found.rate:,.0f} operations/s ({found.share:.0%}) held for {found.minutes:g} minutes in an open loop."
        f" Of {sum(found.mix.values())} operations: {operations}.",
        f"Errors: {sum(found.errors.values())}. Caught up {found.caught_up_seconds} s after the end."
        f" Verdict: {'flat' if found.flat else 'not flat'}.",
        "## Latencies of the whole time (ms)",
        _rows(
            ("operation", *PERCENTILES, "of"),
            ((name, *_percentiles(structs.asdict(item)), item.count) for name, item in found.whole.items()),
        ),
        "## Growth over the judged time",
        _rows(("series", "median", "growth", "allowed", "flat"), map(_verdict, found.verdicts)),
    ]
    _write(folder / "soak.md", blocks)


def number(value: float) -> str:
    """Return a number as people read it."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _machine(found: Machine) -> str:
    load = ", ".join(f"{value:.2f}" for value in found.load_average)
    return (
        f"{found.processor}, {found.cores} cores, {found.memory_mib:,} MiB, {found.system}; Python {found.python},"
        f" PostgreSQL {found.postgresql}, Kafka {found.kafka}. A block's fsync: {found.fsync_ms} ms (p99"
        f" {found.fsync_p99_ms}). Load averages before: {load}."
    )


def _figure(item: Figure) -> Sequence[object]:
    other = "" if item.beside_value is None else number(item.beside_value)
    ratio = "" if item.ratio is None else f"{item.ratio:.2f}"
    value = f"{number(item.value)} {item.unit}"
    return (item.name, value, item.beside or "", other, ratio, f"{item.spread:.0%}", item.goal)


def _latency(item: Figure) -> Sequence[object]:
    return (item.name, *_percentiles(item.details), f"{item.details['count']:,.0f}")


def _percentiles(found: Mapping[str, float]) -> Sequence[str]:
    return [f"{found[name]:.1f}" for name in PERCENTILES]


def _spent(item: Figure, parts: Sequence[str]) -> Sequence[object]:
    return (item.name, *(f"{item.details[part]:.1f}" if part in item.details else "" for part in parts))


def _bytes(item: Figure) -> Sequence[str]:
    rows = ((name, f"{value:,.0f}") for name, value in item.details.items())
    return ["## Bytes of one event", f"Of {item.goal}.", _rows(("part", "bytes"), rows)]


def _scaled(item: Scaled) -> Sequence[str]:
    parts, model = list(item.points[0].demand_us), item.model
    measured = (
        (
            point.processes,
            f"{point.rate:,.0f}",
            f"{point.spread:.0%}",
            *(f"{point.demand_us[part]:.1f}" for part in parts),
        )
        for point in item.points
    )
    return [
        f"## {item.name}: measured",
        "Processor time of one event in us, by kind of process.",
        _rows(("processes", item.unit, "spread", *parts), measured),
        f"## {item.name}: at most, by the model",
        f"Without the load. On this machine {model.efficiency:.0%} of the bound was reached, the load counted; with the"
        f" most processes an event cost {model.growth:.2f} times what it cost with one.",
        _rows(
            ("cores", "processes", item.unit, "limited by"),
            ((one.cores, one.processes, f"{one.rate:,}", one.limit) for one in model.bounds),
        ),
    ]


def _demand(found: Mapping[str, float]) -> Sequence[str]:
    return [f"{value:.1f}" for value in found.values()]


def _verdict(found: Verdict) -> Sequence[object]:
    numbers = [f"{value:,.1f}" for value in (found.median, found.growth, found.allowed)]
    return (found.name, *numbers, "yes" if found.flat else "**no**")


def _rows(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [" | ".join(map(str, row)) for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _write(file: Path, blocks: Sequence[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n\n".join(blocks) + "\n")
