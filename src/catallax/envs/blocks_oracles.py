"""Hand-written solutions of Blocks World: a greedy policy and a divide-and-conquer plan."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from catallax.envs._blocks_world import GRABS, Blocks


def greedy(key: Key[Array, ""], obs: Blocks) -> Int[Array, ""]:
    """Dig for the next colour where it lies nearest to a top, then place it: one move, without memory.

    A stack 1 with wrong blocks is taken down first; what is in the way goes on the other
    stack, so its depth falls with every block dug. O(n**2) moves in the worst case.

    Args:
        key: not used.
        obs: the board.
    """
    height = obs.heights[1:]
    goal = obs.stacks[0]
    needed = goal[jnp.minimum(obs.correct, goal.shape[0] - 1)]
    places = jnp.arange(goal.shape[0])
    highest = jnp.max(jnp.where(obs.stacks[2:] == needed, places[None, :], -1), axis=1)
    depth = jnp.where(highest >= 0, height[1:] - 1 - highest, goal.shape[0])
    near = jnp.where(depth[0] <= depth[1], 1, 2)
    clean = height[0] == obs.correct
    grab = jnp.where(clean, near, 0)
    drop = jnp.where(clean & (obs.hand == needed), 0, 3 - near)
    return jnp.where(obs.hand == 0, grab, GRABS + drop).astype(jnp.int32)


def divide_and_conquer(obs: Blocks) -> list[int]:
    """A plan of O(n log n) moves: gather the blocks on stack 2, then halve and deliver, in the way of quicksort.

    `T(m) = 3 m + 2 T(m / 2)`, `T(1) = 2` moves to deliver the m topmost blocks of a stack in the order of the goal.
    Deliver a half by dealing: the blocks that come first go to the free stack, the others to stack 1, and these back.

    Args:
        obs: the board at the start, hand empty; on the host.

    Returns:
        Numbers of moves.
    """
    stacks, heights = np.asarray(obs.stacks), np.asarray(obs.heights)
    ranks: dict[int, list[int]] = {}
    correct = int(obs.correct)
    for place in range(int(heights[0]) - 1, correct - 1, -1):
        ranks.setdefault(int(stacks[0, place]), []).append(place)
    board = [[], *([int(c) for c in stacks[k, : heights[k]]] for k in (1, 2, 3))]
    moves: list[int] = []

    def carry(source: int, target: int) -> None:
        board[target].append(board[source].pop())
        moves.extend((source - 1, GRABS + target - 1))

    while len(board[1]) > correct:
        carry(1, 2)
    while board[3]:
        carry(3, 2)
    # every block gets the place in the goal that it will take
    board[2] = [ranks[colour].pop() for colour in board[2]]

    def deliver(source: int, first: int, count: int) -> None:
        if count == 1:
            carry(source, 1)
            return
        half, other = count // 2, 5 - source
        for _ in range(count):
            carry(source, other if board[source][-1] < first + half else 1)
        for _ in range(count - half):
            carry(1, source)
        deliver(other, first, half)
        deliver(source, first + half, count - half)

    if board[2]:
        deliver(2, correct, len(board[2]))
    return moves
