"""What happens to a code: it is loaded, given to a member, redeemed at a till, or made void."""

from uuid import UUID

from msgspec import Struct

from shared.privacy.personal import Personal


class CodeLoaded(Struct, frozen=True):
    """The code is in a reward's pool, under a number; it is sealed like what is personal, for who knows it has it."""

    reward_id: str
    number: int
    code_text: Personal


class CodeGiven(Struct, frozen=True):
    """A redemption gave the code to its member."""

    reward_id: str
    number: int
    redemption_id: UUID


class CodeRedeemed(Struct, frozen=True):
    """A till took the code, under a receipt of its own."""

    reward_id: str
    number: int
    till: str
    receipt: str


class CodeVoided(Struct, frozen=True):
    """No till may take the code any more: its redemption was cancelled."""

    reward_id: str
    number: int


class CodeBatchLoaded(Struct, frozen=True):
    """Which codes came into the pool together: the name of each, by its number from `first` on."""

    reward_id: str
    first: int
    names: tuple[str, ...]


Event = CodeLoaded | CodeGiven | CodeRedeemed | CodeVoided
