"""Chain ladder: how cumulative figures grow with age, carried on to those that are still young, and how far that errs.

T. Mack, "Distribution-free calculation of the standard error of chain ladder
reserve estimates", ASTIN Bulletin 23 (1993), 213-225. Sums skip the cells of rows
that are 0: such a row tells nothing of growth.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from services.loyalty.domain.liability.tail import tail

Rows = Sequence[Sequence[float]]


class Step(Struct, frozen=True):
    """From one age to the next: the factor f, Mack's variance parameter sigma^2, and the sum that f was taken over.

    An age without any observation of growth, behind one that has some, stays as it is: f = 1.
    """

    factor: float
    variance: float
    weight: float


class Development(Struct, frozen=True):
    """The steps of all ages from `start` on, and the factor from the oldest age to the end."""

    start: int
    steps: Sequence[Step]
    tail: float

    def to_ultimate(self, age: int) -> float | None:
        """Return the factor from an age to the end; None for ages from which nothing can be projected."""
        if age < self.start or not self.steps:
            return None
        product = self.tail
        for step in self.steps[age - self.start :]:
            product *= step.factor
        return product


class Projected(Struct, frozen=True):
    """A row's expected end, and the standard error of that, by Mack's formula (without the tail's own)."""

    row: int
    ultimate: float
    error: float


def develop(rows: Rows, ages: int | None = 0) -> Development:
    """Estimate the steps from cumulative rows, and a tail up to age `ages` (None: the farthest); without by default."""
    longest = max((len(row) for row in rows), default=0)
    pairs = [_pairs(rows, age) for age in range(longest - 1)]
    start = next((age for age, found in enumerate(pairs) if sum(after for _, after in found)), longest)
    steps: list[Step] = []
    for found in pairs[start:]:
        steps.append(_step(found, steps))
    return Development(start, steps, tail([step.factor for step in steps], start, ages))


def _pairs(rows: Rows, age: int) -> list[tuple[float, float]]:
    return [(row[age], row[age + 1]) for row in rows if len(row) > age + 1 and row[age] > 0]


def _step(pairs: Sequence[tuple[float, float]], before: Sequence[Step]) -> Step:
    weight = sum(now for now, _ in pairs)
    factor = sum(after for _, after in pairs) / weight if weight else 1.0
    if not factor:
        return Step(1.0, 0.0, weight)
    if len(pairs) > 1:
        squares = sum(now * (after / now - factor) ** 2 for now, after in pairs)
        return Step(factor, squares / (len(pairs) - 1), weight)
    return Step(factor, _extrapolated(before), weight)


def _extrapolated(before: Sequence[Step]) -> float:
    """Return sigma^2 of an age that only one row has seen: Mack (1993), p. 219."""
    if len(before) < 2:
        return before[-1].variance if before else 0.0
    earlier, last = before[-2].variance, before[-1].variance
    return min(last * last / earlier, earlier, last) if earlier else 0.0


def project(rows: Rows, development: Development) -> list[Projected]:
    """Return the end of every row that can be projected."""
    return [
        Projected(number, row[-1] * factor, _variance(row, development) ** 0.5)
        for number, row in enumerate(rows)
        if row and row[-1] > 0 and (factor := development.to_ultimate(len(row) - 1)) is not None
    ]


def total_error(rows: Rows, projected: Sequence[Projected], development: Development) -> float:
    """Return the standard error of the sum: Mack's corollary, p. 220, with the rows' common factors counted."""
    total, younger = 0.0, 0.0
    for item in reversed(projected):
        common = sum(2 * relative / step.weight for step, relative in _relative(rows[item.row], development))
        total += item.error**2 + item.ultimate * younger * common
        younger += item.ultimate
    return float(total**0.5)


def _relative(row: Sequence[float], development: Development) -> Iterator[tuple[Step, float]]:
    """Yield the steps that a row still has before it, each with sigma^2 / f^2."""
    for step in development.steps[len(row) - 1 - development.start :]:
        if step.weight:
            yield step, step.variance / step.factor**2


def _variance(row: Sequence[float], development: Development) -> float:
    reached = row[-1]
    total = 0.0
    for step, relative in _relative(row, development):
        total += relative * (1 / reached + 1 / step.weight)
        reached *= step.factor
    return (reached * development.tail) ** 2 * total
