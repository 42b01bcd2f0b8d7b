"""The shape of a deployment: how many processes of each kind."""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=1, le=16)]


class Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many processes there are of each kind: of every service so many APIs and workers, and Kafka's nodes.

    `routes`: services reach PostgreSQL and Kafka by routes that can fail.
    `clocks`: the services' clocks can jump.
    `small_disks`: PostgreSQL's or Kafka's data is on a disk of so many MiB.
    """

    apis: Count = 2
    workers: Count = 2
    brokers: Annotated[int, Meta(ge=1, le=3)] = 1
    routes: bool = False
    clocks: bool = False
    small_disks: Mapping[Literal["postgres", "kafka"], Annotated[int, Meta(ge=64)]] = {}
