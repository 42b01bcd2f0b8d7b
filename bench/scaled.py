"""What `--scaling` found of one path."""

from msgspec import Struct

from bench.service_demand import Fitted, Point


class Scaled(Struct, frozen=True):
    """One path at each number of processes, and the model."""

    name: str
    unit: str
    points: list[Point]
    model: Fitted
