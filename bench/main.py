"""Runs the benchmarks and prints each figure beside its peer."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path

import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from bench.append import append
from bench.event_bytes import event_bytes
from bench.feed_listeners import feed_listeners
from bench.figures import Figure
from bench.flow import flow
from bench.http_command import http_command
from bench.large import large
from bench.liability import liability
from bench.loyalty_balance import loyalty_balance
from bench.loyalty_earn import loyalty_earn
from bench.loyalty_redeem import loyalty_redeem
from bench.loyalty_what_if import loyalty_what_if
from bench.machine import Machine, machine
from bench.own_write import own_write
from bench.past import past
from bench.peer_eventsourcing import peer
from bench.place import Place, place
from bench.rebuild import rebuild
from bench.relay_latency import relay_latency
from bench.sealed_append import sealed_append
from bench.tables import number, write_figures
from bench.timers import timers
from bench.touchpoints import touchpoints
from shared.runtime.process import calm_the_collector

Groups = Mapping[tuple[str, ...], Callable[[Place], Coroutine[None, None, list[Figure]]]]

GROUPS: Groups = {
    ("append", "append_batch"): append,
    ("sealed_append",): sealed_append,
    ("http_command", "http_command_p99"): http_command,
    ("loyalty_redeem",): loyalty_redeem,
    ("own_write_p99",): own_write,  # while the topics are empty: what others leave there would have to be read first
    ("relay_latency_p99",): relay_latency,
    ("touchpoints",): touchpoints,
    ("loyalty_earn",): loyalty_earn,
    ("relay", "live_view"): flow,
    ("rebuild", "rebuild_swap_lock"): rebuild,
    ("timers",): timers,
    ("event_bytes",): event_bytes,
    ("detail_read_p99", "detail_read_cold_p99", "as_of_p99"): past,
    ("loyalty_balance_p99", "loyalty_balance_cold_p99"): loyalty_balance,
    ("loyalty_liability",): liability,
    ("loyalty_what_if_1m",): loyalty_what_if,
    ("feed_listeners", "feed_shutdown"): feed_listeners,
    ("eventsourcing_append", "eventsourcing_replay"): peer,
}


LARGE: Groups = {("large_append", "large_detail_read", "large_view_update"): large}
"""Figures of a log of ten million events, which takes minutes to make."""


def main(json_file: Path | None, only: Sequence[str], *, of_large: bool = False, record: Path | None = None) -> None:
    """Measure, print, write the JSON if asked, and figures.md into the folder `record` if one is given.

    ValueError: there is no figure of a name in `only`.
    """
    groups = LARGE if of_large else GROUPS
    names = [name for group in groups for name in group]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise ValueError(f"there is no figure {', '.join(unknown)}: choose from {', '.join(names)}")
    console = Console()
    before = os.getloadavg()
    calm_the_collector()
    with place() as at:
        found, figures = uvloop.run(_measure(at, groups, only, console, before))
    console.print(table(figures))
    if json_file:
        write(json_file, {"machine": found, "figures": figures})
    if record:
        write_figures(record, found, figures)


def write(file: Path, document: object) -> None:
    """Write a document as JSON that people can read."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(document)) + b"\n")


async def _measure(
    at: Place, groups: Groups, only: Sequence[str], console: Console, before: tuple[float, float, float]
) -> tuple[Machine, list[Figure]]:
    figures: list[Figure] = []
    found = await machine(at, before)
    for names, group in groups.items():
        if not only or set(only) & set(names):
            console.print(f"measuring {', '.join(names)}", style="dim")
            new = [figure for figure in await group(at) if not only or figure.name in only]
            for item in new:
                console.print(f"  {item.name} {number(item.value)} {item.unit}", style="dim")
            figures += new
            await asyncio.sleep(0.5)
    return found, figures


def table(figures: Sequence[Figure]) -> Table:
    """Return the figures as they are shown."""
    shown = Table("figure", "value", "unit", "beside", "", "ratio", "spread", "goal")
    for item in figures:
        ratio = "" if item.ratio is None else f"{item.ratio:.2f}"
        other = "" if item.beside_value is None else number(item.beside_value)
        shown.add_row(
            item.name, number(item.value), item.unit, item.beside or "", other, ratio, f"{item.spread:.0%}", item.goal
        )
    return shown
