"""A complaint at a touchpoint opens one ticket, however often it is delivered."""

from datetime import timedelta
from uuid import UUID

from services.tickets.contracts.contact import InteractionRecorded
from services.tickets.contracts.published import PUBLISHED
from services.tickets.domain.events import ComplaintOpened, PromiseMade
from services.tickets.policies.complaints import COMPLAINTS, ticket_id
from shared.policies.work import WorkingSet
from shared.store.contract import Recorded
from shared.store.memory import InMemoryEventStore
from tests.tickets.ticket_facts import ANNA, DAY, T0

STREAM = "interaction-phone-c0001"
NOW = T0 + timedelta(days=300)


def interaction(topic: str | None, *, invented: bool = True) -> Recorded:
    event = InteractionRecorded(ANNA, "phone", topic, "Half of it was missing.", invented)
    return Recorded(
        "contact", STREAM, 1, 1, 0, str(ANNA), "interaction-recorded", 1, event, b"", T0, T0, {"correlation": "c"}
    )


async def reacted(store: InMemoryEventStore, *messages: Recorded) -> list[Recorded]:
    work = WorkingSet(store, NOW)
    for message in messages:
        await work.load(COMPLAINTS.needs(message))
        with work.whole():
            COMPLAINTS.react(work, message)
    await work.commit()
    return list(await store.read(f"ticket-{ticket_id(STREAM)}"))


async def test_a_complaint_opens_a_ticket_with_deadlines_from_when_the_customer_complained() -> None:
    opened, promised = await reacted(InMemoryEventStore(PUBLISHED), interaction("complaint"))
    assert isinstance(opened.event, ComplaintOpened)
    assert isinstance(promised.event, PromiseMade)
    assert (opened.event.received_at, opened.event.acknowledge_by) == (T0, T0 + DAY)
    assert promised.event.due_at == T0 + 7 * DAY
    assert (opened.occurred_at, opened.recorded_at) == (T0, NOW)


async def test_the_ticket_knows_its_touchpoint_and_what_led_to_it() -> None:
    opened, _ = await reacted(InMemoryEventStore(PUBLISHED), interaction("complaint"))
    assert opened.event.touchpoint == STREAM
    assert opened.subject == str(ANNA)
    assert opened.meta == {"correlation": "c", "causation": f"{STREAM}@1"}


async def test_a_redelivered_complaint_meets_its_own_ticket() -> None:
    store = InMemoryEventStore(PUBLISHED)
    complaint = interaction("complaint")
    assert len(await reacted(store, complaint, complaint)) == 2
    assert len(await reacted(store, complaint)) == 2


async def test_an_invented_complaint_stays_marked_as_invented() -> None:
    for invented in (True, False):
        opened, _ = await reacted(InMemoryEventStore(PUBLISHED), interaction("complaint", invented=invented))
        assert opened.event.invented is invented


async def test_other_interactions_open_nothing() -> None:
    assert await reacted(InMemoryEventStore(PUBLISHED), interaction("question"), interaction(None)) == []


def test_a_touchpoint_always_gives_the_same_ticket_id() -> None:
    assert ticket_id("interaction-phone-1") == ticket_id("interaction-phone-1") != ticket_id("interaction-phone-2")
    assert ticket_id("interaction-phone-1") == UUID("e1bbe939-fbdf-5871-bacc-20f1ec811243")
