"""The events that scoring publishes."""

from services.scoring.domain import events
from shared.events import Catalogue

PUBLISHED = Catalogue(
    "scoring",
    {
        "run-requested.v1": events.RunRequested,
        "edges-frozen.v1": events.EdgesFrozen,
        "run-completed.v1": events.RunCompleted,
        "run-failed.v1": events.RunFailed,
        "run-joined.v1": events.RunJoined,
        "model-fitted.v1": events.ModelFitted,
        "customer-scored.v1": events.CustomerScored,
        "purchase-noticed.v1": events.PurchaseNoticed,
        "activity-changed.v1": events.ActivityChanged,
    },
)
