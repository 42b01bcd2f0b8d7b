"""What a customer lets us do, and a birthday that they told: facts of the customer, each from when it was said."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from shared.privacy.personal import Personal, same


class ConsentChanged(Struct, frozen=True):
    """The customer agreed to a purpose, or took that back."""

    customer_id: UUID
    purpose: str
    granted: bool


class BirthdayTold(Struct, frozen=True):
    """The customer told the month and the day of their birthday (`MM-DD`), and no year; None: it is taken back."""

    customer_id: UUID
    birthday: Personal | None


class ChangeConsent(Struct, frozen=True):
    """Agree to a purpose, or take that back."""

    customer_id: UUID
    purpose: str
    granted: bool


class TellBirthday(Struct, frozen=True):
    """Tell a birthday; None: take it back."""

    customer_id: UUID
    birthday: Personal | None


class Preferences(Struct, frozen=True):
    """The consents by purpose, and the birthday, sealed."""

    consents: dict[str, bool] = {}
    birthday: Personal | None = None


def consent(command: ChangeConsent, known: Preferences) -> Sequence[ConsentChanged]:
    """Record a change; who never agreed has nothing to take back."""
    if known.consents.get(command.purpose, False) == command.granted:
        return ()
    return (ConsentChanged(command.customer_id, command.purpose, command.granted),)


def birthday(command: TellBirthday, known: Preferences) -> Sequence[BirthdayTold]:
    """Record what is new."""
    if same(known.birthday, command.birthday):
        return ()
    return (BirthdayTold(command.customer_id, command.birthday),)


def after(known: Preferences, event: ConsentChanged | BirthdayTold) -> Preferences:
    """Return what is known after the event."""
    if isinstance(event, BirthdayTold):
        return Preferences(known.consents, event.birthday)
    return Preferences({**known.consents, event.purpose: event.granted}, known.birthday)
