"""One code: commands, rules, state. It is given to one redemption and taken by one till, each once."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

from msgspec import Struct, structs

from services.loyalty.domain.codes.events import CodeGiven, CodeLoaded, CodeRedeemed, CodeVoided, Event
from shared.decider import Decider
from shared.errors import Missing, Rejected
from shared.privacy.personal import Personal


class LoadCode(Struct, frozen=True):
    """Put the code into a pool, under a number. It must be in none."""

    reward_id: str
    number: int
    code_text: Personal


class GiveCode(Struct, frozen=True):
    """Give the code to a redemption's member."""

    redemption_id: UUID


class RedeemCode(Struct, frozen=True):
    """Take the code at a till, once for each (till, receipt)."""

    till: str
    receipt: str


class VoidCode(Struct, frozen=True):
    """Let no till take the code any more."""


Command = LoadCode | GiveCode | RedeemCode | VoidCode


class Code(Struct, frozen=True):
    """A code and what became of it."""

    loaded: CodeLoaded | None = None
    given_to: UUID | None = None
    redeemed: CodeRedeemed | None = None
    void: bool = False


def decide(command: Command, code: Code) -> Sequence[Event]:
    """Return the events that obey `command`."""
    if isinstance(command, LoadCode):
        if code.loaded is not None:
            raise Rejected("code-known", "The code is in a pool already.")
        return (CodeLoaded(command.reward_id, command.number, command.code_text),)
    if code.loaded is None:
        raise Missing("code-unknown", "There is no such code.")
    place = (code.loaded.reward_id, code.loaded.number)
    match command:
        case GiveCode():
            return _give(command, code, place)
        case RedeemCode():
            return _redeem(command, code, place)
        case VoidCode():
            return _void(code, place)
        case _:
            assert_never(command)


def _give(command: GiveCode, code: Code, place: tuple[str, int]) -> Sequence[Event]:
    if code.given_to == command.redemption_id:
        return ()
    if code.given_to is not None or code.void:
        raise Rejected("code-given", "The code was given before.")
    return (CodeGiven(*place, command.redemption_id),)


def _redeem(command: RedeemCode, code: Code, place: tuple[str, int]) -> Sequence[Event]:
    event = CodeRedeemed(*place, command.till, command.receipt)
    if code.redeemed is not None:
        if code.redeemed == event:
            return ()
        raise Rejected("code-redeemed", "The code was redeemed before. It counts once.")
    if code.void:
        raise Rejected("code-void", "The code is void: its redemption was cancelled.")
    if code.given_to is None:
        raise Rejected("code-not-given", "The code was given to nobody yet.")
    return (event,)


def _void(code: Code, place: tuple[str, int]) -> Sequence[Event]:
    if code.redeemed is not None:
        raise Rejected("code-redeemed", "The code was redeemed at a till, so its redemption can't be cancelled.")
    return () if code.void else (CodeVoided(*place),)


def evolve(code: Code, event: Event) -> Code:
    """Return the code as it is after `event`."""
    match event:
        case CodeLoaded():
            return structs.replace(code, loaded=event)
        case CodeGiven(redemption_id=redemption_id):
            return structs.replace(code, given_to=redemption_id)
        case CodeRedeemed():
            return structs.replace(code, redeemed=event)
        case CodeVoided():
            return structs.replace(code, void=True)
        case _:
            assert_never(event)


CODE: Decider[Command, Event, Code] = Decider("code", Code(), decide, evolve)
