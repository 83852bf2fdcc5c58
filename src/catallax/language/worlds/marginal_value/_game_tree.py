"""The game of the marginal value mechanism, played out move by move."""

from __future__ import annotations

from catallax.language.worlds.marginal_value._case import Case, above


def game_tree(case: Case, shown: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Subgame-perfect play from a history on: each informer makes the move that pays it most once all later ones have replied.

    Every history is walked, 26 for 3 atoms, 150 for 4, 1,082 for 5, and every reward taken from its end: slow, and owes nothing to the
    kernel. Whoever adds nothing ends the game; nothing is added where that does not pay.

    Args:
        case: what the informers know.
        shown: the set that had been told after each move so far.

    Returns:
        The sets told after each move, up to the end.
    """
    now = shown[-1] if shown else 0
    best, most = shown, 0.0
    for larger in above(now, case.everything)[1:].tolist():
        end = game_tree(case, (*shown, larger))
        reward = float(case.rewards(end)[len(shown)])
        if reward > most:
            best, most = end, reward
    return best
