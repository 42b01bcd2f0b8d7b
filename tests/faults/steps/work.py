"""The steps that act on the work itself: who does it, who waits, and what is interrupted in its middle."""

from tests.faults.steps.hold_snapshot import HoldSnapshot
from tests.faults.steps.interrupt_erasure import InterruptErasure
from tests.faults.steps.interrupt_merge import InterruptMerge
from tests.faults.steps.interrupt_rebuild import InterruptRebuild
from tests.faults.steps.outage import KafkaOutage
from tests.faults.steps.park import Park
from tests.faults.steps.rebalance_storm import RebalanceStorm
from tests.faults.steps.roll import Roll
from tests.faults.steps.shut_down import ShutDown
from tests.faults.steps.slow_consumer import Drowse, LockView
from tests.faults.steps.step import Step

WORK: tuple[type[Step], ...] = (
    RebalanceStorm,
    Park,
    LockView,
    Drowse,
    HoldSnapshot,
    KafkaOutage,
    ShutDown,
    Roll,
    InterruptRebuild,
    InterruptErasure,
    InterruptMerge,
)
