"""Agents written as Post production systems: what they see is rewritten until a move stands there."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Int8, Key, UInt32

from catallax.agents._settings import at_least, share
from catallax.agents.languages._language import AbstractLanguage
from catallax.agents.languages._post import EMPTY, Derivation, RewriteRules, derive
from catallax.agents.languages._signs import AbstractSigns
from catallax.core import ABSTAIN, AbstractAgent, split_by, uniform, whole


class PostSystem(AbstractAgent):
    """Rewrites what it sees; bids its price where that ends in a move, which is what it does.

    Source: after Hayek4 (Baum and Durdanovic, 2000, "An evolutionary Post production
    system"), details recalled.
    """

    rules: RewriteRules
    price: Float[Array, ""]
    """Credits."""
    novice: Bool[Array, ""]
    language: PostSystems = eqx.field(static=True)

    def bid(self, key: Key[Array, ""], obs: Any) -> Float[Array, ""]:
        """Its price, or no bid if the string does not end in a move."""
        return jnp.where(self.answer(obs)[0], self.price, ABSTAIN)

    def act(self, key: Key[Array, ""], obs: Any) -> Int[Array, ""]:
        """The action its string ends in."""
        return self.answer(obs)[1]

    def effort(self, obs: Any) -> Float[Array, ""]:
        """RewriteRules it applies, whether it bids or not."""
        return self.answer(obs)[2].astype(jnp.float32)

    def answer(self, obs: Any) -> tuple[Bool[Array, ""], Int[Array, ""], Int[Array, ""]]:
        """Whether it ends in a move, its action, and the steps it takes."""
        made = self.derivation(obs)
        moves, action = self.language.signs.action(made.string)
        return moves & made.halted, action, made.steps

    def derivation(self, obs: Any) -> Derivation:
        """What the rules make of an observation."""
        language = self.language
        seen = language.signs.write(obs)
        string = jnp.zeros(language.places, jnp.int8).at[: seen.shape[0]].set(seen)
        return derive(self.rules, string, len(language.letters), language.patience)

    @property
    def unpriced(self) -> Bool[Array, ""]:
        """Whether the market still has to set its price."""
        return self.novice

    def priced(self, price: Float[Array, ""]) -> PostSystem:
        """The same rules with a price for life."""
        return eqx.tree_at(lambda a: (a.price, a.novice), self, (price, jnp.zeros_like(self.novice)))


class PostSystems(AbstractLanguage):
    """The language of ordered rewrite rules over an alphabet.

    >>> from catallax.agents.languages import Signs
    >>> language = PostSystems(Signs(seen=4, moves=3, symbols=2))
    >>> agent = language.parse("o0 -> a0 m0; o3 x -> a1")
    >>> [int(x) for x in agent.answer(jnp.asarray(6))]  # sees o3 m0; bids, move 1, register left alone; 1 step
    [1, 5, 1]

    Args:
        signs: the alphabet, and what it means.
        rules: of an agent, used or not.
        width: longest left and right side.
        variables: `x`, `y`, … in the rules.
        spare: letters `t0`, `t1`, … without a meaning, for notes on the way.
        places: longest string.
        patience: most rules applied.
        fresh: probability that a mutant is a random system instead.
    """

    signs: AbstractSigns = eqx.field(static=True)
    rules: int = eqx.field(static=True, default=3)
    width: int = eqx.field(static=True, default=3)
    variables: int = eqx.field(static=True, default=2)
    spare: int = eqx.field(static=True, default=1)
    places: int = eqx.field(static=True, default=8)
    patience: int = eqx.field(static=True, default=8)
    fresh: float = eqx.field(static=True, default=0.5)

    def __check_init__(self) -> None:
        at_least("PostSystems", 1, rules=self.rules, width=self.width, places=self.places, patience=self.patience)
        at_least("PostSystems", 0, variables=self.variables, spare=self.spare)
        share("PostSystems", fresh=self.fresh)
        if self.variables > len(VARIABLES) or len(self.letters) + self.variables > 127:
            raise ValueError(
                f"PostSystems: at most {len(VARIABLES)} variables and 127 letters with them, got {self.variables} and "
                f"{len(self.letters) + self.variables}."
            )

    @property
    def letters(self) -> tuple[str, ...]:
        """All letters, those of the signs first."""
        return (*self.signs.letters, *(f"t{k}" for k in range(self.spare)))

    @property
    def names(self) -> tuple[str, ...]:
        """Letters and, behind them, variables."""
        return (*self.letters, *VARIABLES[: self.variables])

    def random(self, key: Key[Array, ""]) -> PostSystem:
        """A random system: sides of random length, mostly of letters that are read on the left and spoken on the right."""
        return PostSystem(self._rules(key), jnp.zeros(()), jnp.ones((), bool), self)

    def _rules(self, key: Key[Array, ""]) -> RewriteRules:
        """Left sides of letters that are read, right sides of letters that are spoken, each now and then of others."""
        # all luck in one draw: each draw of its own costs compile time, and there would be ten
        luck = jax.random.bits(key, (2, 5, self.rules, self.width), jnp.uint32)
        left = self._side(luck[0], 1, self.signs.read)
        return RewriteRules(left, self._side(luck[1], *self.signs.spoken))

    def _side(self, luck: UInt32[Array, "5 rules width"], first: int, last: int) -> Int8[Array, "rules width"]:
        """Of any length; half of the symbols from the given letters, a quarter from all letters, a quarter variables."""
        own, anything = whole(luck[0], first, last), whole(luck[1], 1, len(self.letters))
        variable = len(self.letters) + whole(luck[2], 1, max(1, self.variables))
        kind = whole(luck[3], 0, 3 if self.variables else 2)
        symbol = jnp.where(kind < 2, own, jnp.where(kind == 2, anything, variable))
        length = whole(luck[4, :, :1], 1, self.width)
        return jnp.where(jnp.arange(self.width)[None, :] < length, symbol, EMPTY).astype(jnp.int8)

    def mutate(self, key: Key[Array, ""], individual: AbstractAgent) -> PostSystem:
        """A novice with one rule drawn anew, one symbol of it changed, or its place taken by another rule."""
        assert isinstance(individual, PostSystem)
        new_key, how_key = split_by(key, "new", "how")
        drawn, old = self._rules(new_key), individual.rules
        luck = jax.random.bits(how_key, (6,), jnp.uint32)
        last = 2 if self.rules > 1 else 1  # a single rule has none to change places with
        how, side, place = whole(luck[0], 0, last), whole(luck[1], 0, 1), whole(luck[2], 0, self.width - 1)
        rule, other = whole(luck[3:5], 0, self.rules - 1)
        row, column = jnp.arange(self.rules)[:, None], jnp.arange(self.width)[None, :]
        swapped = jnp.where(row == rule, other, jnp.where(row == other, rule, row))[:, 0]

        def change(number: int, before: Array, fresh: Array) -> Array:
            anew = jnp.where(row == rule, fresh, before)
            touched = jnp.where((row == rule) & (column == place) & (side == number), fresh, before)
            return _packed(jnp.where(how == 0, anew, jnp.where(how == 1, touched, before[swapped])))

        changed = RewriteRules(change(0, old.left, drawn.left), change(1, old.right, drawn.right))
        anew = uniform(luck[5]) < self.fresh
        rules = jax.tree.map(lambda new, kept: jnp.where(anew, new, kept), drawn, changed)
        return PostSystem(rules, jnp.zeros_like(individual.price), jnp.ones_like(individual.novice), self)

    def readable(self, individual: AbstractAgent) -> str:
        """`left -> right; left -> right`; rules that never apply are left out."""
        assert isinstance(individual, PostSystem)
        sides = (np.asarray(individual.rules.left), np.asarray(individual.rules.right))
        rules = [[" ".join(self.names[s - 1] for s in side if s != EMPTY) for side in rule] for rule in zip(*sides)]
        return "; ".join(f"{left} -> {right}".rstrip() for left, right in rules if left)

    def parse(self, text: str, price: float | None = None) -> PostSystem:
        """The agent of a text as `readable` writes it, a novice unless it has a price (credits).

        Raises:
            ValueError: naming what is unknown, missing or too long.
        """
        sides = np.zeros((2, self.rules, self.width), np.int8)
        rules = [rule for rule in text.split(";") if rule.strip()]
        if len(rules) > self.rules:
            raise ValueError(f"PostSystems: {len(rules)} rules, expected at most {self.rules}.")
        for number, rule in enumerate(rules):
            if rule.count("->") != 1 or not rule.split("->")[0].strip():
                raise ValueError(f"PostSystems: expected 'left -> right', got {rule.strip()!r}.")
            for side, half in enumerate(rule.split("->")):
                words = half.split()
                if unknown := [w for w in words if w not in self.names]:
                    raise ValueError(f"PostSystems: {unknown[0]!r} is no letter; there are {', '.join(self.names)}.")
                if len(words) > self.width:
                    raise ValueError(f"PostSystems: {half.strip()!r} is longer than width = {self.width}.")
                sides[side, number, : len(words)] = [self.names.index(w) + 1 for w in words]
        novice = price is None
        amount = jnp.asarray(0.0 if price is None else price, jnp.float32)
        return PostSystem(RewriteRules(*map(jnp.asarray, sides)), amount, jnp.asarray(novice), self)


VARIABLES = ("x", "y", "z")


def _packed(side: Int8[Array, "rules width"]) -> Int8[Array, "rules width"]:
    """The symbols of each row without the gaps between them."""
    place = jnp.cumsum(side != EMPTY, axis=1) - 1
    column = jnp.arange(side.shape[1])
    put = (place[:, None, :] == column[None, :, None]) & (side != EMPTY)[:, None, :]
    return jnp.sum(jnp.where(put, side[:, None, :], EMPTY), axis=2, dtype=side.dtype)
