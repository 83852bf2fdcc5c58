"""An episode again from its log: what was seen, who must have won, who gained what."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping

from catallax.language.models import ModelError
from catallax.language.reasoning._auction import Owner, among_own
from catallax.language.reasoning._episode import Ending, Episode, Round
from catallax.language.reasoning._market import ReasoningMarket
from catallax.language.reasoning._thought import Act, View
from catallax.language.reasoning._treasury import COMPUTE, CONSUMER, OPERATOR


def rounds_again(market: ReasoningMarket, episode: Episode) -> Iterator[tuple[View, Round]]:
    """What the winner of each round saw, from the market's rules and seed and the recorded bids.

    Raises:
        ValueError: if a recorded sale is not the one that these rules make of these bids.
    """
    luck = random.Random(f"{market.seed}|{episode.id}")
    owner, state = Owner(market.rules.first_seller, market.rules.first_seller), ()
    for number, done in enumerate(episode.rounds):
        view = View(episode.question, state, owner.name, episode.id, number, luck.getrandbits(63))
        sold = market.rules.auction.sell(done.bids, market.rules.reserve, luck)
        recorded = (done.seller, done.winner, done.pays, done.receives)
        sold = sold and among_own(sold, owner, done.bids)
        if sold is None or (owner.name, *sold) != recorded:
            raise ValueError(
                f"replay: {episode.id}, round {number}: the log says {recorded}, the rules say {(owner.name, sold)}."
            )
        yield view, done
        owner = Owner(done.winner, next(bid.group for bid in done.bids if bid.bidder == done.winner))
        if done.thought is not None:
            state = (*state, done.thought)


def replay(market: ReasoningMarket, episode: Episode) -> Mapping[str, int]:
    """Settle an episode again from its log, in a market of the same rules and seed; nothing is asked and nobody learns.

    Args:
        market: only its rules and seed are read.
        episode: the record.

    Returns:
        What every account gained, micro-credits; they add up to 0. Bills beyond what was put aside, and loans, are not told
        apart from what the thinker paid.

    Raises:
        ValueError: if a recorded sale is not the one that the rules make of the bids.
    """
    gains: Counter[str] = Counter()
    for _, done in rounds_again(market, episode):
        gains[done.winner] -= done.pays + done.cost
        gains[done.seller] += done.receives
        gains[OPERATOR] += done.pays - done.receives
        gains[COMPUTE] += done.cost
    asked = [*episode.unsold, *(pair for done in episode.rounds for pair in done.asked)]
    for name, cost in asked:
        gains[name] -= cost
        gains[COMPUTE] += cost
    for done, share in zip(episode.rounds, episode.shares, strict=True):
        gains[done.winner] += share
        gains[CONSUMER] -= share
    return {account: gain for account, gain in gains.items() if gain}


async def removal_credit(market: ReasoningMarket, episode: Episode) -> tuple[bool, ...]:
    """Which thoughts the answer hangs on: leave one out, let the later authors work again, and compare what comes out.

    Authors that want no part of the changed state, are gone or fail, add nothing. The work is done anew, at the caller's
    expense, and no money moves.

    Args:
        market: its thinkers work.
        episode: a delivered one.

    Returns:
        For every thought, whether the answer is another without it.

    Raises:
        ValueError: if nothing was delivered, or the log does not fit the market.
    """
    if episode.ending is not Ending.DELIVERED:
        raise ValueError(f"removal_credit: {episode.id} delivered no answer, it ended with {episode.ending.value}.")
    done = [(view, made) for view, made in rounds_again(market, episode) if made.thought is not None]
    return tuple([await _answer_without(market, done, left_out) != episode.answer for left_out in range(len(done))])


async def _answer_without(market: ReasoningMarket, done: list[tuple[View, Round]], left_out: int) -> str | None:
    state = tuple(made.thought for _, made in done[:left_out] if made.thought is not None)
    for view, made in done[left_out + 1 :]:
        act = await _again(market, view._replace(state=state), made)
        if act is not None and made.thought is not None:
            if act.final:
                return act.text
            state = (*state, made.thought._replace(text=act.text))
    return None


async def _again(market: ReasoningMarket, view: View, made: Round) -> Act | None:
    thinker = market.thinkers.get(made.winner)
    if thinker is None or (thinker.wants is not None and not thinker.wants(view)):
        return None
    try:
        return await thinker.act(view)
    except ModelError:
        return None
