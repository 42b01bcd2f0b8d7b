"""What can be asked of a programme."""

from datetime import datetime

from msgspec import Struct

from services.loyalty.domain.programme.document import Document


class Publish(Struct, frozen=True):
    """Publish a version. One that is back-dated needs the token of its preview as `confirmed`."""

    document: Document
    effective_from: datetime
    now: datetime
    confirmed: str = ""


Command = Publish
