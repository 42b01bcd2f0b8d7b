"""The events that tickets publishes."""

from services.tickets.domain import events
from shared.events import Catalogue

PUBLISHED = Catalogue(
    "tickets",
    {
        "complaint-opened.v1": events.ComplaintOpened,
        "complaint-acknowledged.v1": events.ComplaintAcknowledged,
        "promise-made.v1": events.PromiseMade,
        "promise-kept.v1": events.PromiseKept,
        "acknowledgement-warned.v1": events.AcknowledgementWarned,
        "acknowledgement-breached.v1": events.AcknowledgementBreached,
        "promise-warned.v1": events.PromiseWarned,
        "promise-breached.v1": events.PromiseBreached,
        "complaint-resolved.v1": events.ComplaintResolved,
        "complaint-reopened.v1": events.ComplaintReopened,
        "complaint-closed.v1": events.ComplaintClosed,
    },
)
