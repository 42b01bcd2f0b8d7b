"""The model's own history: each run's fit is recorded once, the good ones and the others."""

from collections.abc import Sequence

from msgspec import Struct

from services.scoring.domain.events import ModelFitted
from shared.decider import Decider


class Model(Struct, frozen=True):
    """The newest fit, and the newest that may be used."""

    latest: ModelFitted | None = None
    usable: ModelFitted | None = None


def decide(command: ModelFitted, model: Model) -> Sequence[ModelFitted]:
    """Record the fit, unless this run's is there already."""
    return () if model.latest is not None and model.latest.run_id == command.run_id else (command,)


def evolve(model: Model, event: ModelFitted) -> Model:
    """Return the model after the fit."""
    return Model(event, event if event.fit.usable else model.usable)


MODELS: Decider[ModelFitted, ModelFitted, Model] = Decider("model", Model(), decide, evolve)
