"""XCS beside two other programs: cycles per CPU second on the 6-bit multiplexer, all measured in one run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

import jax
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report

TIMES = 50
"""How much faster than the Python package it has to be."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 64
    """Our runs, in one vmap."""
    problems: int = 2_000
    """Explore problems of each; as many exploit problems."""
    rival_cycles: int = 8_000
    """Cycles of the Python package, explore and exploit problems together."""
    core_cycles: int = 40_000
    """Cycles of xcsf."""
    repeats: int = 3
    """The best of so many measurements of each program is reported."""
    key: int = 0
    """Seed of the runs."""


def run(config: Config, context: Context) -> Report:
    """The three programs on one core, in a process of their own that knows of no other core."""
    with one_core():
        done = subprocess.run(
            [sys.executable, __file__, json.dumps(asdict(config))], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"xcs_speed: the measuring process failed:\n{done.stderr}")
    rates = json.loads(done.stdout.splitlines()[-1])
    own, missing = rates["catallax"], "not installed: pip install 'catallax[bench]'"
    findings = [
        Finding("speed", f"XCS, 6 bits, 400 copies, {config.seeds} seeds in one vmap, cycles per CPU second, one core", "", f"{own:,.0f}")
    ]  # fmt: skip
    if "xcs" in rates:
        times, asked, said = (
            own / rates["xcs"],
            f">= {TIMES} x",
            f"{rates['xcs']:,.0f}; ours {own / rates['xcs']:.1f} x",
        )
        findings.append(
            Finding(
                "speed", "the Python package xcs (one seed)", asked, said, times >= TIMES, "measured by us, same run"
            )
        )
    else:
        findings.append(Finding("speed", "the Python package xcs", "", missing))
    if "xcsf" in rates:
        said = f"{rates['xcsf']:,.0f}; ours {own / rates['xcsf']:.1f} x"
        note = "measured by us, same run; a core in C called from Python problem by problem, its own self-adaptive mutation"
        findings.append(Finding("speed", "xcsf (one seed, one thread)", "", said, None, note))
    else:
        findings.append(Finding("speed", "xcsf", "", missing))
    return Report(findings)


@contextmanager
def one_core() -> Iterator[None]:
    """Programs of one thread are compared: what threads cost each other would count against ours alone.

    A process that is started meanwhile has one core to itself; this thread gets all of its own back.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def measured(config: Config) -> dict[str, float]:
    """Cycles per CPU second of the programs that are installed: in turn, several times, the best of each."""
    programs: dict[str, Callable[[int], float]] = {}
    for name, make in (("catallax", ours), ("xcs", python_package), ("xcsf", core)):
        try:
            programs[name] = make(config)
        except ImportError:
            continue
    rates = dict.fromkeys(programs, 0.0)
    for number in range(config.repeats):
        for name, measure in programs.items():
            rates[name] = max(rates[name], measure(config.key + 1 + number))
    return rates


def ours(config: Config) -> Callable[[int], float]:
    """Cycles of all seeds per CPU second of the process; compiled beforehand."""
    env, system = cx.envs.Multiplexer(2, 1000.0), cx.classics.XCS()
    learn = jax.jit(jax.vmap(lambda key: system.learn(key, env, config.problems)))

    def measure(seed: int) -> float:
        keys = jax.block_until_ready(jax.random.split(jax.random.key(seed), config.seeds))
        began = time.process_time()
        jax.block_until_ready(learn(keys))
        return 2 * config.problems * config.seeds / (time.process_time() - began)

    measure(config.key)
    return measure


def python_package(config: Config) -> Callable[[int], float]:
    """The package `xcs` with the same settings, both subsumptions on, half of its problems explored."""
    xcs, scenarios = import_module("xcs"), import_module("xcs.scenarios")

    def measure(seed: int) -> float:
        algorithm = xcs.XCSAlgorithm()
        settings = {
            "max_population_size": 400, "learning_rate": 0.2, "ga_threshold": 25, "crossover_probability": 0.8,
            "mutation_probability": 0.04, "wildcard_probability": 0.33, "exploration_probability": 0.5,
            "do_ga_subsumption": True, "do_action_set_subsumption": True,
        }  # fmt: skip
        for name, value in settings.items():
            setattr(algorithm, name, value)
        problem = scenarios.MUXProblem(config.rival_cycles, address_size=2)
        model = algorithm.new_model(problem)
        began = time.process_time()
        model.run(problem, learn=True)
        return config.rival_cycles / (time.process_time() - began)

    return measure


def core(config: Config) -> Callable[[int], float]:
    """`xcsf` with the same settings as far as it has them, one thread, exploring and exploiting in turn."""
    xcsf = import_module("xcsf")

    def measure(seed: int) -> float:
        system: Any = xcsf.XCS(
            x_dim=6, y_dim=1, n_actions=2, omp_num_threads=1, random_state=seed, pop_size=400, max_trials=1, pop_init=False,
            e0=10.0, alpha=0.1, nu=5, beta=0.2, delta=0.1, theta_del=20, theta_sub=20, init_fitness=0.01,
            set_subsumption=True, condition={"type": "ternary", "args": {"bits": 1, "p_dontcare": 0.33}},
            action={"type": "integer"}, prediction={"type": "constant"},
            ea={"select_type": "roulette", "theta_ea": 25, "lambda": 2, "p_crossover": 0.8, "err_reduc": 1.0,
                "fit_reduc": 0.1, "subsumption": True},
        )  # fmt: skip
        rng = np.random.default_rng(seed)
        inputs = rng.integers(0, 2, (config.core_cycles, 6)).astype(float)
        answers = inputs[np.arange(len(inputs)), (2 + 2 * inputs[:, 0] + inputs[:, 1]).astype(int)].astype(int).tolist()
        began = time.process_time()
        for number, answer in enumerate(answers):
            system.init_trial()
            system.init_step()
            action = system.decision(inputs[number], number % 2 == 0)
            system.update(1000.0 if action == answer else 0.0, True)
            system.end_step()
            system.end_trial()
        return config.core_cycles / (time.process_time() - began)

    return measure


if __name__ == "__main__":
    print(json.dumps(measured(Config(**json.loads(sys.argv[1])))))
