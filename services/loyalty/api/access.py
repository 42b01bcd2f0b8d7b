"""The scopes of loyalty's routes."""

from typing import Annotated

from shared.http import Call, scope

Reading = Annotated[Call, scope("loyalty:read")]
Writing = Annotated[Call, scope("loyalty:write")]
