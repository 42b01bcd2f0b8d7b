"""The events that contact publishes."""

from services.contact.domain.activity import ActivityRecorded
from services.contact.domain.customer import CustomerRegistered
from services.contact.domain.erasure import CustomerErased, ErasureRequested
from services.contact.domain.identity import IdentifierClaimed, IdentifierReleased
from services.contact.domain.interaction import InteractionRecorded
from services.contact.domain.merging import AbsorptionEnded, CustomerAbsorbed, CustomersMerged, MergeUndone
from services.contact.domain.preferences import BirthdayTold, ConsentChanged
from services.contact.domain.purchase import (
    PurchaseRecorded,
    PurchaseRefunded,
    RefundAwaitsPurchase,
    RefundRefused,
)
from shared.events import Catalogue

PUBLISHED = Catalogue(
    "contact",
    {
        "customer-registered.v1": CustomerRegistered,
        "customers-merged.v1": CustomersMerged,
        "merge-undone.v1": MergeUndone,
        "customer-absorbed.v1": CustomerAbsorbed,
        "absorption-ended.v1": AbsorptionEnded,
        "identifier-claimed.v1": IdentifierClaimed,
        "identifier-released.v1": IdentifierReleased,
        "erasure-requested.v1": ErasureRequested,
        "customer-erased.v1": CustomerErased,
        "purchase-recorded.v1": PurchaseRecorded,
        "purchase-refunded.v1": PurchaseRefunded,
        "refund-awaits-purchase.v1": RefundAwaitsPurchase,
        "refund-refused.v1": RefundRefused,
        "interaction-recorded.v1": InteractionRecorded,
        "activity-recorded.v1": ActivityRecorded,
        "consent-changed.v1": ConsentChanged,
        "birthday-told.v1": BirthdayTold,
    },
)
