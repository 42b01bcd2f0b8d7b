"""A clock that stands still until a test, a demonstration or a simulation moves it."""

from datetime import datetime, timedelta


class SettableClock:
    """A `Clock`: call it for the time."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        """Return the moment at which it stands."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move it forward. ValueError: time doesn't run backwards."""
        if moment < self._now:
            raise ValueError(f"{moment} is before {self._now}")
        self._now = moment

    def advance(self, by: timedelta) -> None:
        """Move it forward by so much."""
        self.move_to(self._now + by)
