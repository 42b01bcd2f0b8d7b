"""Planted faults of the protocols, one at a time: what the simulation must be able to see."""

from tests.simulation.mutations.consumers import CONSUMERS
from tests.simulation.mutations.mutation import Mutation
from tests.simulation.mutations.parking import PARKING
from tests.simulation.mutations.relay import RELAY
from tests.simulation.mutations.store import STORE

MUTATIONS = (*RELAY, *STORE, *CONSUMERS, *PARKING)

__all__ = ["MUTATIONS", "Mutation"]
