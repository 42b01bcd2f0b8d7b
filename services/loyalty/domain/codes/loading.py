"""Loading codes into a pool: those that are in no pool yet get the next numbers, all in one append."""

from collections.abc import Mapping

from msgspec import Struct

from services.loyalty.domain.codes.batch import BATCH, LoadBatch, batch_key
from services.loyalty.domain.codes.code import CODE, LoadCode
from services.loyalty.domain.rewards.commands import AddCodes
from services.loyalty.domain.rewards.decider import REWARD
from services.loyalty.domain.rewards.offering import existing
from services.loyalty.domain.streams import Streams


class Loaded(Struct, frozen=True):
    """The names of the codes that were loaded, and how many were known before."""

    new: tuple[str, ...]
    known: int


def load(streams: Streams, reward_id: str, addition_id: str, codes: Mapping[str, str]) -> Loaded:
    """Load the codes, by their names, once for each addition id."""
    reward = streams.state(REWARD, reward_id)
    existing(reward)
    new = tuple(name for name in codes if streams.state(CODE, name).loaded is None)
    if not new or addition_id in reward.additions:
        return Loaded((), len(codes))
    subject, first = REWARD.stream(reward_id), reward.added
    streams.ask(REWARD, reward_id, AddCodes(reward_id, addition_id, len(new)), subject)
    streams.ask(BATCH, batch_key(reward_id, first), LoadBatch(reward_id, first, new), subject)
    for number, name in enumerate(new, first):
        streams.ask(CODE, name, LoadCode(reward_id, number, codes[name]), subject)
    return Loaded(new, len(codes) - len(new))
