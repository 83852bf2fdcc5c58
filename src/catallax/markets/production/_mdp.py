"""A decision problem as an economy: what is shipped is the probability of being somewhere."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from catallax.envs import MDP
from catallax.markets.production._economy import Economy, Shares
from catallax.markets.production._nodes import Many
from catallax.markets.production.technologies import Linear
from catallax.markets.production.utilities import LinearUtility


def from_mdp(problem: MDP) -> tuple[Economy, Shares]:
    """Visits as the one good: states choose actions, actions pay and are shipped on by chance.

    Node `s` is state `s`: it passes visits on to its actions, and its shares are the policy. Node `S + s A + k` is action `k` in
    state `s`: its utility is the expected reward, its technology the discount, and its shares, which nobody chooses, are the
    probabilities of the successors. Then prices are values: `a` of an action node is `Q(s, k)`, `a` of a state node `V(s)`, quantities
    are discounted visits, and welfare is the expected return.

    Args:
        problem: a finite decision problem, as `env.mdp()` gives it.

    Returns:
        The economy, and the shares of the even policy.
    """
    states, actions, branches = problem.successor.shape
    pairs = states * actions
    reward = np.sum(problem.probability * problem.reward, 2).reshape(pairs, 1)
    nodes = [
        Many(states, endowment=problem.start[:, None]),
        Many(
            pairs,
            Linear(np.full((pairs, 1, 1), problem.discount)),
            LinearUtility(reward, np.zeros(pairs)),
            routes=False,
        ),
        Many(1),
    ]
    chooses = np.stack([np.repeat(np.arange(states), actions), states + np.arange(pairs)], 1)
    from_action = np.repeat(states + np.arange(pairs), branches)
    # where an episode ends, the visit is over: it goes to the last node and nowhere else
    to = np.where(problem.terminal, states + pairs, problem.successor).reshape(-1)
    chance = problem.probability.reshape(-1)
    happens = chance > 0
    falls = np.stack([from_action[happens], to[happens]], 1)
    economy = Economy(nodes, np.concatenate([chooses, falls]))
    shares = np.concatenate([np.full(pairs, 1 / actions), chance[happens]])
    return economy, jnp.asarray(shares[:, None], float)
