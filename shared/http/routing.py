"""Finding a request's route by the words of its path: to walk past all routes costs more than some answers."""

from collections.abc import Iterable, Sequence

from fastapi.routing import APIRoute
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

_ANY_WORD, _ANY_REST = "{", ":path}"
"""How a word of a route's path shows that it stands for any word, and for all that are left."""


class Signpost(BaseRoute):
    """Stands before the routes of an application, and finds the one to which a walk past them would come.

    What it doesn't find is left to the walk: files, pages and checks that are no routes of the service.
    """

    def __init__(self, routes: Iterable[APIRoute]) -> None:
        self._first = _Turn()
        for place, route in enumerate(routes):
            self._first.leads_to(place, route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return what the first route says that takes path and method, else the first that takes the path."""
        partly: tuple[Match, Scope] = (Match.NONE, {})
        for route in self._leading(scope) if scope["type"] == "http" else ():
            found = route.matches(scope)
            if found[0] is Match.FULL:
                return found
            if partly[0] is Match.NONE:
                partly = found
        return partly

    def _leading(self, scope: Scope) -> Sequence[APIRoute]:
        """Return the routes that may take the path, in their order; none where it has to be looked at otherwise."""
        path: str = scope["path"]
        if scope.get("root_path") or "\n" in path:
            return ()
        turns, found = [self._first], list[tuple[int, APIRoute]]()
        for word in path.split("/"):
            found += [one for turn in turns for one in turn.rest]
            turns = [turn for before in turns for turn in (before.words.get(word), before.other) if turn]
        found += [one for turn in turns for one in turn.ends]
        return [route for _, route in sorted(found, key=lambda one: one[0])]

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route that was found handle the request."""
        await scope["route"].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """Know no path: the routes themselves do."""
        raise NoMatchFound(name, dict(path_params))


class _Turn:
    """Where the words of a path have led so far: what the next one may be, and the routes that end here, by place.

    `rest` are those that take whatever is left.
    """

    __slots__ = ("ends", "other", "rest", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Turn] = {}
        self.other: _Turn | None = None
        self.ends: list[tuple[int, APIRoute]] = []
        self.rest: list[tuple[int, APIRoute]] = []

    def leads_to(self, place: int, route: APIRoute) -> None:
        """Lay out the way to a route from here, where no word has been read."""
        turn = self
        for word in route.path.split("/"):
            if _ANY_REST in word:
                turn.rest.append((place, route))
                return
            turn = turn._after(word)
        turn.ends.append((place, route))

    def _after(self, word: str) -> "_Turn":
        if _ANY_WORD not in word:
            return self.words.setdefault(word, _Turn())
        if self.other is None:
            self.other = _Turn()
        return self.other
