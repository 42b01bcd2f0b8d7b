"""All customers at once: arrays in; the fit, the run's frozen edges and every customer's measures out."""

from collections.abc import Iterator, Mapping
from datetime import date
from uuid import UUID

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from services.scoring.domain import bgnbd, fitting, pyramid, rfm
from services.scoring.domain.concentration import concentration
from services.scoring.domain.events import Cause, EdgesFrozen
from services.scoring.domain.findings import Basis, Edges, Fit
from services.scoring.domain.fitting import Histories
from services.scoring.domain.pyramid import Rule
from services.scoring.domain.score import Measured
from services.scoring.domain.spending import UNITS, money

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HORIZON_WEEKS = 52
"""How far ahead purchases are expected."""

DIGITS = 4


class Population(Struct, frozen=True):
    """The customers who had bought in one currency by `observed_until`; arrays of shape (N,), N >= 1.

    `ids`: 16 bytes for each. `units`: net revenue, 1 / UNITS of the currency. Days are proleptic ordinals.
    Merged customers are there once: `merged` names whom a customer stands for besides themselves.
    """

    observed_until: date
    currency: str
    other_currencies: Mapping[str, int]
    ids: bytes
    units: Integers
    purchases: Integers
    transaction_days: Integers
    first_day: Integers
    last_day: Integers
    merged: Mapping[UUID, tuple[UUID, ...]] = {}


def fit(population: Population, basis: Basis = Basis.CURRENCY) -> Fit:
    """Fit BG/NBD to the population."""
    return fitting.fit(Histories.of(*_counted(population)), basis)


def freeze(
    run_id: UUID, population: Population, rule: Rule, model: Fit, model_version: int, because: tuple[Cause, ...] = ()
) -> EdgesFrozen:
    """Return the run's edges and concentration, with the model that it uses."""
    values = population.units / UNITS
    edges = Edges(
        tiers=pyramid.edges(np.sort(values)[::-1].tolist(), rule),
        recency=rfm.edges(population.last_day.astype(np.float64)),
        frequency=rfm.edges(population.transaction_days.astype(np.float64)),
        monetary=rfm.edges(values),
    )
    return EdgesFrozen(
        run_id,
        population.observed_until,
        population.currency,
        len(values),
        population.other_currencies,
        edges,
        rule,
        model,
        model_version,
        HORIZON_WEEKS,
        concentration(values),
        because,
    )


def measure(population: Population, run: EdgesFrozen) -> Iterator[Measured]:
    """Measure everyone under the run's frozen edges and model. The arrays are done when this returns."""
    classes = (
        rfm.classify(population.last_day.astype(np.float64), run.edges.recency).tolist(),
        rfm.classify(population.transaction_days.astype(np.float64), run.edges.frequency).tolist(),
        rfm.classify(population.units / UNITS, run.edges.monetary).tolist(),
    )
    counted = (population.units, population.purchases, population.transaction_days)
    days = (population.first_day, population.last_day)
    columns = (*classes, *(column.tolist() for column in (*counted, *days)), *_forecast(population, run))
    return _rows(population, zip(*columns, strict=True))


def _rows(
    population: Population, columns: Iterator[tuple[int, int, int, int, int, int, int, int, float, float]]
) -> Iterator[Measured]:
    ids, currency, merged = population.ids, population.currency, population.merged
    for place, row in enumerate(columns):
        recency, frequency, monetary, units, purchases, days, first, last, expected, alive = row
        customer_id = UUID(bytes=ids[place * 16 : place * 16 + 16])
        yield Measured(
            customer_id,
            recency,
            frequency,
            monetary,
            money(units, currency),
            purchases,
            days,
            date.fromordinal(first),
            date.fromordinal(last),
            expected,
            alive,
            merged.get(customer_id, ()),
        )


def _counted(population: Population) -> tuple[Integers, Integers, Integers]:
    """Return (x, t_x, T) as BG/NBD counts them: repeat transaction days, and days since the first."""
    first = population.first_day
    return population.transaction_days - 1, population.last_day - first, population.observed_until.toordinal() - first


def _forecast(population: Population, run: EdgesFrozen) -> tuple[list[float | None], list[float | None]]:
    """Return expected purchases in the horizon and the probability of being alive; None without a good fit."""
    parameters = run.model.usable
    if parameters is None:
        nothing: list[float | None] = [None] * len(population.units)
        return nothing, nothing
    x, t_x, T = _counted(population)  # noqa: N806 - the paper's name
    found = (x.astype(np.float64), t_x / 7, T / 7)
    expected = bgnbd.expected_purchases(parameters, run.horizon_weeks, *found)
    return _rounded(expected), _rounded(bgnbd.probability_alive(parameters, *found))


def _rounded(values: Floats) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in np.round(values, DIGITS).tolist()]
