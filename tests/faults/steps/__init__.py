"""Every kind of step that a plan may have, a file for each kind."""

from tests.faults.steps.around import AROUND
from tests.faults.steps.backend import FreezeBackend, KillBackend
from tests.faults.steps.freeze import Freeze
from tests.faults.steps.kill import Kill
from tests.faults.steps.kill_randomly import KillRandomly
from tests.faults.steps.step import Step
from tests.faults.steps.work import WORK

STEPS: tuple[type[Step], ...] = (Kill, KillRandomly, KillBackend, Freeze, FreezeBackend, *AROUND, *WORK)
