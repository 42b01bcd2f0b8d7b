"""The feeds of a process: one reader for each source, and one end for all."""

from shared.feeds.source import Source
from shared.feeds.tail import Tail
from shared.wakeup import Wakeup


class Feeds:
    """Gives all feeds of one name the same reader, and ends all of them when the process does."""

    def __init__(self) -> None:
        self._tails: dict[str, Tail] = {}
        self._closed = False

    def tail(self, name: str, source: Source, wakeup: Wakeup) -> Tail:
        """Return the reader of a source's end; `source` and `wakeup` count the first time that it is asked for."""
        tail = self._tails.get(name)
        if tail is None:
            tail = self._tails[name] = Tail(source, wakeup)
            tail.closed = self._closed
        return tail

    def close(self) -> None:
        """End every feed at once, and let none begin."""
        self._closed = True
        for tail in self._tails.values():
            tail.close()
