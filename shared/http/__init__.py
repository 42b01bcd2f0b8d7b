"""The HTTP kit: what every route gets for nothing."""

from shared.http.calls import Answer, Call, scope
from shared.http.moments import At
from shared.http.pages import Listing
from shared.http.problems import documented

__all__ = ["Answer", "At", "Call", "Listing", "documented", "scope"]
