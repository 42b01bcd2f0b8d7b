"""`rapport bench`: every figure that the README quotes, each beside its peer or limit from the same run."""

from pathlib import Path
from typing import Annotated

import typer

from rapport.output import failing_clearly


def bench(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this figure; may be given again.")] = None,
    large: Annotated[
        bool,
        typer.Option("--large", help="Measure at ten million events beside a hundred thousand: ten minutes, 10 GB."),
    ] = False,
) -> None:
    """Measure on a private stack; takes some minutes.

    Example: `rapport bench --only append --json figures.json`
    """
    from importlib import import_module

    with failing_clearly():
        import_module("bench.main").main(json_file, only or [], of_large=large)
