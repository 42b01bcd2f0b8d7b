"""`rapport schema`: the generated reference, written and checked, and the promises of the last release."""

from typing import Annotated

import typer

from rapport import reference
from rapport.output import Json, console, errors, failing_clearly, print_json

app = typer.Typer(
    help="OpenAPI, AsyncAPI and the schemas of all events: generated, checked, kept.", no_args_is_help=True
)


@app.command("export")
def export(as_json: Json = False) -> None:
    """Write the reference and the event schemas anew. Schemas of old versions stay as they are.

    Example: `rapport schema export`
    """
    with failing_clearly():
        made = reference.documents()
        for file, content in made.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    if as_json:
        print_json([str(file) for file in made])
    else:
        console.print(f"{len(made)} files written; look at what changed: `git diff docs/reference services`")


@app.command("check")
def check(as_json: Json = False) -> None:
    """Tell whether the reference is up to date, every stored example can be read, and no released promise is broken.

    Exit codes: 0 all is well, 1 something is amiss (each with the next step), 2 wrong usage.

    Example: `rapport schema check`
    """
    with failing_clearly():
        found = {
            "outdated": reference.outdated(),
            "faults": list(reference.amiss()),
            "breaking": list(reference.breaking()),
        }
    if as_json:
        print_json(found)
    else:
        for kind, items in found.items():
            _tell(kind, items)
    if any(found.values()):
        raise typer.Exit(1)


@app.command("release")
def release(
    version: Annotated[str, typer.Argument(help="The version that is released, as in its tag: 0.2.0.")],
    as_json: Json = False,
) -> None:
    """Keep today's promises as those of a release: from now on `schema check` compares with them.

    Refuses while something is amiss or a promise of the release before is broken; those are kept under another
    version of the event or another path. Example: `rapport schema release 0.2.0`
    """
    with failing_clearly():
        wrong = [*reference.outdated(), *reference.amiss(), *reference.breaking()]
        if wrong:
            raise ValueError(f"{len(wrong)} things are amiss: `rapport schema check` names them.")
        reference.release(version)
    if as_json:
        print_json({"release": version, "folder": str(reference.RELEASED)})
    else:
        console.print(f"The promises of {version} are kept in {reference.RELEASED}: commit them with the release.")


NEXT = {
    "outdated": "Outdated; run `rapport schema export` and look at what changed:",
    "faults": "Wrong in the contracts; docs/guides/change-an-event.md says how an event changes:",
    "breaking": "Broken promises of the last release; add beside what was there, instead of changing it:",
}


def _tell(kind: str, items: list[str]) -> None:
    if items:
        errors.print(
            NEXT[kind], *(f"  {item}" for item in items), sep="\n", markup=False, highlight=False, soft_wrap=True
        )
