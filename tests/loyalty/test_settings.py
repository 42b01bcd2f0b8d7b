"""Settings of the built-in programme that won't count for members of a published one are told at start-up."""

from typing import Any

import pytest
from pydantic import SecretStr

from services.loyalty.service import SERVICE
from services.loyalty.settings import LoyaltySettings
from shared.runtime import process
from shared.runtime.process import Role


def cautions(**given: Any) -> list[str]:
    return [*LoyaltySettings(database_url=SecretStr("postgresql://unused"), **given).cautions]


@pytest.mark.parametrize(
    "given",
    [{}, {"programme": "shop"}, {"debt": "cap", "gifts": False}, {"programme": "shop", "simulation_processes": 1}],
)
def test_settings_that_count_as_one_expects_are_not_told(given: dict[str, Any]) -> None:
    assert cautions(**given) == []


@pytest.mark.parametrize(
    ("name", "value"), [("debt", "cap"), ("lapsed_spend", "renew"), ("gifts", False), ("adjustment_alone", 5)]
)
def test_a_policy_beside_a_published_programme_is_told_with_what_rules_instead(name: str, value: Any) -> None:
    (told,) = cautions(programme="shop", **{name: value})
    assert f"LOYALTY_{name.upper()} make the built-in programme" in told
    assert "`policies`" in told


def test_start_up_logs_the_caution(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []

    class Log:
        def warning(self, event: str, *, detail: str) -> None:
            said.append((event, detail))

    for name, value in (
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"),
        ("LOYALTY_DATABASE_URL", "postgresql://unused"),
        ("LOYALTY_PROGRAMME", "shop"),
        ("LOYALTY_DEBT", "cap"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(process, "log", Log())
    monkeypatch.setattr("shared.telemetry.log.configure", lambda *_, **__: None)
    monkeypatch.setattr(process, "calm_the_collector", lambda: None)
    monkeypatch.setattr("uvloop.run", lambda work: work.close())
    process.run(SERVICE, Role.API)
    assert [(event, "LOYALTY_DEBT" in detail) for event, detail in said] == [("settings.caution", True)]
