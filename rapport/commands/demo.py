"""`rapport demo`: a real purchase log goes in, and Rapport shows what it knows."""

from pathlib import Path
from typing import Annotated

import typer

from rapport.output import failing_clearly


def demo(
    leave: Annotated[bool, typer.Option("--exit", help="End by itself instead of leaving the services up.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    report: Annotated[Path, typer.Option(help="Where to write the report page.")] = Path(".rapport/report.html"),
) -> None:
    """Replay the CDNOW purchase log through the public door and show what Rapport then knows.

    Example: `rapport demo --exit --json result.json`
    """
    from rapport.demo.show import run_demo

    with failing_clearly():
        run_demo(leave_up=not leave, json_file=json_file, report=report)
