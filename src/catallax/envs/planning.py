"""Exact optima of small worlds by dynamic programming, in double precision on the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, hstack, vstack

from catallax.core import AbstractEnv, Activities, ActivityPlan
from catallax.envs._tabular import MDP


class Plan(NamedTuple):
    """Values of a policy, or of the best one; discounted credits."""

    values: Float[np.ndarray, " states"]
    q: Float[np.ndarray, "states actions"]
    policy: Int[np.ndarray, " states"]
    """The best action by `q`."""
    start_value: float
    """Mean of `values` over the start distribution."""


def problem(env: AbstractEnv) -> MDP:
    """The tables of a finite world.

    Raises:
        TypeError: if the world has none.
    """
    if not hasattr(env, "mdp"):
        raise TypeError(
            f"planning: {type(env).__name__} has no mdp(); exact planning needs a finite world with tables "
            "(see envs.TabularEnv), other worlds are measured with cx.evaluate."
        )
    return getattr(env, "mdp")()  # noqa: B009 - not every world has one


def value_iteration(env: AbstractEnv, tolerance: float = 1e-12, sweeps: int = 100_000) -> Plan:
    """The optimal values: `V(s) = max_a E[r + discount * (1 - terminal) * V(s')]`.

    Args:
        env: a finite world; planning is over its true states, hidden or not.
        tolerance: largest change of the last sweep, relative to the largest value.
        sweeps: limit.

    Raises:
        TypeError: if the world has no tables.
        ArithmeticError: if the values do not settle (discount 1 and no end in reach).

    >>> import catallax as cx
    >>> round(value_iteration(cx.envs.Chain()).start_value, 4)
    0.7685
    """
    mdp = problem(env)
    values = np.zeros(mdp.start.shape[0])
    for _ in range(sweeps):
        q = backup(mdp, values)
        change = np.max(np.abs(q.max(1) - values))
        values = q.max(1)
        if change <= tolerance * max(1.0, np.max(np.abs(values))):
            return Plan(values, q, q.argmax(1), float(mdp.start @ values))
    raise ArithmeticError(f"value_iteration: no convergence in {sweeps} sweeps; with discount 1 every policy must end.")


def policy_value(env: AbstractEnv, policy: np.ndarray | Callable[..., jax.Array]) -> Plan:
    """The values of a fixed policy, by solving its linear equations.

    Args:
        env: a finite world.
        policy: an action per observation, probabilities with axes `observations actions`,
            or a callable `(key, obs) -> action` such as `run.policy` (asked once per observation).

    Raises:
        TypeError: if the world has no tables.
        ValueError: if the policy's axes do not fit.
    """
    mdp = problem(env)
    states, actions = mdp.successor.shape[:2]
    seen = int(mdp.observation.max()) + 1
    if callable(policy):
        keys = jax.random.split(jax.random.key(0), seen)
        policy = np.asarray(jax.vmap(policy)(keys, jnp.arange(seen, dtype=jnp.int32)))
    policy = np.asarray(policy)
    if policy.shape == (seen,):
        policy = np.eye(actions)[policy]
    if policy.shape != (seen, actions):
        raise ValueError(f"policy_value: expected axes [{seen}] or [{seen} {actions}], got {policy.shape}.")
    choice = policy[mdp.observation]
    weight = choice[:, :, None] * mdp.probability
    reward = np.sum(weight * mdp.reward, axis=(1, 2))
    flow = np.zeros((states, states))
    onward = mdp.discount * weight * ~mdp.terminal
    np.add.at(flow, (np.arange(states)[:, None, None], mdp.successor), onward)
    values = np.linalg.solve(np.eye(states) - flow, reward)
    q = backup(mdp, values)
    return Plan(values, q, q.argmax(1), float(mdp.start @ values))


def long_run(
    env: AbstractEnv, policies: Float[np.ndarray, "*policies observations actions"]
) -> Float[np.ndarray, "*policies states"]:
    """How often fixed policies visit each state: the limit of `(1 / T) sum_(t < T) P(s_t = s)` from the start distribution.

    Found by squaring `(1 + P) / 2`, which has the same limit also where a policy goes round in circles. A world that ends
    starts anew.

    Args:
        env: a finite world.
        policies: probabilities of actions; any leading axes.

    Raises:
        TypeError: if the world has no tables.
        ValueError: if the policies' axes do not fit.

    >>> import catallax as cx
    >>> ring = cx.envs.Garnet(2, 1, 2, key=jax.random.key(0))
    >>> often = long_run(ring, np.ones((2, 1)))
    >>> flow = np.zeros((2, 2))
    >>> np.add.at(flow, (np.arange(2)[:, None], ring.mdp().successor[:, 0]), ring.mdp().probability[:, 0])
    >>> bool(np.allclose(often @ flow, often)), round(float(often.sum()), 9)
    (True, 1.0)
    """
    mdp = problem(env)
    states, actions = mdp.successor.shape[:2]
    seen = int(mdp.observation.max()) + 1
    if policies.shape[-2:] != (seen, actions):
        raise ValueError(f"long_run: expected axes [... {seen} {actions}], got {policies.shape}.")
    moves = np.zeros((states, actions, states))
    np.add.at(moves, (*np.indices(mdp.successor.shape)[:2], mdp.successor), mdp.probability * ~mdp.terminal)
    moves += (mdp.probability * mdp.terminal).sum(2, keepdims=True) * mdp.start
    flow = (np.einsum("...sa,sat->...st", policies[..., mdp.observation, :], moves) + np.eye(states)) / 2
    for _ in range(60):
        before, flow = flow, flow @ flow
        flow /= flow.sum(-1, keepdims=True)
        if np.abs(flow - before).max() < 1e-13:
            break
    return mdp.start @ flow


def random_walk_steps(env: AbstractEnv) -> float:
    """Mean ticks to the end of a uniformly random walk, over the start distribution."""
    mdp = problem(env)
    states, actions = mdp.successor.shape[:2]
    weight = mdp.probability / actions
    flow = np.zeros((states, states))
    np.add.at(flow, (np.arange(states)[:, None, None], mdp.successor), weight * ~mdp.terminal)
    steps = np.linalg.solve(np.eye(states) - flow, np.ones(states))
    return float(mdp.start @ steps)


def policy_steps(env: AbstractEnv, policy: np.ndarray, limit: int) -> float:
    """Mean ticks to the end under a fixed policy, over the start distribution; an episode that goes on counts `limit`.

    Exactly: the sum over t below `limit` of the probability that the episode is not over after t ticks.

    Args:
        env: a finite world.
        policy: an action per observation.
        limit: ticks after which an episode is given up.

    Raises:
        TypeError: if the world has no tables.
        ValueError: if the policy's axis does not fit.

    >>> import catallax as cx
    >>> woods = cx.envs.Woods1()
    >>> policy_steps(woods, value_iteration(woods).policy, limit=50)
    1.6875
    """
    mdp = problem(env)
    seen, policy = int(mdp.observation.max()) + 1, np.asarray(policy)
    if policy.shape != (seen,):
        raise ValueError(f"policy_steps: expected an action per observation, axes [{seen}], got {policy.shape}.")
    states = np.arange(mdp.start.shape[0])
    action = policy[mdp.observation]
    flow = np.zeros((states.size, states.size))
    going = mdp.probability[states, action] * ~mdp.terminal[states, action]
    np.add.at(flow, (states[:, None], mdp.successor[states, action]), going)
    alive, steps = mdp.start, 0.0
    for _ in range(limit):
        steps += float(alive.sum())
        alive = alive @ flow
    return steps


def backup(mdp: MDP, values: Float[np.ndarray, " states"]) -> Float[np.ndarray, "states actions"]:
    """`Q(s, a) = E[r + discount * (1 - terminal) * V(s')]`."""
    onward = np.where(mdp.terminal, 0.0, mdp.discount * values[mdp.successor])
    return np.sum(mdp.probability * (mdp.reward + onward), axis=2)


def best_activities(activities: Activities, tolerance: float = 1e-9, programs: int = 100) -> ActivityPlan:
    """The levels that are worth most, and what one more unit of each good would be worth: `max value(z)` with nothing missing.

    A linear program over tangents of the quadratic costs, with new ones where it ended, until its value is that of the costs
    themselves; with linear costs the first is exact.

    Args:
        activities: the economy.
        tolerance: largest gap, as a share of the bound; not below the 1e-7 credits an activity to which HiGHS counts.
        programs: limit.

    Raises:
        ArithmeticError: if the tangents did not get there, or what there is does not suffice for any levels.

    Source: Kelley (1960), cutting planes; solved with HiGHS.

    >>> plant_and_load = Activities([[1.0], [-1.0]], [2.0, -5.0], [0.0, 1.0], [10.0, 10.0], [0.0])
    >>> best_activities(plant_and_load).levels.round(2).tolist()
    [3.0, 3.0]
    """
    makes, cost, slope, most, supply = (np.asarray(x, float) for x in jax.tree.leaves(activities))
    curved = np.flatnonzero(slope)
    goods, count, bends = len(supply), len(cost), len(curved)
    objective = np.concatenate([cost, np.ones(bends)])
    box = np.concatenate([np.stack([np.zeros_like(most), most], axis=1), np.tile([0.0, np.inf], (bends, 1))])
    needs = hstack([csr_array(-makes.T), csr_array((goods, bends))])
    # the activity of each tangent, among the curved ones, and the level where it touches
    of, touch = np.tile(np.arange(bends), 17), np.concatenate([most[curved] * x for x in np.linspace(0, 1, 17)])
    missed = np.zeros(0)
    for _ in range(programs):
        rising, row = slope[curved[of]], np.arange(len(of))
        entries = (
            np.concatenate([rising, -np.ones(len(of))]),
            (np.tile(row, 2), np.concatenate([curved[of], count + of])),
        )
        above = coo_array(
            (entries[0] * np.concatenate([touch, np.ones(len(of))]), entries[1]), (len(of), count + bends)
        )
        found = linprog(
            objective, vstack([needs, above]).tocsr(), np.concatenate([supply, rising * touch**2 / 2]), bounds=box
        )
        if found.status != 0:
            raise ArithmeticError(f"best_activities: HiGHS found no plan ({found.message}).")
        levels = np.clip(found.x[:count], 0.0, most)
        missed = slope[curved] * levels[curved] ** 2 / 2 - found.x[count:]
        # HiGHS keeps to each of its rows to 1e-7, rounding apart
        allowed = max(tolerance * abs(found.fun), 2e-7 * bends)
        if missed.sum() <= allowed:
            return activities.judged(np.maximum(-found.ineqlin.marginals[:goods], 0.0), levels)
        new = np.flatnonzero(missed > allowed / (2 * bends))
        of, touch = np.concatenate([of, new]), np.concatenate([touch, levels[curved[new]]])
    raise ArithmeticError(f"best_activities: {missed.sum():.1e} credits are missed after {programs} programs.")
