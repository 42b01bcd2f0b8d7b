"""Something was told of a member: note it in their profile, and judge again what it should have been known for."""

from datetime import datetime
from uuid import UUID

from services.loyalty.contracts.contact import BirthdayTold, ConsentChanged, CustomerErased
from services.loyalty.domain.profile.commands import (
    Forget,
    NoteBirthday,
    NoteConsent,
    NoteEnrolment,
    NoteSegment,
)
from services.loyalty.domain.profile.decider import PROFILE
from services.loyalty.domain.programme.terms import EARLIEST
from services.loyalty.policies.judging import Judging, surroundings
from shared.policies.policy import Work
from shared.store.contract import Context, Recorded

Told = ConsentChanged | BirthdayTold | CustomerErased


def note_told(work: Work, judging: Judging, recorded: Recorded) -> None:
    """Note what contact tells of a customer beside what they did."""
    event: Told = recorded.event
    match event:
        case ConsentChanged(customer_id, purpose, granted):
            command = NoteConsent(customer_id, purpose, granted, recorded.occurred_at, recorded.version)
            note(work, judging, recorded, command)
        case BirthdayTold():
            _note_birthday(work, judging, recorded, event)
        case CustomerErased(customer_id):
            stream = PROFILE.stream(customer_id)
            if work.version(stream):
                context = surroundings(work, recorded)
                work.handle(PROFILE, stream, Forget(customer_id), subject=str(customer_id), context=context)


def note(work: Work, judging: Judging, recorded: Recorded, command: NoteConsent | NoteSegment | NoteBirthday) -> None:
    """Note something, and judge again what happened since then."""
    who, context = str(command.customer_id), surroundings(work, recorded)
    if work.handle(PROFILE, PROFILE.stream(who), command, subject=who, context=context):
        judging.again(work, command.since, who, context)


def note_enrolment(work: Work, judging: Judging, customer_id: UUID, at: datetime, context: Context) -> None:
    """Note since when someone is a member, if some version of the programme celebrates that."""
    rulebook = judging.rulebook(work, str(customer_id))
    since = rulebook.since("anniversary") if rulebook else None
    if rulebook is not None and since is not None:
        command = NoteEnrolment(customer_id, max(at, EARLIEST), since, rulebook.zone_at(at))
        work.handle(PROFILE, PROFILE.stream(customer_id), command, subject=str(customer_id), context=context)


def _note_birthday(work: Work, judging: Judging, recorded: Recorded, event: BirthdayTold) -> None:
    """Where no programme ever asked for a birthday, it isn't kept here: only what is needed is."""
    rulebook, at = judging.rulebook(work, str(event.customer_id)), recorded.occurred_at
    if rulebook is None or not (rulebook.knows("birthday") or rulebook.asks.near_birthday):
        return
    since = max(at, rulebook.begins or at)
    told = (event.customer_id, event.birthday, since, recorded.version, rulebook.zone_at(at))
    note(work, judging, recorded, NoteBirthday(*told))
