"""Sweeps in other processes, on this machine and on a Ray cluster of two: the same figures, and nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from swept import market, number, slow
from test_sweeps import same

from catallax import lab

pytestmark = pytest.mark.long
MARKETS = lab.MarketTask(market, ticks=256, instances=2, together=2)
RENTS = lab.grid(rent=[0.0, 0.05, 0.1], agents=[2, 3])

PROGRAM = """
from catallax import lab
from swept import slow
settings = lab.grid(folder=[{folder!r}], name=[0, 1, 2, 3], wait=[0.0, 30.0])
settings = [s for s in settings if (s["wait"] > 0) == (s["name"] > 1)]
if __name__ == "__main__":
    lab.sweep(lab.FunctionTask(slow), settings, executor=lab.Processes(2), folder={out!r}, resume=True)
"""


def until(holds: Any) -> Any:
    """Wait for something, but not for ever."""
    end = time.monotonic() + 120
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def living(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_processes_measure_what_this_one_does_and_may_die() -> None:
    two = lab.Processes(2)
    assert same(lab.sweep(MARKETS, RENTS, executor=two), lab.sweep(MARKETS, RENTS))
    settings = lab.grid(way=["dies", "good", "raises"])
    found = lab.sweep(lab.FunctionTask(number), settings, seeds=2, executor=two)
    assert found["error"].tolist() == [
        *["the process that computed it ended with exit code 3"] * 2, "", "", *["ValueError: a bad point"] * 2,
    ]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_whoever_stops_it_leaves_no_process_and_loses_the_points_in_work_alone(
    how: signal.Signals, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    begun.mkdir()
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(folder=str(begun), out=str(tmp_path / "out")))
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    started = subprocess.Popen(
        [sys.executable, str(program)],
        env=os.environ | {"PYTHONPATH": paths},
        start_new_session=True,
        stderr=subprocess.PIPE,
    )
    until(lambda: len(list(begun.iterdir())) == 4 or started.poll() is not None)
    folder = lab.SweepFolder.open(tmp_path / "out")
    until(lambda: sorted(folder.alive()["running"]) == ["2", "3"])
    os.killpg(started.pid, how)
    _, said = started.communicate(timeout=30)
    assert started.returncode != 0 and (b"KeyboardInterrupt" in said) == (how == signal.SIGINT)
    workers = {int(file.name.partition("-")[2]) for file in begun.iterdir()}
    until(lambda: not any(map(living, workers)))
    assert sorted(folder.outcomes()) == [0, 1]
    if how == signal.SIGINT:
        assert folder.alive()["state"] == "stopped"


def node(**more: Any) -> dict[str, Any]:
    return {"num_cpus": 1, **more}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes on this machine."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    pytest.importorskip("ray", reason="needs the extra `ray`: pip install 'catallax[ray]'")
    from ray.cluster_utils import Cluster

    here = str(Path(__file__).parent)
    before = os.environ.get("PYTHONPATH", "")
    # as an installed catallax would be on every machine
    os.environ["PYTHONPATH"] = os.pathsep.join([here, str(Path(lab.__file__).parents[2]), before])
    started = Cluster(initialize_head=True, head_node_args=node(include_dashboard=False))
    try:
        started.add_node(**node())
        yield started
    finally:
        started.shutdown()
        os.environ["PYTHONPATH"] = before


@pytest.mark.filterwarnings("ignore")
def test_a_ray_cluster_measures_what_this_process_does(cluster: Any) -> None:
    there = lab.sweep(MARKETS, RENTS, seeds=2, executor=lab.RayCluster(cluster.address))
    assert there["error"].tolist() == [""] * 12
    assert same(there, lab.sweep(MARKETS, RENTS, seeds=2))


@pytest.mark.filterwarnings("ignore")
def test_a_point_whose_machine_dies_is_measured_on_another(cluster: Any, tmp_path: Path) -> None:
    second = next(node for node in cluster.worker_nodes)
    settings = [{"folder": str(tmp_path), "name": name, "wait": 6.0} for name in range(2)]

    def kill() -> None:
        until(lambda: len(list(tmp_path.iterdir())) == 2)
        cluster.remove_node(second, allow_graceful=False)

    thread = threading.Thread(target=kill)
    thread.start()
    found = lab.sweep(lab.FunctionTask(slow), settings, executor=lab.RayCluster(cluster.address))
    thread.join()
    np.testing.assert_array_equal(found["measured"], [0, 1])
    assert found["error"].tolist() == ["", ""]
    assert len(list(tmp_path.iterdir())) == 3  # one was begun twice


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "somewhere"])
def test_without_a_cluster_there_is_an_error(address: str) -> None:
    pytest.importorskip("ray", reason="needs the extra `ray`: pip install 'catallax[ray]'")
    with pytest.raises(lab.RayError, match=r"nothing answers at|expected auto or HOST:PORT"):
        lab.sweep(MARKETS, RENTS, executor=lab.RayCluster(address))


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(lab.RayError, match=r"pip install 'catallax\[ray\]'"):
        lab.sweep(MARKETS, RENTS, executor=lab.RayCluster())
