"""`rapport schema`: the generated reference, written and checked."""

from pathlib import Path

import msgspec
import typer

from rapport.output import Json, console, errors, print_json
from rapport.services import SERVICES, load
from shared.http.app import create_app

app = typer.Typer(help="The generated reference: OpenAPI of each service.", no_args_is_help=True)

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


def documents() -> dict[Path, bytes]:
    """Return every generated file with the content that it should have."""
    found = {}
    for name in SERVICES:
        schema = create_app(load(name)).openapi()
        found[FOLDER / f"{name}.openapi.json"] = msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"
    return found


@app.command("export")
def export(as_json: Json = False) -> None:
    """Write the reference anew.

    Example: `rapport schema export`
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file, content in documents().items():
        file.write_bytes(content)
    if as_json:
        print_json([str(file) for file in documents()])
    else:
        console.print(f"{len(documents())} files written to {FOLDER}")


@app.command("check")
def check(as_json: Json = False) -> None:
    """Tell whether the reference says what the services serve. Exit code 1 when it doesn't.

    Example: `rapport schema check`
    """
    old = [file.name for file, content in documents().items() if not file.exists() or file.read_bytes() != content]
    if as_json:
        print_json({"outdated": old})
    if old:
        errors.print(f"Outdated: {', '.join(old)}. Run `rapport schema export` and look at what changed.")
        raise typer.Exit(1)
