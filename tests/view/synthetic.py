"""A plausible run folder made by arithmetic: a frozen lake whose prices approach V*."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from catallax.lab import RunFolder

SIDE = 8
HOLES = [(2, 3), (3, 5), (4, 3), (5, 1), (5, 2), (5, 6), (6, 1), (6, 4), (6, 6), (7, 3)]
GOAL = (7, 7)
MOVES = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])
GAMMA = 0.97
OPTIMUM = 0.62


def values() -> tuple[np.ndarray, np.ndarray]:
    """V* and greedy actions of the lake with firm ice, by sweeping until nothing changes."""
    value, action = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE), int)
    for _ in range(4 * SIDE):
        for r, c in np.ndindex(SIDE, SIDE):
            if (r, c) in HOLES or (r, c) == GOAL:
                continue
            reach = []
            for dr, dc in MOVES:
                to = (min(max(r + dr, 0), SIDE - 1), min(max(c + dc, 0), SIDE - 1))
                reach.append(1.0 if to == GOAL else GAMMA * value[to])
            value[r, c], action[r, c] = max(reach), int(np.argmax(reach))
    return value.ravel(), action.ravel()


def trace(rows: int = 60, seed: int = 0) -> dict[str, np.ndarray]:
    """Columns of a trace."""
    rng = np.random.default_rng(seed)
    tick = (np.arange(rows) + 1) * 8192
    learned = 1 - np.exp(-np.arange(rows) / 12)
    births = rng.poisson(6 * np.exp(-np.arange(rows) / 15))
    deaths = np.minimum(rng.poisson(4 * np.exp(-np.arange(rows) / 20)), 5)
    world = -np.cumsum(learned * 90 + rng.normal(0, 4, rows))
    wealth = 640 + 0.8 * -world
    evaluated = np.where(np.arange(rows) % 5 == 4, OPTIMUM * learned + rng.normal(0, 0.005, rows), np.nan)
    return {
        "tick": tick,
        "seconds": 0.21 * (np.arange(rows) + 1),
        "ticks_per_second": 39_000 + rng.normal(0, 1500, rows),
        "price_mean": 0.6 * learned + rng.normal(0, 0.01, rows),
        "price_opening": OPTIMUM * learned + rng.normal(0, 0.02, rows),
        "reward_mean": 0.03 * learned,
        "episodes": rng.integers(150, 220, rows),
        "return_mean": np.where(np.arange(rows) < 2, np.nan, 0.8 * learned + rng.normal(0, 0.02, rows)),
        "length_mean": 60 - 20 * learned,
        "alive": 32 + np.cumsum(births - deaths),
        "births": births,
        "deaths": deaths,
        "bankruptcies": deaths // 2,
        "wealth_total": wealth,
        "gap": 1e-6 * (1.0 - learned) + 1e-12,
        "capped": 0.5 * learned,
        "near_zero": 0.1 * learned,
        "wealth_gini": 0.05 + 0.5 * learned,
        "wealth_herfindahl": 0.03 + 0.09 * learned,
        "wealth_top": 0.03 + 0.18 * learned,
        "house": -wealth - world,
        "world": world,
        "default": np.zeros(rows),
        "consumers": np.zeros(rows),
        "evaluation": evaluated,
        "imbalance": np.zeros(rows, int),
    }


def sales(episodes: int = 3) -> dict[str, np.ndarray]:
    """Episodes that walk the greedy path, each sale a little below V*; every second one falls short."""
    value, action = values()
    rows: list[tuple[float, ...]] = []
    tick = 0
    for episode in range(episodes):
        r, c, owner = 0, 0, -1
        while True:
            here = r * SIDE + c
            price = 0.95 * value[here] * (1 - 0.3 / (1 + episode))
            buyer = (here * 7 + episode) % 32
            r, c = np.array((r, c)) + MOVES[action[here]]
            over = (r, c) == GOAL
            rows.append((tick, 0, here, owner, buyer, action[here], price, GAMMA * price, float(over), over))
            tick, owner = tick + 1, buyer
            if over:
                break
    names = ("tick", "instance", "obs", "seller", "winner", "action", "pays", "receives", "reward", "ended")
    table = dict(zip(names, np.array(rows, float).T, strict=True))
    whole = ("tick", "instance", "obs", "seller", "winner", "action")
    return {n: v.astype(int) if n in whole else v.astype(bool) if n == "ended" else v for n, v in table.items()}


def write(path: Path, name: str = "frozen-lake", *, seed: int = 0) -> RunFolder:
    """A finished run folder with everything a run can leave."""
    rng = np.random.default_rng(seed)
    folder = RunFolder.create(
        path,
        {
            "name": name,
            "instances": 64,
            "key": [0, 0],
            "market": "DeepMarket(\n  agents=Tabular(...),\n  auction=CreditConservingVickrey(),\n)",
            "env": "FrozenLake(size='8x8')",
            "compile_seconds": 3.4,
            "finished": True,
            "curves": {
                "Q-learning": {
                    "tick": (np.arange(20) * 25_000).tolist(),
                    "value": (0.6 * (1 - np.exp(-np.arange(20) / 6))).tolist(),
                }
            },
            "result": [
                {"name": "market", "value": 0.611, "std_error": 0.004, "ticks": 491_520, "seconds": 12.6},
                {"name": "Q-learning", "value": 0.588, "std_error": 0.005, "ticks": 491_520, "seconds": 9.1},
                {"name": "random", "value": 0.012, "std_error": 0.001},
                {"name": "optimum", "value": OPTIMUM, "note": "value iteration"},
            ],
        },
    )
    columns = trace(seed=seed)
    for k in range(columns["tick"].size):
        folder.append_trace({column: v[k] for column, v in columns.items()})
    folder.append_sales(sales())
    value, action = values()
    folder.write_arrays(
        "prices",
        prices=value * (1 - 0.12 * rng.random(value.size)),
        optimum=value,
        actions=action,
        rows=SIDE,
        cols=SIDE,
        cells=[(r, c) for r in range(SIDE) for c in range(SIDE)],
        walls=np.zeros((0, 2), int),
        holes=HOLES,
        goal=[GOAL],
        start=[(0, 0)],
        moves=MOVES,
    )
    final = rng.pareto(1.6, 48) * 20
    labels = [("left", "down", "right", "up")[k % 4] for k in range(48)]
    folder.write_arrays("wealth", wealth=final, alive=np.arange(48) < 40, labels=labels, wins=np.arange(48))
    folder.merge()
    return folder
