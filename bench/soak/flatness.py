"""Is a series flat? Its slope by Theil and Sen, over the time that is judged, must stay within a band.

The slope is the median of those between all pairs of samples: up to 29 % of
them may be anything (a checkpoint, a collector's run) and it stays what it was
(Sen, Journal of the American Statistical Association 63 (1968) 1379-1389).
"""

import statistics
from collections.abc import Mapping, Sequence

from msgspec import Struct
from scipy.stats import theilslopes

WARM_UP = 0.25
"""Of the time: caches, pools and heaps fill first. At most WARM_UP_SECONDS of it."""

WARM_UP_SECONDS = 300.0
FEWEST = 6


class Band(Struct, frozen=True):
    """How much a series may grow over the time that is judged: a share of its median, or `least` if that is more."""

    share: float
    least: float


class Verdict(Struct, frozen=True):
    """A series' median, by how much it grew over the judged time, how much it might have, and whether it is flat."""

    name: str
    median: float
    growth: float
    allowed: float
    flat: bool


Series = Sequence[tuple[float, float]]
"""Seconds since the beginning, and a value."""


def judge(series: Mapping[str, Series], bands: Mapping[str, Band]) -> list[Verdict]:
    """Judge each series by the band of the longest beginning of its name that has one; others aren't judged.

    Only growth is a fault. ValueError: there are too few samples to say anything.
    """
    return [_verdict(name, samples, band) for name, samples in series.items() if (band := _band(name, bands))]


def _verdict(name: str, samples: Series, band: Band) -> Verdict:
    end = samples[-1][0]
    warm = min(end * WARM_UP, WARM_UP_SECONDS)
    times, values = zip(*[(at, value) for at, value in samples if at >= warm], strict=True)
    if len(values) < FEWEST:
        raise ValueError(f"{name}: {len(values)} samples after the warm-up are too few; soak for longer")
    growth = float(theilslopes(values, times).slope) * (times[-1] - times[0])
    median = statistics.median(values)
    allowed = max(band.share * median, band.least)
    return Verdict(name, round(median, 2), round(growth, 2), round(allowed, 2), growth <= allowed)


def _band(name: str, bands: Mapping[str, Band]) -> Band | None:
    fitting = [prefix for prefix in bands if name.startswith(prefix)]
    return bands[max(fitting, key=len)] if fitting else None
