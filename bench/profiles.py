"""`rapport bench --profile`: flame graphs of hot paths, each made from samples of the same run as its figure's."""

from collections.abc import Sequence
from pathlib import Path

import uvloop
from rich.console import Console

from bench.figures import FOCUS
from bench.flame import drawn, shares
from bench.main import GROUPS
from bench.place import place
from bench.sampled import Sampler, Stacks
from shared.runtime.process import calm_the_collector

HOT = (
    "append",
    "append_batch",
    "sealed_append",
    "http_command",
    "loyalty_redeem",
    "relay",
    "live_view",
    "touchpoints",
    "loyalty_earn",
    "timers",
    "rebuild",
)
ENOUGH, MOST_RUNS = 2_000, 4
"""Samples for a picture, and how often a short figure is measured for them."""

LISTED = 15
SHARES = """# {name}: the largest own shares

Of {samples:,} samples; made by `make bench ARGS="--profile {name}"`, which also draws [{name}.svg]({name}.svg).

| function | with what it calls | by itself |
|---|---|---|
"""


def profiles(names: Sequence[str], folder: Path) -> None:
    """Draw `<name>.svg` and write `<name>.md` with the largest shares into `folder`, for each name or for `all`.

    ValueError: there is no hot path of this name. RuntimeError: processes can't be sampled here.
    """
    console = Console()
    wanted = HOT if "all" in names else names
    unknown = [name for name in wanted if name not in HOT]
    if unknown:
        raise ValueError(f"there is no profile {', '.join(unknown)}: choose from all, {', '.join(HOT)}")
    folder.mkdir(parents=True, exist_ok=True)
    calm_the_collector()
    for name in wanted:
        console.print(f"sampling {name}", style="dim")
        stacks = _sampled(name)
        (folder / f"{name}.svg").write_text(drawn(stacks, name))
        (folder / f"{name}.md").write_text(_listed(name, stacks))


def _sampled(name: str) -> Stacks:
    group = next(group for figures, group in GROUPS.items() if name in figures)
    sampler = Sampler(name)
    FOCUS.set(name)
    with place(sampler) as at:
        for _ in range(MOST_RUNS):
            uvloop.run(group(at))
            if sampler.stacks.total() >= ENOUGH:
                break
    return sampler.stacks


def _listed(name: str, stacks: Stacks) -> str:
    rows = [f"| `{function}` | {whole:.0%} | {own:.1%} |" for function, whole, own in shares(stacks, LISTED)]
    return SHARES.format(name=name, samples=stacks.total()) + "\n".join(rows) + "\n"
