"""Applying a programme's file through loyalty's API: check, show, agree, publish."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
from msgspec import Struct

from rapport.loyalty_client import asked


class Applied(Struct, frozen=True):
    """What came of it: the service's preview, the version that was published (None: none), and why not."""

    programme: str
    preview: Mapping[str, Any]
    published: int | None = None
    refused: str = ""


Agree = Callable[[Applied], bool]
"""Whether whoever looks at a preview wants it published."""


async def apply_programme(
    client: httpx.AsyncClient, document: object, since: str | None, *, dry_run: bool, agree: Agree
) -> Applied:
    """Check the document, and publish it unless it has faults, changes nothing, or is only to be shown.

    `agree` is asked where it is back-dated. Raises ValueError with the service's own
    words where that refuses for another reason.
    """
    name = str(document.get("id", "")) if isinstance(document, dict) else ""
    if not name:
        raise ValueError("The file names no programme: its first line is such as `id: shop`.")
    body = {"document": document, **({"effective_from": since} if since else {})}
    preview = await asked(client.post(f"/v1/programmes/{name}/check", json=body))
    shown = Applied(name, preview)
    if preview["faults"]:
        return Applied(name, preview, refused=_faulty(preview))
    if dry_run or preview["unchanged"]:
        return shown
    if preview["back_dated"] and not agree(shown):
        return Applied(name, preview, refused="It is back-dated, and nobody agreed: nothing was published.")
    if preview["back_dated"]:
        # What was shown is what is published: the date, too, where the service chose it.
        body |= {"effective_from": preview["effective_from"], "confirm": preview["confirm"]}
    published = await asked(client.put(f"/v1/programmes/{name}", json=body))
    return Applied(name, preview, published=published["version"])


def _faulty(preview: Mapping[str, Any]) -> str:
    said = ["The programme can't be published:"]
    for fault in preview["faults"]:
        rule = f"rule {fault['rule']} " if fault["rule"] else ""
        said.append(f"{fault['at']}: {rule}{fault['says']}")
    return "\n".join(said)
