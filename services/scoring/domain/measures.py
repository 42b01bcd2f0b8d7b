"""All customers at once: arrays in, the run's frozen edges and every customer's measures out."""

from datetime import date
from uuid import UUID

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from services.scoring.domain import bgnbd, pyramid, rfm
from services.scoring.domain.bgnbd import Fit, FitStatus, Histories
from services.scoring.domain.concentration import concentration
from services.scoring.domain.events import Edges, EdgesFrozen

Array = NDArray[np.float64]

HORIZON_WEEKS = 52.0
"""How far ahead purchases are expected."""


class Population(Struct, frozen=True):
    """The customers of one currency, arrays of shape (N,): money in cents, days as ordinals of date."""

    customer_ids: list[UUID]
    cents: NDArray[np.int64]
    transaction_days: Array
    first_day: Array
    last_day: Array


def freeze(run_id: UUID, population: Population, observed_until: date, currency: str) -> EdgesFrozen:
    """Return the run's edges, fit and concentration. The population must hold at least one customer."""
    values = population.cents / 100
    x, t_x, T = histories(population, observed_until)  # noqa: N806 - the paper's name
    edges = Edges(
        tiers=pyramid.edges(values),
        recency=rfm.edges(population.last_day),
        frequency=rfm.edges(population.transaction_days),
        monetary=rfm.edges(values),
    )
    fit = bgnbd.fit(Histories.of(x, t_x, T))
    return EdgesFrozen(run_id, observed_until, currency, len(values), edges, fit, concentration(values))


def histories(population: Population, observed_until: date) -> tuple[Array, Array, Array]:
    """Return (x, t_x, T) as BG/NBD counts them: repeat transaction days, and weeks."""
    end = float(observed_until.toordinal())
    x = population.transaction_days - 1
    t_x = (population.last_day - population.first_day) / 7
    return x, t_x, np.maximum(end - population.first_day, population.last_day - population.first_day) / 7


def classes(population: Population, edges: Edges) -> tuple[list[int], list[int], list[int]]:
    """Return each customer's classes of recency, frequency and money under frozen edges."""
    return (
        rfm.classify(population.last_day, edges.recency),
        rfm.classify(population.transaction_days, edges.frequency),
        rfm.classify(population.cents / 100, edges.monetary),
    )


def forecast(population: Population, observed_until: date, fit: Fit) -> tuple[list[float | None], list[float | None]]:
    """Return expected purchases in the horizon and the probability of being alive; None under a fit that isn't good."""
    if fit.status is not FitStatus.GOOD or fit.parameters is None:
        nothing: list[float | None] = [None] * len(population.customer_ids)
        return nothing, nothing
    found = histories(population, observed_until)
    expected = bgnbd.expected_purchases(fit.parameters, HORIZON_WEEKS, *found)
    alive = bgnbd.probability_alive(fit.parameters, *found)
    return _rounded(expected), _rounded(alive)


def _rounded(values: Array) -> list[float | None]:
    return [round(float(value), 4) if np.isfinite(value) else None for value in values]
