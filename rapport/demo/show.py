"""The demo from start to end: set up, replay, score, audit, show; then wait, or leave."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from rich.panel import Panel
from rich.table import Table

from rapport import stack as whole
from rapport.commands.views import audit_service
from rapport.demo import club, report
from rapport.demo.ask import Services
from rapport.demo.club_tables import quarters_table, redeemed_today, what_if_table
from rapport.demo.measure import Measured, Memory
from rapport.demo.replay import Replayed, replay, score, settled
from rapport.demo.what_if import what_if
from rapport.output import console
from rapport.services import SERVICES
from shared.stack.stack import Stack


class Shown(Struct):
    """What the demo found, to be shown and written."""

    figures: dict[str, Any]
    replayed: Replayed
    pyramid: dict[str, Any]
    concentration: dict[str, Any]
    customer: dict[str, Any]
    why: dict[str, Any]
    timeline: list[dict[str, Any]]
    report: Path


def run_demo(*, leave_up: bool, json_file: Path | None, report: Path) -> None:
    """Run the demo. With `leave_up` the services stay until Ctrl-C; else they are stopped."""
    os.environ["LOYALTY_PROGRAMME"] = club.NAME
    stack = Stack()
    try:
        whole.up(stack, services=True, tell=lambda line: console.print(line, style="dim"))
        os.environ.update(stack.environment())
        urls = {name: service.url for name, service in stack.state.services.items()}
        shown = asyncio.run(_replayed(stack, urls, report))
        if json_file:
            json_file.write_bytes(msgspec.json.format(msgspec.json.encode(shown.figures)) + b"\n")
        _print(shown)
        if leave_up:
            _wait(urls)
    finally:
        stack.down()


async def _replayed(stack: Stack, urls: dict[str, str], page: Path) -> Shown:
    memory = Memory(stack)
    services = Services(urls)
    await club.publish_programme(services)
    async with Measured() as measured:
        replayed = await replay(measured, memory, os.environ["KAFKA_BOOTSTRAP_SERVERS"])
        replayed.scoring_seconds = await score(services, measured, memory)
        loyalty = await _loyalty(services, measured, memory)
        figures = await measured.figures()
        tiers = await measured.tiers()
    figures |= {"loyalty": loyalty, **_speed(figures["purchases"], replayed, memory)}
    figures["audit"] = [
        {"view": f"{name}.{item.view}", "rows": item.rows, "differences": item.differences, "first": item.first}
        for name in SERVICES
        for item in await audit_service(name)
    ]
    concentration = (await services.get("scoring", "/v1/portfolio/concentration"))["concentration"]
    pyramid = await services.get("scoring", "/v1/portfolio/pyramid")
    customer_id = await services.best_customer()
    customer = await services.get("contact", f"/v1/customers/{customer_id}")
    timeline = (await services.get("contact", f"/v1/customers/{customer_id}/timeline?page[size]=6"))["data"]
    lot = (await services.get("loyalty", f"/v1/members/{customer_id}/lots"))["lots"][0]["lot_id"]
    why = await services.get("loyalty", f"/v1/members/{customer_id}/why/{lot}")
    await services.close()
    path = report.write(page, figures, tiers, concentration["lorenz"], replayed)
    return Shown(figures, replayed, pyramid, concentration, customer, why, timeline, path)


async def _loyalty(services: Services, measured: Measured, memory: Memory) -> dict[str, Any]:
    """Let members redeem; tell where the programme stood at each quarter's end, and what could have been."""
    redeemed = await club.redeem(services)
    await settled(measured, memory)
    redeemed["owed_today"] = await club.owed_today(services)
    quarters = await club.quarters(services, measured)
    asked = await what_if(services)
    await settled(measured, memory)
    return {"programme": club.NAME, "quarters": quarters, "redeemed": redeemed, "what_if": asked}


def _speed(purchases: int, replayed: Replayed, memory: Memory) -> dict[str, Any]:
    return {
        "seconds": {
            "publishing": round(replayed.publishing_seconds, 2),
            "caught_up": round(replayed.caught_up_seconds, 2),
            "scoring": round(replayed.scoring_seconds, 2),
        },
        "purchases_per_second": round(purchases / replayed.caught_up_seconds),
        "peak_memory_mib": round(memory.peak_mib),
    }


def _print(shown: Shown) -> None:
    figures = shown.figures
    console.rule("What Rapport knows now")
    counts = Table("", "", show_header=False)
    for name in ("purchases", "customers", "revenue", "points_issued", "complaints", "parked"):
        note = " (invented for the demo)" if name == "complaints" else " USD" if name == "revenue" else ""
        counts.add_row(name.replace("_", " "), f"{figures[name]}{note}")
    console.print(counts, _pyramid(shown))
    top = shown.concentration["top"]
    console.print(
        f"Concentration: the best 1 % bring {top['0.01']:.1%} of the revenue, 5 % {top['0.05']:.1%},", end=" "
    )
    console.print(f"20 % {top['0.2']:.1%}; Gini {shown.concentration['gini']:.3f}.")
    console.print(quarters_table(figures["loyalty"]["quarters"]))
    console.print(redeemed_today(figures["loyalty"]["redeemed"]))
    console.print(what_if_table(figures["loyalty"]["what_if"]))
    console.print(Panel(_customer(shown), title="One customer, from all four services"))
    seconds = figures["seconds"]
    console.print(
        f"Published in {seconds['publishing']} s, caught up in {seconds['caught_up']} s"
        f" ({figures['purchases_per_second']} purchases a second through all four services);"
        f" scored in {seconds['scoring']} s; {figures['peak_memory_mib']} MiB at most."
    )
    wrong = sum(item["differences"] for item in figures["audit"])
    rows = sum(item["rows"] for item in figures["audit"])
    console.print(
        f"Audit: {rows:,} rows of {len(figures['audit'])} views equal a fresh fold of the log, {wrong} differ."
    )
    console.print(f"Report: {shown.report}", soft_wrap=True)


def _pyramid(shown: Shown) -> Table:
    table = Table("tier", "customers", "from (USD)", title="Value pyramid")
    for tier in report.TIERS:
        edge = shown.pyramid["edges"].get(tier)
        table.add_row(tier, f"{shown.pyramid['tiers'][tier]:,}", f"{edge:,.2f}" if edge is not None else "")
    return table


def _customer(shown: Shown) -> str:
    customer, score = shown.customer, shown.customer["score"]
    because = shown.why["because"][0]
    lines = [
        f"customer {customer['customer_id']}, first seen {customer['registered_at'][:10]}",
        f"{customer['purchases']['count']} purchases, {customer['purchases']['revenue']}",
        f"{customer['points']['balance']} points; open complaints: {len(customer['tickets']['open'])}",
        f"tier {score['tier']}, RFM {score['rfm']}, alive with probability {score['probability_alive']},"
        f" {score['expected_purchases']} purchases expected in the next year",
        f"why {shown.why['name']}: {because['arithmetic']} ({because['event']}, caused by {because['caused_by']})",
        *(f"  {item['occurred_at'][:10]}  {item['service']:8} {item['type']}" for item in shown.timeline),
    ]
    return "\n".join(lines)


def _wait(urls: dict[str, str]) -> None:
    for name, url in urls.items():
        console.print(f"{name:8} {url}/docs")
    console.print("Everything stays up until Ctrl-C. A token for trying it out: rapport token")
    over = False

    def end(*_: object) -> None:
        nonlocal over
        over = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    while not over:
        time.sleep(0.2)
