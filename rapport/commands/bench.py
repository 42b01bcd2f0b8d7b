"""`rapport bench`: every figure that the README quotes, each beside its peer or limit from the same run."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from rapport.output import failing_clearly


def bench(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write what was found to this file.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this figure; may be given again.")] = None,
    large: Annotated[
        bool,
        typer.Option("--large", help="Measure at ten million events beside a hundred thousand: ten minutes, 10 GB."),
    ] = False,
    scaling: Annotated[
        bool, typer.Option("--scaling", help="Measure 1, 2 and 4 workers, APIs and relays, and what each costs.")
    ] = False,
    soak: Annotated[
        float | None,
        typer.Option("--soak", min=2, help="Hold a share of the capacity for so many minutes; is all flat?"),
    ] = None,
    share: Annotated[float, typer.Option(min=0.05, max=1.0, help="The share of the capacity for --soak.")] = 0.6,
    profile: Annotated[
        list[str] | None, typer.Option(help="Draw a flame graph of this hot path, or of `all`; may be given again.")
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Write the table of what was measured into --folder.")
    ] = False,
    folder: Annotated[Path, typer.Option(help="Where pictures and tables go.")] = Path("docs/performance"),
) -> None:
    """Measure on a private stack; takes some minutes.

    Exit codes: 0 measured, 1 can't measure, or the soak wasn't flat, 2 wrong usage.

    Example: `rapport bench --only append --json figures.json`
    """
    kept = folder if record else None
    with failing_clearly():
        if soak:
            if not import_module("bench.soak.run").soak(soak, share, json_file, kept):
                raise typer.Exit(1)
        elif scaling:
            import_module("bench.scaling").scaling(json_file, kept)
        elif profile:
            import_module("bench.profiles").profiles(profile, folder)
        else:
            import_module("bench.main").main(json_file, only or [], of_large=large, record=kept)
