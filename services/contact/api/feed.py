"""The timeline as it comes: every event of every service about one customer, as server-sent events."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.contact.adapters.history import counts
from services.contact.adapters.timeline_feed import TimelineFeed
from services.contact.domain.customer import CUSTOMER
from shared.errors import Missing
from shared.http import Call, documented, scope
from shared.http.feed import EventStream, LastEventId, open_feed
from shared.merging import group
from shared.store.contract import NOW

router = APIRouter(prefix="/v1/customers", tags=["customers"])

REGROUPING = frozenset({"customers-merged", "merge-undone", "customer-absorbed", "absorption-ended"})
"""Behind one of these the customer's group is another: the feed ends, and goes on with the new one when resumed."""


@router.get("/{customer_id}/timeline/feed", status_code=200, response_class=EventStream, responses=documented(404))
async def follow_timeline(
    customer_id: UUID, call: Annotated[Call, scope("contact:read")], last_event_id: LastEventId = None
) -> Response:
    """Follow every event of every service about the customer as it arrives, as server-sent events."""
    call.must_see(customer_id)
    members = await _members(customer_id, call)
    source = TimelineFeed(call.kit.pool, call.kit.service.views_consumer)
    return await open_feed(call, "timeline", source, members, last_event_id, REGROUPING)


async def _members(customer_id: UUID, call: Call) -> frozenset[str]:
    """Return whom the feed is about: all who are one with the customer, also for the customer's own token."""
    registered = (await call.load(CUSTOMER, CUSTOMER.stream(customer_id))).state.registered
    if not registered and not await counts(call.kit.pool, [customer_id], NOW):
        raise Missing("customer-unknown", f"There is no customer {customer_id}.")
    return frozenset((await group(call.kit.pool, str(customer_id))).members)
