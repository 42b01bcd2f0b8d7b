"""The append of an event with one personal field, sealed, beside the same append in clear."""

from itertools import count
from uuid import UUID

from bench.append import CLIENTS, CONTEXT, EVENTS, each
from bench.figures import Figure, measured
from bench.place import CONTACT, Place
from services.contact.domain.interaction import InteractionRecorded
from shared.privacy.data_key import DataKey
from shared.privacy.sealer import Sealer
from shared.store.contract import Append
from shared.store.postgres import PostgresEventStore
from shared.testing.privacy import memory_vault

CUSTOMERS = 1000
"""Whose keys are at hand: a customer's first personal word also costs a write to the key database, once."""

SUMMARY = "The parcel came open, half of it was missing, and nobody called back as promised."


def _event(customer: UUID) -> InteractionRecorded:
    return InteractionRecorded(customer, "bench", "1", "call", "inbound", "complaint", SUMMARY)


async def sealed_append(at: Place) -> list[Figure]:
    """Measure what sealing costs the append path."""
    customers = [UUID(int=number) for number in range(CUSTOMERS)]
    vault = memory_vault()
    await vault.add({str(customer): DataKey.fresh() for customer in customers})
    numbers = count()
    async with at.pool(CONTACT, CLIENTS) as pool:
        sealing, plain = (PostgresEventStore(pool, CONTACT.publishes, vault=item) for item in (vault, None))

        async def sealed(number: int) -> None:
            customer = customers[number % CUSTOMERS]
            stream, subject = f"interaction-bench-{number}", str(customer)
            sealer = Sealer(vault)
            events = sealer.sealed([_event(customer)], stream, 0, subject)
            await sealer.keep((subject,))
            await sealing.append(Append(stream, 0, subject, events, CONTEXT))

        async def clear(number: int) -> None:
            customer = customers[number % CUSTOMERS]
            await plain.append(Append(f"interaction-bench-{number}", 0, str(customer), [_event(customer)], CONTEXT))

        return [
            await measured(
                "sealed_append",
                "events/s",
                lambda: each(at, "sealed_append", sealed, EVENTS, numbers, CLIENTS),
                ">= 0.90 of the same in clear",
                "the same append, in clear",
                lambda: each(at, "", clear, EVENTS, numbers, CLIENTS),
            )
        ]
