"""Every kind of event is folded and explained, every kind of command is decided and sent to its account."""

from typing import get_args

from services.loyalty.contracts.published import PUBLISHED
from services.loyalty.domain.ledger import decide, evolve, explain, together
from services.loyalty.domain.ledger.commands import Command
from services.loyalty.domain.ledger.events import Event, Moving, PointsEarned
from services.loyalty.domain.ledger.journal import journals
from services.loyalty.domain.statements import wording

EVENTS, COMMANDS = set(get_args(Event)), set(get_args(Command))


def test_every_event_is_folded_explained_and_published() -> None:
    assert set(evolve.FOLD) == set(explain.WORDS) == EVENTS
    assert set(PUBLISHED.events.values()) >= EVENTS


def test_every_event_that_moves_points_has_a_journal_and_no_other() -> None:
    assert {kind for kind in EVENTS if journals(kind)} == set(get_args(Moving))


def test_every_command_is_decided_and_sent_to_its_account() -> None:
    assert set(decide.RULES) == set(together.ROUTES) == COMMANDS


def test_every_event_can_be_said_to_its_member() -> None:
    assert {*wording.SAID, PointsEarned} == EVENTS
