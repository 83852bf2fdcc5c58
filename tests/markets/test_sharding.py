"""The same key gives the same run on 1, 2 and 8 devices."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import sys, hashlib, jax, numpy as np, catallax as cx
from catallax.markets import make_mesh
agents, instances = int(sys.argv[1]), int(sys.argv[2])
env = cx.envs.Scaled(cx.envs.GridWorld(4, 4, goal=(3, 3)), 100.0)
market = cx.DeepMarket(
    # a levy that adds up large float bids: their sum must not depend on who adds
    cx.agents.Tabular.society(env), cx.auctions.CreditConservingVickrey(), (cx.levies.Rent(0.001), cx.levies.Harberger(0.0137))
)
run = cx.train(
    market, env, ticks=8_192, instances=64, key=jax.random.key(0), chunks=1, mesh=make_mesh(agents, instances)
)
digest = hashlib.sha256()
for leaf in jax.tree.leaves(run.state):
    digest.update(np.asarray(leaf).tobytes())
print(digest.hexdigest(), run.ledger.audit(), len(run.state.owner.sharding.device_set))
"""


def play(devices: int, agents: int, instances: int) -> list[str]:
    flags = f"--xla_force_host_platform_device_count={devices}"
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(agents), str(instances)],
        env={**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split()


@pytest.fixture(scope="module")
def alone() -> list[str]:
    return play(1, 1, 1)


@pytest.mark.long
@pytest.mark.parametrize(("agents", "instances"), [(1, 2), (2, 1), (2, 4)])
def test_same_result_on_several_devices(alone, agents, instances):
    digest, imbalance, devices = play(agents * instances, agents, instances)
    assert (digest, imbalance) == (alone[0], "0")
    assert int(devices) == agents * instances


def test_too_few_devices_are_named():
    from catallax.markets import make_mesh

    with pytest.raises(ValueError, match="needs 64 devices"):
        make_mesh(8, 8)
