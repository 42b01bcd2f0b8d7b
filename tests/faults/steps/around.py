"""The steps that act on what stands around the services: routes, disks, clocks, nodes of Kafka."""

from tests.faults.steps.cut import Cut
from tests.faults.steps.fill_disk import FillDisk
from tests.faults.steps.half_open import HalfOpen
from tests.faults.steps.jump_clock import JumpClock
from tests.faults.steps.lose_nodes import LoseNodes
from tests.faults.steps.refuse import Refuse
from tests.faults.steps.slow import Slow
from tests.faults.steps.step import Step

AROUND: tuple[type[Step], ...] = (Cut, Slow, HalfOpen, Refuse, FillDisk, JumpClock, LoseNodes)
