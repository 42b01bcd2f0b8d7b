"""The tables under docs/performance show what was measured."""

from pathlib import Path

from bench.figures import Found, figure
from bench.latency import percentiles
from bench.machine import Machine
from bench.scaled import Scaled
from bench.service_demand import Point, fitted
from bench.soak.flatness import Verdict
from bench.soak.found import Soaked
from bench.tables import write_figures, write_scaling, write_soak

MACHINE = Machine("Linux 6", "Some CPU", 2, 4096, "3.11.2", "18.1", "4.3.1", (0.1, 0.2, 0.3), 0.25, 1.5)
LATENCIES = {"p50": 1.0, "p90": 2.0, "p99": 3.0, "p999": 4.0, "max": 5.0, "count": 800}


def test_figures_stand_beside_their_peers_with_percentiles_and_processor_time(tmp_path: Path) -> None:
    spent = Found(900.4, {"program_us": 80.0, "postgres_us": 60.5})
    append = figure("append", "events/s", [spent], ">= 0.80", "a plain insert", [Found(1000, {})])
    latency = figure("http_command_p99", "ms", [Found(3.0, LATENCIES)], "< 10")
    write_figures(tmp_path, MACHINE, [append, latency])
    text = (tmp_path / "figures.md").read_text()
    assert "| append | 900 events/s | a plain insert | 1,000 | 0.90 | 0% | >= 0.80 |" in text
    assert "| http_command_p99 | 1.0 | 2.0 | 3.0 | 4.0 | 5.0 | 800 |" in text
    assert "| append | 60.5 | 80.0 |" in text
    assert "Some CPU, 2 cores, 4,096 MiB" in text


def test_scaling_shows_each_number_of_processes_and_the_bounds(tmp_path: Path) -> None:
    points = [
        Point(1, 10_000, {"worker": 50.0, "load": 25.0}, 0.1, [10_000]),
        Point(2, 18_000, {"worker": 50.0, "load": 25.0}, 0.2, [1]),
    ]
    write_scaling(tmp_path, MACHINE, [Scaled("worker", "events/s", points, fitted(points, 2, "worker"))])
    text = (tmp_path / "scaling.md").read_text()
    assert "| 2 | 18,000 | 20% | 50.0 | 25.0 |" in text
    assert "| 4 | 1 | 20,000 | 1 worker |" in text
    assert "68% of the bound" in text


def test_a_soak_shows_its_verdicts(tmp_path: Path) -> None:
    found = Soaked(
        MACHINE, 30, 0.6, 1000, 600, {"command": 6, "touchpoint": 10}, {"command": percentiles([0.002])}, {}, 0.5,
        {}, [Verdict("connections", 80, 9, 4, False)], False,
    )  # fmt: skip
    write_soak(tmp_path, found)
    text = (tmp_path / "soak.md").read_text()
    assert "600 operations/s (60%) held for 30 minutes" in text
    assert "| command | 2.0 | 2.0 | 2.0 | 2.0 | 2.0 | 1 |" in text
    assert "| connections | 80.0 | 9.0 | 4.0 | **no** |" in text
    assert "Verdict: not flat" in text
