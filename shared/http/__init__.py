"""The HTTP kit: what every route gets for nothing."""

from shared.http.answer import Answer
from shared.http.calls import Call, scope
from shared.http.listed import described
from shared.http.moments import At
from shared.http.pages import Listing
from shared.http.problems import documented

__all__ = ["Answer", "At", "Call", "Listing", "described", "documented", "scope"]
