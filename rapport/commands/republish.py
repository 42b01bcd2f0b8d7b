"""`rapport republish`: write a service's topic again from its log."""

import asyncio
from typing import Annotated

import typer
from rich.progress import Progress

from rapport.commands.opened import opened
from rapport.output import Json, errors, failing_clearly, print_json
from shared.relay import republish as again
from shared.service import topic_of
from shared.store.contract import PARTITIONS


def republish(
    topic: Annotated[str, typer.Argument(help="The topic or its service: rapport.loyalty.v1, or loyalty.")],
    partition: Annotated[int | None, typer.Option(min=0, max=PARTITIONS - 1, help="One partition; else all.")] = None,
    first: Annotated[int, typer.Option("--from", min=1, help="The first number to send again.")] = 1,
    as_json: Json = False,
) -> None:
    """Send events again with the numbers they had. Consumers drop what they have and take what they miss.

    Example: `rapport republish loyalty --partition 3 --from 1201`
    """
    service = topic.removeprefix("rapport.").removesuffix(".v1")

    async def done() -> int:
        total = 0
        async with opened(service) as at:
            partitions = range(PARTITIONS) if partition is None else [partition]
            with Progress(console=errors, disable=not errors.is_terminal) as progress:
                tasks = {item: progress.add_task(f"partition {item}", total=None) for item in partitions}
                sending = again.republish(at.service, at.pool, at.bootstrap_servers, partitions=partitions, first=first)
                sent: dict[int, int] = {}
                async for step in sending:
                    sent[step.partition] = step.sent
                    progress.update(tasks[step.partition], completed=step.sent, total=step.total)
                total = sum(sent.values())
        return total

    with failing_clearly():
        count = asyncio.run(done())
    if as_json:
        print_json({"topic": topic_of(service), "events": count})
    else:
        typer.echo(f"{count} events sent again to {topic_of(service)}.")
