"""Agents written as typed S-expressions about blocks: when to bid, how much, what to do."""

from __future__ import annotations

import re
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Int8, Key

from catallax.agents._settings import at_least, share
from catallax.agents.languages._blocks import Board, block_words, evaluate
from catallax.agents.languages._language import AbstractLanguage
from catallax.agents.languages._plan import Performed, perform
from catallax.agents.languages._prefix import Grammar, Primitive
from catallax.agents.languages._written import parse, written
from catallax.core import ABSTAIN, AbstractAgent, split_by

JUDGEMENT = ("boolean", "integer")
"""The two trees that make the bid."""

PLAN = ("moves",)


class SExpression(AbstractAgent):
    """Bids `price + slope * worth` where its condition holds; condition and worth are programs, and so is what it does.

    The observation needs the fields of `Board`. The market gives a novice its price;
    the slope is its own.

    Source: after Hayek3 (Baum and Durdanovic, 2000), where a program computes the bid; details recalled.
    """

    judgement: Int8[Array, " length"]
    """Prefix code of the condition and the worth."""
    plan: Int8[Array, " length"]
    """Prefix code of the moves."""
    price: Float[Array, ""]
    """Credits."""
    slope: Float[Array, ""]
    """Credits per unit of worth."""
    novice: Bool[Array, ""]
    grammar: Grammar = eqx.field(static=True)
    moves: int = eqx.field(static=True)
    """Longest sequence of primitive moves."""
    patience: int = eqx.field(static=True)
    """Steps after which a plan is cut off."""

    def bid(self, key: Key[Array, ""], obs: Any) -> Float[Array, ""]:
        """Its price and what it makes of the board; no bid where the condition fails or the sum is negative."""
        condition, worth = evaluate(self.grammar, self.judgement, Board.of(obs))[0][:2]
        amount = self.price + self.slope * worth.astype(jnp.float32)
        return jnp.where((condition != 0) & (amount >= 0), amount, ABSTAIN)

    def act(self, key: Key[Array, ""], obs: Any) -> Int[Array, ""]:
        """The moves of its plan as one number, digits `move + 1` to the base 7, lowest first (see `envs.Sequences`)."""
        worth = jnp.asarray([7**place for place in range(self.moves)], jnp.int32)
        return jnp.sum((self._performed(obs).moves + 1) * worth)

    def effort(self, obs: Any) -> Float[Array, ""]:
        """Steps of its plan; the bid is one pass over a fixed length and costs nothing."""
        return self._performed(obs).steps.astype(jnp.float32)

    def _performed(self, obs: Any) -> Performed:
        return perform(self.grammar, self.plan, Board.of(obs), self.moves, self.patience)

    @property
    def unpriced(self) -> Bool[Array, ""]:
        """Whether the market still has to set its price."""
        return self.novice

    def priced(self, price: Float[Array, ""]) -> SExpression:
        """The same program with a price for life."""
        return eqx.tree_at(lambda a: (a.price, a.novice), self, (price, jnp.zeros_like(self.novice)))


class SExpressions(AbstractLanguage):
    """The language of typed S-expressions over stacks of blocks.

    >>> language = SExpressions()
    >>> language.readable(language.parse("when (< correct (height 0)) bid ? + 0.5 * correct do (grab 1)"))
    'when (< correct (height 0)) bid ? + 0.5 * correct do (grab 1)'

    Args:
        colours: how many the blocks have.
        without: words that are left out, say `("correct", "top")`; see `block_words`.
        length: places of the judgement and of the plan, each.
        depth: values that evaluation keeps at once.
        moves: most primitive moves a plan makes.
        patience: steps after which a plan is cut off.
        slope: standard deviation of a random slope, credits per unit of worth.
        fresh: probability that a mutant is a random program instead.
    """

    words: tuple[Primitive, ...] = eqx.field(static=True)
    length: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    moves: int = eqx.field(static=True)
    patience: int = eqx.field(static=True)
    slope: float
    fresh: float

    def __init__(
        self,
        colours: int = 3,
        without: tuple[str, ...] = ("top",),
        *,
        length: int = 16,
        depth: int = 6,
        moves: int = 11,
        patience: int = 64,
        slope: float = 0.0,
        fresh: float = 0.5,
    ) -> None:
        self.words = block_words(colours, without)
        self.length, self.depth, self.moves, self.patience = length, depth, moves, patience
        self.slope, self.fresh = slope, fresh

    def __check_init__(self) -> None:
        if min(self.length, self.depth) < 2:
            raise ValueError(
                f"SExpressions: length and depth must be at least 2, one place for condition and worth each, "
                f"got {self.length} and {self.depth}."
            )
        at_least("SExpressions", 1, moves=self.moves, patience=self.patience)
        at_least("SExpressions", 0, slope=self.slope)
        if self.moves > 11:
            raise ValueError(f"SExpressions: at most 11 moves have a number below 2**31, got {self.moves}.")
        share("SExpressions", fresh=self.fresh)

    @property
    def grammar(self) -> Grammar:
        """Of all programs."""
        return Grammar(self.words, self.length, self.depth)

    def random(self, key: Key[Array, ""]) -> SExpression:
        """A random program, each word uniform among those of its type that fit."""
        judgement_key, plan_key, slope_key = split_by(key, "judgement", "plan", "slope")
        return self._individual(
            self.grammar.random(judgement_key, JUDGEMENT),
            self.grammar.random(plan_key, PLAN),
            jnp.zeros(()),
            self.slope * jax.random.normal(slope_key),
            jnp.ones((), bool),
        )

    def _individual(self, judgement: Array, plan: Array, price: Array, slope: Array, novice: Array) -> SExpression:
        return SExpression(judgement, plan, price, slope, novice, self.grammar, self.moves, self.patience)

    def mutate(self, key: Key[Array, ""], individual: AbstractAgent) -> SExpression:
        """A novice whose judgement or plan, each as likely, has one new subtree; or a wholly new program."""
        assert isinstance(individual, SExpression)
        which_key, tree_key, fresh_key, whether_key = split_by(key, "which", "tree", "fresh", "whether")
        judges = jax.random.bernoulli(which_key)
        before = jnp.where(judges, individual.judgement, individual.plan)
        after = self.grammar.mutate(tree_key, before, jnp.where(judges, len(JUDGEMENT), len(PLAN)))
        child = self._individual(
            jnp.where(judges, after, individual.judgement),
            jnp.where(judges, individual.plan, after),
            jnp.zeros_like(individual.price),
            individual.slope,
            jnp.ones_like(individual.novice),
        )
        anew = jax.random.bernoulli(whether_key, self.fresh)
        return jax.tree.map(lambda new, old: jnp.where(anew, new, old), self.random(fresh_key), child)

    def readable(self, individual: AbstractAgent) -> str:
        """`when condition bid price + slope * worth do plan`; a novice's price is told as `?`."""
        assert isinstance(individual, SExpression)
        condition, worth = written(self.grammar, individual.judgement)
        (plan,) = written(self.grammar, individual.plan)
        price = "?" if bool(individual.novice) else f"{float(individual.price):.9g}"
        return f"when {condition} bid {price} + {float(individual.slope):.9g} * {worth} do {plan}"

    def parse(self, text: str) -> SExpression:
        """The individual of a text as `readable` writes it.

        Raises:
            ValueError: naming what is wrong.
        """
        parts = re.fullmatch(r"when (.+?) bid (\?|[-+.\w]+) \+ ([-+.\w]+) \* (.+?) do (.+)", text.strip(), re.DOTALL)
        if parts is None:
            raise ValueError(
                f"SExpressions: expected 'when CONDITION bid PRICE + SLOPE * WORTH do PLAN', got {text!r}."
            )
        condition, price, slope, worth, plan = parts.groups()
        return self._individual(
            parse(self.grammar, (condition, worth), JUDGEMENT),
            parse(self.grammar, (plan,), PLAN),
            jnp.asarray(0.0 if price == "?" else float(price), jnp.float32),
            jnp.asarray(float(slope), jnp.float32),
            jnp.asarray(price == "?"),
        )
