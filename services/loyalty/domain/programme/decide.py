"""Whether a version may be published: sound, taking no currency away, and into the past only if confirmed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from services.loyalty.domain.programme.commands import Command
from services.loyalty.domain.programme.document import Document
from services.loyalty.domain.programme.events import Event, ProgrammePublished
from services.loyalty.domain.programme.programme import Programme, token_of
from services.loyalty.domain.programme.soundness import document_faults
from services.loyalty.domain.rules.fault import Fault
from services.loyalty.domain.tiers.faults import faults_after
from shared.errors import Invalid, Rejected

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
FURTHEST = timedelta(days=3660)


def decide(command: Command, programme: Programme) -> Sequence[Event]:
    """Return the publication; nothing where the latest version is the same document already.

    Raises Invalid with every fault of the document, by JSON pointer.
    """
    faults = publication_faults(command.document, command.effective_from, command.now, programme)
    if faults:
        raise Invalid([(fault.at, told(fault)) for fault in faults])
    if programme.says(command.document, command.effective_from):
        return ()
    back_dated = programme.is_back_dated(command.effective_from, command.now)
    if back_dated and command.confirmed != token_of(programme, command.document, command.effective_from):
        raise Rejected("back-dating-unconfirmed", _unconfirmed(programme))
    number = len(programme.versions) + 1
    return (
        ProgrammePublished(
            command.document.id, number, command.effective_from, command.document, back_dated=back_dated
        ),
    )


def publication_faults(
    document: Document, effective_from: datetime, now: datetime, programme: Programme
) -> list[Fault]:
    """Return what keeps a version from being published from a time on."""
    found = document_faults(document)
    if not EARLIEST <= effective_from <= now + FURTHEST:
        found.append(Fault("effective_from", "", "must be a time between 1970 and ten years from now"))
    latest = programme.latest
    if latest is None:
        return found
    if latest.document.id != document.id:
        found.append(Fault("/id", "", f"is another programme than {latest.document.id}"))
    found += _tiers_after(latest.document, document)
    kinds = {currency.code: currency.kind for currency in document.currencies}
    for currency in latest.document.currencies:
        if kinds.get(currency.code) != currency.kind:
            says = f"no longer declares {currency.code} as {currency.kind}, and members may hold such points"
            found.append(Fault("/currencies", "", says))
    return found


def _tiers_after(before: Document, document: Document) -> list[Fault]:
    if before.tiers is None:
        return []
    if document.tiers is None:
        return [Fault("/tiers", "", "has no tiers any more, and members may have one")]
    return [Fault(f"/tiers{place}", "", says) for place, says in faults_after(before.tiers, document.tiers)]


def told(fault: Fault) -> str:
    """Return a fault in one sentence, with the rule that it is in."""
    return f"rule {fault.rule} {fault.says}" if fault.rule else fault.says


def _unconfirmed(programme: Programme) -> str:
    latest = programme.latest
    which = f" Version {latest.number} counts from {latest.effective_from:%Y-%m-%dT%H:%M:%SZ} on." if latest else ""
    return (
        "The version would count for a time that has begun, or before one that was published earlier."
        f"{which} Look at its preview, and publish it with the token that the preview shows."
    )
