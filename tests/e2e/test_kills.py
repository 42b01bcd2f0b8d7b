"""Whatever is killed in the middle, the final state is the same, row for row; only generated ids differ."""

import asyncio
import signal

import pytest

from rapport.demo import log

from .conftest import NewDeployment


def must_equal(expected: dict[str, list[str]], found: dict[str, list[str]]) -> None:
    """Fail with the first row of each view that differs."""
    lines = []
    for view, rows in expected.items():
        missing = sorted(set(rows) - set(found[view]))
        surplus = sorted(set(found[view]) - set(rows))
        if missing or surplus or len(rows) != len(found[view]):
            lines.append(f"{view}: {len(rows)} rows, found {len(found[view])}; {len(missing)} missing")
            lines += [f"  missing {row}" for row in missing[:1]] + [f"  surplus {row}" for row in surplus[:1]]
    if lines:
        pytest.fail("\n".join(lines))


@pytest.mark.parametrize("victims", [("contact",), ("loyalty", "scoring", "tickets"), ("kafka",), ("postgres",)])
async def test_kills_in_the_middle_leave_the_same_final_state(
    victims: tuple[str, ...],
    undisturbed: dict[str, list[str]],
    new_deployment: NewDeployment,
    messages: list[log.Message],
) -> None:
    deployment = await new_deployment()
    publishing = asyncio.create_task(deployment.publish(messages))
    await asyncio.wait([publishing], timeout=5)
    for pause in (0.4, 0.9):
        await asyncio.sleep(pause)
        for victim in victims:
            deployment.kill(victim)
        await asyncio.to_thread(deployment.up)
    await publishing
    await deployment.caught_up(len(messages))
    must_equal(undisturbed, await deployment.state())


async def test_a_worker_frozen_past_its_session_and_thawed_leaves_the_same_final_state(
    undisturbed: dict[str, list[str]], new_deployment: NewDeployment, messages: list[log.Message]
) -> None:
    deployment = await new_deployment()
    await deployment.publish(messages[: len(messages) // 2])
    await asyncio.sleep(0.5)
    deployment.kill("loyalty", signal.SIGSTOP)
    await deployment.publish(messages[len(messages) // 2 :])
    await asyncio.sleep(14)
    deployment.kill("loyalty", signal.SIGCONT)
    await deployment.caught_up(len(messages))
    must_equal(undisturbed, await deployment.state())


async def test_publishing_everything_again_changes_nothing(
    undisturbed: dict[str, list[str]], new_deployment: NewDeployment, messages: list[log.Message]
) -> None:
    deployment = await new_deployment()
    await deployment.publish([*messages, *messages[::-1]])
    await deployment.caught_up(2 * len(messages))
    must_equal(undisturbed, await deployment.state())
