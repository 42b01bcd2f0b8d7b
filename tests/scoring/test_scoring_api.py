"""Scoring by HTTP: runs, scores, reasons, the portfolio; and who may see what."""

import time
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from services.scoring.adapters.run_scoring import RunScoring
from services.scoring.domain.pyramid import Rule
from services.scoring.views.customer_value import CUSTOMER_VALUE
from services.scoring.views.evidence import EVIDENCE
from services.scoring.views.runs import RUNS
from services.scoring.views.scores import SCORES
from shared.http.auth import DEVELOPMENT_ISSUER
from shared.store.postgres import PostgresEventStore
from shared.wakeup import Wakeup
from tests.scoring import cdnow
from tests.scoring.conftest import NOW, SETTINGS
from tests.scoring.following import everything, follow

SOME = 400
CUSTOMER = UUID(int=4)
RUN_ID = UUID(int=77)


@pytest.fixture
async def scored(pool: asyncpg.Pool, store: PostgresEventStore, api: httpx.AsyncClient) -> str:
    """Ask for a run over some customers of the log, carry it out, bring the views up to date; return its id."""
    events = [event for event in cdnow.recorded() if event.event.customer_id.int <= SOME]
    await follow(pool, CUSTOMER_VALUE, events)
    await follow(pool, EVIDENCE, events)
    asked = await api.post("/v1/runs", json={})
    assert asked.status_code == 202
    run_id: str = asked.json()["run_id"]
    assert asked.headers["Location"] == f"/v1/runs/{run_id}"
    await RunScoring(pool, store, "USD", Rule(), lambda: NOW, Wakeup(pool)).carry_out(UUID(run_id))
    found = await everything(pool, store)
    await follow(pool, SCORES, found)
    await follow(pool, RUNS, found)
    return run_id


def token(customer: UUID, *scopes: str) -> dict[str, str]:
    claims = {
        "iss": DEVELOPMENT_ISSUER,
        "aud": SETTINGS.oidc_audience,
        "sub": "a-customer",
        "customer": str(customer),
        "scope": " ".join(scopes),
        "exp": int(time.time()) + 600,
    }
    key = OctKey.import_key(SETTINGS.development_token_secret.get_secret_value())
    return {"Authorization": f"Bearer {jwt.encode({'alg': 'HS256'}, claims, key)}"}


async def body(api: httpx.AsyncClient, path: str) -> Any:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_run_shows_how_far_it_has_come(api: httpx.AsyncClient) -> None:
    asked = await api.post("/v1/runs")
    assert (asked.status_code, asked.json()["status"]) == (202, "running")
    shown = await api.get(asked.headers["Location"])
    assert (shown.json()["status"], shown.json()["failed"], shown.headers["ETag"]) == ("running", None, '"1"')


async def test_a_run_under_a_chosen_id_is_asked_for_once(api: httpx.AsyncClient) -> None:
    first = await api.put(f"/v1/runs/{RUN_ID}", json={"observed_until": "1998-06-30"})
    again = await api.put(f"/v1/runs/{RUN_ID}", json={"observed_until": "1998-06-30"})
    other = await api.put(f"/v1/runs/{RUN_ID}", json={"observed_until": "1998-06-29"})
    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 409)


async def test_the_same_key_asks_for_the_same_run(api: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "nightly-1998-07-01"}
    first, again = await api.post("/v1/runs", json={}, headers=key), await api.post("/v1/runs", json={}, headers=key)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"observed_until": "2000-01-01"}, 409), ({"observed_until": "yesterday"}, 422), ({"currency": "EUR"}, 422)],
)
async def test_a_run_that_makes_no_sense_is_refused(api: httpx.AsyncClient, sent: dict[str, str], status: int) -> None:
    answer = await api.post("/v1/runs", json=sent)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_completed_run_shows_what_it_found(api: httpx.AsyncClient, scored: str) -> None:
    shown = await body(api, f"/v1/runs/{scored}")
    assert (shown["status"], shown["observed_until"], shown["frozen"]["customers"]) == ("completed", "1998-06-30", SOME)
    assert shown["completed"]["changed"] == SOME
    listed = await body(api, "/v1/runs?filter[status]=completed")
    assert [row["run_id"] for row in listed["data"]] == [scored]


async def test_the_portfolio_is_the_newest_runs(api: httpx.AsyncClient, scored: str) -> None:
    revenue = sum(item.amount for item in cdnow.log() if item.customer <= SOME)
    pyramid = await body(api, "/v1/portfolio/pyramid")
    assert (pyramid["run_id"], pyramid["tiers"]["platinum"], sum(pyramid["tiers"].values())) == (scored, 4, SOME)
    assert sum(Decimal(part) for part in pyramid["revenue"].values()) == revenue
    assert sum(pyramid["share_of_revenue"].values()) == pytest.approx(1)
    assert set(pyramid["edges"]) == {"platinum", "gold", "iron"}
    shares = (await body(api, "/v1/portfolio/concentration"))["concentration"]
    assert len(shares["lorenz"]) == 101
    assert 0 < shares["top"]["0.01"] < shares["top"]["0.2"] < 1
    model = await body(api, "/v1/models/bg-nbd")
    assert (model["run_id"], model["version"], model["usable"]) == (scored, 1, True)
    assert set(model["fit"]["parameters"]) == {"r", "alpha", "a", "b"}


async def test_scores_are_listed_by_value_and_filtered_by_tier(api: httpx.AsyncClient, scored: str) -> None:
    listed = (await body(api, "/v1/scores?page[size]=200"))["data"]
    values = [Decimal(row["value"]) for row in listed]
    assert values == sorted(values, reverse=True)
    platinum = (await body(api, "/v1/scores?filter[tier]=platinum"))["data"]
    assert [row["customer_id"] for row in platinum] == [row["customer_id"] for row in listed[:4]]


async def test_a_score_is_folded_from_its_stream(api: httpx.AsyncClient, scored: str) -> None:
    answer = await api.get(f"/v1/customers/{CUSTOMER}/score")
    shown = answer.json()
    bought = [item for item in cdnow.log() if item.customer == CUSTOMER.int]
    assert (answer.headers["ETag"], shown["score"]["run_id"]) == ('"1"', scored)
    assert Decimal(shown["score"]["value"]) == sum(item.amount for item in bought)
    assert shown["score"]["purchases"] == len(bought)
    assert shown["history"] == [shown["score"]]
    unchanged = await api.get(f"/v1/customers/{CUSTOMER}/score", headers={"If-None-Match": '"1"'})
    assert unchanged.status_code == 304


async def test_a_score_can_be_computed_again_from_its_reasons(api: httpx.AsyncClient, scored: str) -> None:
    score = (await body(api, f"/v1/customers/{CUSTOMER}/score"))["score"]
    why = await body(api, f"/v1/customers/{CUSTOMER}/score/why")
    assert why["because"] == [f"score-{CUSTOMER}@1", f"run-{scored}@2", "model-bg-nbd@1"]
    assert sum(Decimal(item["amount"]) for item in why["events"]) == Decimal(score["value"])
    assert why["events_complete"] is True
    assert all(item["event"].startswith("purchase-cdnow-") for item in why["events"])
    forecast = why["arithmetic"]["forecast"]
    numbers = {**forecast["parameters"], **{name: forecast[name] for name in ("x", "t_x", "T")}}
    formula = forecast["probability_alive_is"].partition(" where ")[0]
    assert eval(formula, {"__builtins__": {}}, numbers) == pytest.approx(score["probability_alive"], abs=5e-5)
    recency = why["arithmetic"]["recency"]
    assert max(number for number, least in recency["least_values"].items() if least <= recency["value"]) == str(
        recency["score"]
    )


async def test_what_came_after_the_run_makes_the_reasons_say_so(
    api: httpx.AsyncClient, pool: asyncpg.Pool, scored: str
) -> None:
    late = cdnow.purchase_event(999_999, cdnow.Purchase(CUSTOMER.int, date(1997, 5, 5), Decimal("3.00")))
    await follow(pool, EVIDENCE, [late])
    assert (await body(api, f"/v1/customers/{CUSTOMER}/score/why"))["events_complete"] is False


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/customers/{CUSTOMER}/score",
        f"/v1/customers/{CUSTOMER}/score/why",
        f"/v1/runs/{RUN_ID}",
        "/v1/portfolio/pyramid",
        "/v1/portfolio/concentration",
        "/v1/models/bg-nbd",
    ],
)
async def test_what_is_not_there_yet_is_a_problem_that_says_what_to_do(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(path)
    assert answer.status_code == 404
    assert answer.json()["detail"]


@pytest.mark.usefixtures("scored")
async def test_a_customers_own_token_reaches_only_their_score(api: httpx.AsyncClient) -> None:
    own = token(CUSTOMER, "scoring:read", "scoring:write")
    assert (await api.get(f"/v1/customers/{CUSTOMER}/score", headers=own)).status_code == 200
    assert (await api.get(f"/v1/customers/{UUID(int=5)}/score", headers=own)).status_code == 404
    listed = (await api.get("/v1/scores", headers=own)).json()["data"]
    assert [row["customer_id"] for row in listed] == [str(CUSTOMER)]
    for path in ("/v1/portfolio/pyramid", "/v1/portfolio/concentration", "/v1/models/bg-nbd", "/v1/runs"):
        assert (await api.get(path, headers=own)).status_code == 404
    assert (await api.post("/v1/runs", json={}, headers=own)).status_code == 404


async def test_reading_needs_its_scope_and_so_does_asking_for_a_run(api: httpx.AsyncClient) -> None:
    reader = token(CUSTOMER, "scoring:read")
    assert (await api.post("/v1/runs", json={}, headers=reader)).status_code == 403
    assert (await api.get("/v1/scores", headers=token(CUSTOMER, "scoring:write"))).status_code == 403
    assert (await api.get("/v1/scores", headers={"Authorization": ""})).status_code == 401
