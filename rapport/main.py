"""`rapport`: one program for everything that is done with Rapport from a terminal."""

import logging

import typer

from rapport.commands import (
    bench,
    demo,
    doctor,
    down,
    erase,
    export,
    keys,
    loyalty,
    migrate,
    parked,
    recover,
    republish,
    run_service,
    schema,
    timers,
    token,
    up,
    views,
)

app = typer.Typer(
    name="rapport",
    help="Run, watch and look after Rapport. Exit codes: 0 done, 1 failed (with the next step), 2 wrong usage.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("up")(up.up)
app.command("down")(down.down)
app.command("demo")(demo.demo)
app.command("run")(run_service.run_service)
app.command("migrate")(migrate.migrate)
app.command("doctor")(doctor.doctor)
app.add_typer(views.app, name="views")
app.add_typer(parked.app, name="parked")
app.add_typer(timers.app, name="timers")
app.command("republish")(republish.republish)
app.command("recover")(recover.recover)
app.add_typer(schema.app, name="schema")
app.command("token")(token.token)
app.command("export")(export.export)
app.command("erase")(erase.erase)
app.add_typer(keys.app, name="keys")
app.add_typer(loyalty.app, name="loyalty")
app.command("bench")(bench.bench)


def run() -> None:
    """Run the program."""
    # What libraries log is for the services' logs; a command says itself what went wrong, and what to do.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    app()
