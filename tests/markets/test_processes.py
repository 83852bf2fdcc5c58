"""Two processes that share the instances of one market get what one process gets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import catallax as cx
from catallax.lab import RunFolder
from catallax.markets import gather, make_mesh

PLAY = """
def play(cx, jax, folder, mesh=None):
    # observations without a list of prices: the folder is written faster
    env = cx.envs.Sensed(cx.envs.Woods1(max_steps=10))
    market = cx.DeepMarket(cx.agents.Linear.society(env), cx.auctions.CreditConservingVickrey(), round_ticks=4)
    for rounds, resume in ((2, False), (3, True)):
        run = cx.train(
            market, env, ticks=rounds * 16, instances=4, key=jax.random.key(0), chunks=rounds, mesh=mesh, tracked=1,
            folder=folder, resume=resume,
        )
    return run

def digest(jax, run):
    import hashlib
    leaves = [jax.numpy.asarray(leaf).tobytes() for leaf in jax.tree.leaves(run.state)]
    return [hashlib.sha256(b"".join(leaves)).hexdigest(), *run.trace["tick"], *map(float.hex, run.trace["price_mean"])]
"""
PROGRAM = (
    PLAY
    + """
import sys, jax
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize(f"127.0.0.1:{sys.argv[2]}", num_processes=2, process_id=int(sys.argv[1]))
import catallax as cx
run = play(cx, jax, sys.argv[3], cx.markets.make_mesh(1, 2))
print(jax.process_count(), run.ledger.audit(), *digest(jax, run))
jax.distributed.shutdown()
"""
)
SECONDS = 240
"""A process that takes longer is ended: nothing may hang."""


def start(process: int, port: int, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(process), str(port), str(folder)],
        env={
            **os.environ,
            "JAX_PLATFORMS": "cpu",
            "JAX_COMPILATION_CACHE_DIR": str(jax.config.jax_compilation_cache_dir),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(*processes: subprocess.Popen[str]) -> list[list[str]]:
    try:
        answers = [process.communicate(timeout=SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()  # SIGTERM would be caught as a notice of preemption
            process.wait()
    for process, (_, errors) in zip(processes, answers, strict=True):
        assert process.returncode == 0, errors
    # the collectives report their connections on standard output as well
    return [said.splitlines()[-1].split() for said, _ in answers]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.long
def test_two_processes_train_resume_and_write_what_one_does(tmp_path):
    port = free_port()
    together = [start(process, port, tmp_path / "two") for process in range(2)]
    tools: dict[str, Any] = {}
    exec(PLAY, tools)
    alone = tools["digest"](jax, tools["play"](cx, jax, tmp_path / "one"))
    first, second = finish(*together)
    assert first == second == ["2", "0", *map(str, alone)]
    ours, theirs = (RunFolder.open(tmp_path / name) for name in ("one", "two"))
    assert theirs.config["finished"]
    assert (theirs.read_checkpoint(), theirs.read_trace()["tick"].tolist()) == (ours.read_checkpoint(), [16, 32, 48])
    sales = ours.read_sales(), theirs.read_sales()
    assert sales[0] is not None and sales[1] is not None
    assert all(np.array_equal(sales[0][name], sales[1][name]) for name in sales[0])


def test_what_this_process_can_read_is_left_alone():
    row = jax.device_put(np.arange(4.0), jax.sharding.NamedSharding(make_mesh(), jax.sharding.PartitionSpec()))
    assert gather({"row": row})["row"] is row
