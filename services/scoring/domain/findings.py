"""What a run finds about all customers at once: plain values, so that reading them needs no numerical library."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from services.scoring.domain.pyramid import Tier

MODEL = "bg-nbd"


class FitStatus(StrEnum):
    """Whether a fit may be used."""

    GOOD = "good"
    TOO_FEW_REPEAT_BUYERS = "too-few-repeat-buyers"
    NOT_CONVERGED = "not-converged"
    AT_BOUND = "at-bound"
    ILL_CONDITIONED = "ill-conditioned"


class Basis(StrEnum):
    """Whose purchases a fit stands on."""

    CURRENCY = "currency"
    POOLED = "pooled"


class Parameters(Struct, frozen=True):
    """BG/NBD's parameters. r, alpha: the purchase rate's gamma; a, b: the drop-out's beta. Time is in weeks."""

    r: float
    alpha: float
    a: float
    b: float


class Fit(Struct, frozen=True):
    """The estimate, and what is needed to trust it or not; None where nothing could be estimated.

    `condition`: of the Hessian of the mean log-likelihood in log(r, alpha, a, b).
    """

    status: FitStatus
    parameters: Parameters | None
    log_likelihood: float | None
    condition: float | None
    customers: int
    repeat_buyers: int
    basis: Basis = Basis.CURRENCY

    @property
    def usable(self) -> Parameters | None:
        """The parameters, but only of a good fit: a bad one never reaches customers."""
        return self.parameters if self.status is FitStatus.GOOD else None


class Concentration(Struct, frozen=True):
    """`top[share]`: part of the total that the best `share` bring; `lorenz`: 101 points of the curve, worst first."""

    gini: float
    top: Mapping[str, float]
    lorenz: tuple[float, ...]


class Edges(Struct, frozen=True):
    """A run's frozen edges: the least value of each tier, and of each class of recency, frequency and money.

    Recency is the last day with a purchase, as a proleptic ordinal; frequency the number of such days.
    """

    tiers: Mapping[Tier, float]
    recency: Mapping[int, float]
    frequency: Mapping[int, float]
    monetary: Mapping[int, float]
