"""The shape of a deployment: how many processes of each kind."""

from typing import Annotated

from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=1, le=16)]


class Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many processes there are of each kind: of every service so many APIs and workers, and Kafka's nodes."""

    apis: Count = 2
    workers: Count = 2
    brokers: Annotated[int, Meta(ge=1, le=3)] = 1
