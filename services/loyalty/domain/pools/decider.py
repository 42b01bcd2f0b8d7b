"""The pool's decider; its streams bear the pool's id."""

from services.loyalty.domain.pools.commands import Command
from services.loyalty.domain.pools.decide import decide
from services.loyalty.domain.pools.events import Event
from services.loyalty.domain.pools.pool import Pool, evolve
from shared.decider import Decider

POOL: Decider[Command, Event, Pool] = Decider("pool", Pool(), decide, evolve)
