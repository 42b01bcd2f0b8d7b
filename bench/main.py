"""Runs the benchmarks and prints each figure beside its peer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from bench.append import append
from bench.feed_listeners import feed_listeners
from bench.figures import Figure, machine
from bench.flow import flow
from bench.http_command import http_command
from bench.large import large
from bench.own_write import own_write
from bench.past import past
from bench.peer_eventsourcing import peer
from bench.place import Place, place
from bench.rebuild import rebuild
from bench.sealed_append import sealed_append
from bench.timers import timers
from shared.runtime.process import calm_the_collector

Groups = Mapping[tuple[str, ...], Callable[[Place], Awaitable[list[Figure]]]]

GROUPS: Groups = {
    ("append", "append_batch"): append,
    ("sealed_append",): sealed_append,
    ("http_command",): http_command,
    ("own_write_p99",): own_write,  # while the topics are empty: what others leave there would have to be read first
    ("relay", "live_view", "touchpoints"): flow,
    ("rebuild", "rebuild_swap_lock"): rebuild,
    ("timers",): timers,
    ("detail_read_p99", "detail_read_cold_p99", "as_of_p99"): past,
    ("feed_listeners", "feed_shutdown"): feed_listeners,
    ("eventsourcing_append", "eventsourcing_replay"): peer,
}


LARGE: Groups = {("large_append", "large_detail_read", "large_view_update"): large}
"""Figures of a log of ten million events, which takes minutes to make."""


def main(json_file: Path | None, only: Sequence[str], *, of_large: bool = False) -> None:
    """Measure, print, and write the JSON if asked. ValueError: there is no figure of a name in `only`."""
    groups = LARGE if of_large else GROUPS
    names = [name for group in groups for name in group]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise ValueError(f"there is no figure {', '.join(unknown)}: choose from {', '.join(names)}")
    console = Console()
    calm_the_collector()
    with place() as at:
        figures = uvloop.run(_measure(at, groups, only, console))
    _print(console, figures)
    if json_file:
        document = {"machine": machine(), "figures": figures}
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(document)) + b"\n")


async def _measure(at: Place, groups: Groups, only: Sequence[str], console: Console) -> list[Figure]:
    figures: list[Figure] = []
    for names, group in groups.items():
        if not only or set(only) & set(names):
            console.print(f"measuring {', '.join(names)}", style="dim")
            figures += [figure for figure in await group(at) if not only or figure.name in only]
            await asyncio.sleep(0.5)
    return figures


def _print(console: Console, figures: Sequence[Figure]) -> None:
    table = Table("figure", "value", "unit", "beside", "", "ratio", "spread", "goal")
    for item in figures:
        ratio = "" if item.ratio is None else f"{item.ratio:.2f}"
        other = "" if item.beside_value is None else _number(item.beside_value)
        table.add_row(
            item.name, _number(item.value), item.unit, item.beside or "", other, ratio, f"{item.spread:.0%}", item.goal
        )
    console.print(table)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
