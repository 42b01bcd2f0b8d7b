"""The report page: one HTML file with everything in it, readable without the internet."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as plots

from rapport.demo import log
from rapport.demo.club import Quarter
from rapport.demo.replay import Replayed

TIERS = ("platinum", "gold", "iron", "lead")

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Rapport: what is known after the CDNOW replay</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;color:#222}}
table{{border-collapse:collapse}}td{{padding:.15rem 1rem .15rem 0}}</style></head><body>
<h1>What Rapport knows after the CDNOW replay</h1>
<p>Real purchases of 1997 and 1998; the {complaints} complaint calls among them are invented for the demo.</p>
<table>{rows}</table>
{figures}
</body></html>
"""


def write(
    file: Path,
    figures: dict[str, Any],
    tiers: Sequence[tuple[str, int, Decimal]],
    lorenz: Sequence[float],
    replayed: Replayed,
) -> Path:
    """Write the page and return its path."""
    owed = _liability(figures["loyalty"]["quarters"])
    drawn = [_pyramid(tiers), _lorenz(lorenz), _weeks(), owed, _throughput(replayed)]
    parts = [figure.to_html(full_html=False, include_plotlyjs=place == 0) for place, figure in enumerate(drawn)]
    shown = ("purchases", "customers", "revenue", "points_issued", "complaints", "purchases_per_second")
    rows = "".join(f"<tr><td>{name}</td><td>{escape(str(figures[name]))}</td></tr>" for name in shown)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PAGE.format(complaints=figures["complaints"], rows=rows, figures="\n".join(parts)))
    return file.resolve()


def _pyramid(tiers: Sequence[tuple[str, int, Decimal]]) -> plots.Figure:
    found = {tier: (count, float(revenue)) for tier, count, revenue in tiers}
    names = [tier for tier in TIERS if tier in found]
    figure = plots.Figure(
        [
            plots.Bar(name="customers", x=names, y=[found[tier][0] for tier in names]),
            plots.Bar(name="revenue (USD)", x=names, y=[found[tier][1] for tier in names]),
        ]
    )
    return _titled(figure, "Value pyramid: few customers, much of the revenue", "tier", "customers, US dollars")


def _lorenz(curve: Sequence[float]) -> plots.Figure:
    shares = [place / (len(curve) - 1) for place in range(len(curve))]
    figure = plots.Figure(
        [
            plots.Scatter(name="customers", x=shares, y=list(curve)),
            plots.Scatter(name="if all were equal", x=[0, 1], y=[0, 1], line={"dash": "dot"}),
        ]
    )
    return _titled(figure, "Lorenz curve", "share of customers, least first", "share of revenue")


def _weeks() -> plots.Figure:
    weeks = Counter(purchase.at.strftime("%G-W%V") for purchase in log.purchases())
    figure = plots.Figure([plots.Bar(x=sorted(weeks), y=[weeks[week] for week in sorted(weeks)])])
    return _titled(figure, "Purchases by week", "ISO week", "purchases")


def _liability(quarters: Sequence[Quarter]) -> plots.Figure:
    owed = [float(one.liability) for one in quarters]
    figure = plots.Figure([plots.Bar(x=[one.quarter for one in quarters], y=owed)])
    return _titled(figure, "What is owed for points (IFRS 15)", "end of the quarter", "US dollars")


def _throughput(replayed: Replayed) -> plots.Figure:
    times = [seconds for seconds, _ in replayed.pace]
    figure = plots.Figure([plots.Scatter(x=times, y=[count for _, count in replayed.pace], fill="tozeroy")])
    return _titled(figure, "Touchpoints recorded", "seconds since the first was published", "touchpoints")


def _titled(figure: plots.Figure, title: str, x: str, y: str) -> plots.Figure:
    return figure.update_layout(title=title, xaxis_title=x, yaxis_title=y, template="plotly_white", height=420)
