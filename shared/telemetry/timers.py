"""Metrics of timers: how late they are, how many wait, what was fired, what was set aside."""

from prometheus_client import Counter, Gauge

LATE_SECONDS = Gauge("rapport_timers_late_seconds", "How long the earliest due timer has been due; 0 where none is.")
DUE = Gauge("rapport_timers_due", "Timers that are due and not yet fired.")
ASIDE = Gauge("rapport_timers_aside", "Timers that were set aside, because what they wake can't be woken.")
FIRED = Counter("rapport_timers_fired", "Timers that took effect.")
FAILED = Counter("rapport_timers_failed", "Times that a timer was set aside.")
