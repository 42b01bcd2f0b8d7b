"""Records on the touchpoints' topic: a mark, Invalid, or a touchpoint whose surroundings can be stored."""

from services.contact.policies.touchpoints import Touchpoints, touchpoints
from shared.errors import Invalid
from shared.privacy.personal import PREFIX
from shared.settings import KernelSettings
from tests.fuzzing.records import record

_TOUCHPOINTS: Touchpoints = touchpoints(KernelSettings(kafka_bootstrap_servers="127.0.0.1:1"))


def one(data: bytes) -> None:
    """Read `data` as a record: Invalid, None for a mark, or what can be kept as text."""
    try:
        received = _TOUCHPOINTS.decode(record(data))
    except Invalid:
        return
    if received is not None:
        texts = (received.causation, received.traceparent, received.concerns, *received.streams)
        assert all("\x00" not in (text or "").encode().decode() for text in texts)
        assert not any(PREFIX in (text or "") for text in texts)
        assert received.streams
