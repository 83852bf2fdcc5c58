"""Typed S-expressions on packed arrays, beside a plain Python interpreter of the same words."""

from __future__ import annotations

import contextlib
import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.agents import languages as lang
from catallax.core import ABSTAIN

KEY = jax.random.key(0)
CAPACITY, MOVES, STEPS = 5, 8, 24
LANGUAGE = lang.SExpressions(
    colours=3, without=(), length=14, depth=6, moves=MOVES, patience=STEPS, slope=1.0, fresh=0.0
)
COUNT = 200


def boards(count: int) -> list[dict]:
    """Random boards as plain lists; some stacks empty, some full, hand full half of the time."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(count):
        stacks = [[int(c) for c in rng.integers(1, 4, rng.integers(0, CAPACITY + 1))] for _ in range(4)]
        stacks[1][:2] = stacks[0][:2]  # so that some blocks are right
        made.append({"stacks": stacks, "hand": int(rng.choice([0, 0, 1, 2, 3]))})
    return made


def correct(stacks: list[list[int]]) -> int:
    right = 0
    while right < min(len(stacks[0]), len(stacks[1])) and stacks[0][right] == stacks[1][right]:
        right += 1
    return right


def packed(made: list[dict]) -> lang.Board:
    stacks = np.zeros((len(made), 4, CAPACITY), np.int8)
    for k, board in enumerate(made):
        for row, stack in enumerate(board["stacks"]):
            stacks[k, row, : len(stack)] = stack
    return lang.Board(
        jnp.asarray(stacks),
        jnp.asarray([[len(s) for s in b["stacks"]] for b in made], jnp.int32),
        jnp.asarray([b["hand"] for b in made], jnp.int32),
        jnp.asarray([correct(b["stacks"]) for b in made], jnp.int32),
    )


def tree(text: str) -> list | str:
    """Text to nested lists."""
    words = re.findall(r"[()]|[^\s()]+", text)

    def read() -> list | str:
        word = words.pop(0)
        if word != "(":
            return word
        parts = []
        while words[0] != ")":
            parts.append(read())
        words.pop(0)
        return parts

    found = read()
    assert not words
    return found


def clip(number: int) -> int:
    return max(-9_999, min(9_999, number))


def meaning(expression: list | str, board: dict) -> int:
    """The value of an expression that is no move, by recursion."""
    stacks, hand = board["stacks"], board["hand"]
    if isinstance(expression, str):
        fixed = {"correct": correct(stacks), "hand": hand, "none": 0, "true": 1, "holding": int(hand > 0)}
        return fixed[expression] if expression in fixed else int(expression.removeprefix("c"))
    name, *rest = expression
    if name == "if":
        return meaning(rest[1] if meaning(rest[0], board) else rest[2], board)
    a, b = [meaning(x, board) for x in rest] + [0] * (2 - len(rest))
    if name == "look":
        return stacks[a][b] if 0 <= b < len(stacks[a]) else 0
    if name == "top":
        return stacks[a][-1] if stacks[a] else 0
    return {
        "+": lambda: clip(a + b),
        "-": lambda: clip(a - b),
        "*": lambda: clip(a * b),
        "height": lambda: len(stacks[a]),
        "=": lambda: int(a == b),
        "same": lambda: int(a == b),
        "<": lambda: int(a < b),
        "not": lambda: int(not a),
        "and": lambda: int(a and b),
        "or": lambda: int(a or b),
    }[name]()


class Over(Exception):
    """The plan ends here."""


def carried_out(plan: list | str, board: dict) -> tuple[list[int], int, dict]:
    """Moves, steps and the board behind them, by recursion."""
    board = {"stacks": [list(s) for s in board["stacks"]], "hand": board["hand"]}
    moves: list[int] = []
    steps = 0

    def run(part: list | str) -> None:
        nonlocal steps
        if len(moves) >= MOVES or steps >= STEPS:
            raise Over
        steps += 1
        if part == "stay":
            return
        name, *rest = part
        if name in ("grab", "drop"):
            place = meaning(rest[0], board)
            stack = board["stacks"][place]
            moves.append(place - 1 + 3 * (name == "drop"))
            if name == "grab" and stack and not board["hand"]:
                board["hand"] = stack.pop()
            elif name == "drop" and board["hand"] and len(stack) < CAPACITY:
                stack.append(board["hand"])
                board["hand"] = 0
            else:
                raise Over
        elif name == "do":
            run(rest[0])
            run(rest[1])
        elif name == "if":
            run(rest[1] if meaning(rest[0], board) else rest[2])
        elif not meaning(rest[0], board):
            run(rest[1])
            run(part)

    with contextlib.suppress(Over):
        run(plan)
    return moves, steps, board


@jax.jit
def families(keys, fresh):
    """Random programs and a mutant of each."""
    language = eqx.tree_at(lambda x: x.fresh, LANGUAGE, fresh)

    def pair(key):
        parent = language.random(key)
        return parent, language.mutate(jax.random.fold_in(key, 1), parent)

    return jax.vmap(pair)(keys)


@pytest.fixture(scope="module")
def agents() -> lang.SExpression:
    """Parents and, behind them, a mutant of each."""
    parents, children = families(jax.random.split(KEY, COUNT), 0.0)
    return jax.tree.map(lambda a, b: np.concatenate([a, b]), parents, children)


def member(agents: lang.SExpression, number: int) -> lang.SExpression:
    return jax.tree.map(lambda leaf: leaf[number], agents)


def trees(agent: lang.SExpression) -> list[str]:
    return lang.written(LANGUAGE.grammar, agent.judgement) + lang.written(LANGUAGE.grammar, agent.plan)


def test_bids_and_plans_are_those_of_the_recursive_interpreter(agents):
    made = boards(2 * COUNT)
    obs = packed(made)
    bids = jax.jit(jax.vmap(lambda a, o: a.bid(KEY, o)))(agents, obs)
    done = jax.jit(jax.vmap(lambda a, o: lang.perform(LANGUAGE.grammar, a.plan, o, MOVES, STEPS)))(agents, obs)
    bids, done = jax.tree.map(np.asarray, (bids, done))
    after_all, ended = [], []
    for number, board in enumerate(made):
        agent = member(agents, number)
        condition, worth, plan = (tree(text) for text in trees(agent))
        amount = np.float32(agent.slope) * np.float32(meaning(worth, board))
        wanted = amount if meaning(condition, board) and amount >= 0 else ABSTAIN
        assert float(bids[number]) == pytest.approx(float(wanted), rel=1e-6), trees(agent)
        moves, steps, after = carried_out(plan, board)
        assert [int(m) for m in done.moves[number] if m != lang.NO_MOVE] == moves, (trees(agent), board)
        assert int(done.steps[number]) == steps
        after_all.append(after)
        ended.append((len(moves), steps))
    for field, value in zip(done.board, packed(after_all), strict=True):
        np.testing.assert_array_equal(field, value)
    # the sample holds long plans, loops without end and silent agents as well
    assert max(m for m, _ in ended) >= 4 and max(s for _, s in ended) == STEPS
    assert 0.1 < np.mean(np.asarray(bids) == ABSTAIN) < 0.9


def test_random_programs_and_mutants_are_well_typed_and_read_back(agents):
    for number in range(0, 2 * COUNT, 4):
        agent = member(agents, number)
        again = LANGUAGE.parse(LANGUAGE.readable(agent))  # checks every type
        np.testing.assert_array_equal(again.judgement, agent.judgement)
        np.testing.assert_array_equal(again.plan, agent.plan)
        assert float(again.slope) == float(agent.slope) and bool(again.novice)
    roots = jnp.repeat(jnp.asarray([2, 1]), 2 * COUNT)
    assert bool(
        jax.jit(jax.vmap(LANGUAGE.grammar.valid))(jnp.concatenate([agents.judgement, agents.plan]), roots).all()
    )
    lengths = np.asarray((agents.judgement != lang.PAD).sum(1))
    assert lengths.min() == 2 and lengths.max() == 14  # from the shortest to the longest


@pytest.mark.parametrize("part", ["judgement", "plan"])
def test_a_mutant_differs_from_its_parent_in_one_subtree(agents, part):
    grammar = LANGUAGE.grammar
    codes = getattr(agents, part)
    sizes = np.asarray(jax.jit(jax.vmap(grammar.sizes))(codes))
    changed = 0
    for number in range(COUNT):
        old, new = (code[code != 0].tolist() for code in (np.asarray(codes[number]), np.asarray(codes[COUNT + number])))
        begins = [
            p
            for p in range(len(old))
            if old[:p] == new[:p] and old[p + sizes[number, p] :] == new[p + sizes[COUNT + number, p] :]
        ]
        assert begins
        assert old == new or grammar.result[old[begins[0]]] == grammar.result[new[begins[0]]]
        changed += old != new
    # half of the mutants change this part, some of them into what it was
    assert 0.25 * COUNT < changed < 0.6 * COUNT


def test_mutants_may_be_wholly_new(agents):
    _, children = families(jax.random.split(KEY, COUNT), 1.0)
    same = (children.judgement == agents.judgement[:COUNT]).all(1) & (children.plan == agents.plan[:COUNT]).all(1)
    assert same.mean() < 0.05
    assert float(jnp.abs(children.slope - agents.slope[:COUNT]).max()) > 1.0


def test_conforms():
    small = lang.SExpressions(
        1, ("top", "look", "height", "same", "and", "or", "*", "until", "do"), length=2, depth=2, moves=1
    )
    cx.check_agent(
        small.parse("when holding bid 1 + 0.5 * correct do stay"), jax.tree.map(lambda x: x[0], packed(boards(1)))
    )


def test_a_hand_written_plan_does_what_it_says():
    language = lang.SExpressions(length=26, depth=8)
    plan = "(do (until (= (height 1) correct) (do (grab 1) (drop 2))) (if (same (look 0 correct) (look 3 0)) (do (grab 3) (drop 1)) stay))"
    agent = language.parse(f"when (< correct (height 0)) bid 1.5 + 0.25 * (- (height 0) correct) do {plan}")
    obs = jax.tree.map(lambda x: x[0], packed([{"stacks": [[1, 2, 3], [1, 3, 3], [], [2]], "hand": 0}]))
    assert float(agent.bid(KEY, obs)) == 2.0
    sequences = cx.envs.Sequences(cx.envs.BlocksWorld(5, largest=5), length=11)
    moves = sequences.moves(agent.act(KEY, obs)).tolist()
    assert moves == [0, 4, 0, 4, 2, 3] + [lang.NO_MOVE] * 5  # two blocks away, then the right one on top
    assert int(agent.effort(obs)) == 14  # 1 do, 2 x 4 and 1 for the loop, 1 if, 1 do, 2 moves
    assert not bool(agent.unpriced) and float(agent.priced(jnp.asarray(3.0)).bid(KEY, obs)) == 3.5
    assert int(lang.perform(language.grammar, agent.plan, lang.Board.of(obs), 11, 64).board.correct) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when true do stay", "expected 'when CONDITION bid PRICE"),
        ("when 1 bid ? + 0 * 1 do stay", "expected an expression of type boolean, got 1; there is <"),
        ("when (not true bid ? + 0 * 1 do stay", "expected '\\)' behind the arguments of not, got 'nothing'"),
        ("when true bid ? + 0 * 1 do (grab 0)", "expected an expression of type place, got 0"),
        ("when true bid ? + 0 * 1 2 do stay", "'2' is left over"),
        ("when true bid ? + 0 * (height (grab 1)) do stay", "of type stack, got \\(grab …\\)"),
        (f"when true bid ? + 0 * {'(+ 1 ' * 20}1{')' * 20} do stay", "42 places, expected at most 16"),
        (
            f"when true bid ? + 0 * 1 do {'(if true ' * 5}stay{' stay)' * 5}",
            "7 trees pending at once, expected at most 6",
        ),
    ],
)
def test_what_is_no_program_is_told(text, said):
    with pytest.raises(ValueError, match=said):
        lang.SExpressions().parse(text)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: lang.block_words(0), "1 to 60 colours, got 0"),
        (lambda: lang.block_words(3, ("NumCorrect",)), "cannot leave out \\['NumCorrect'\\]"),
        (lambda: lang.SExpressions(length=1), "length and depth must be at least 2"),
        (lambda: lang.SExpressions(moves=12), "at most 11 moves"),
        (lambda: lang.SExpressions(patience=0), "patience must be at least 1"),
        (lambda: lang.SExpressions(fresh=2.0), "fresh must lie in \\[0, 1\\]"),
        (
            lambda: lang.Grammar((lang.Primitive("f", "a", ("a",)),), 4, 4),
            "no primitive without arguments returns \\['a'\\]",
        ),
        (lambda: lang.Grammar((lang.Primitive("x", "a"),) * 2, 4, 4), "each name once per result type"),
        (lambda: lang.Grammar((lang.Primitive("x", "a"),), 0, 4), "length and depth must be at least 1"),
        (lambda: lang.SExpressions().grammar.random(KEY, ("integer",) * 7), "7 trees do not fit"),
    ],
)
def test_bad_settings_are_told(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_a_word_left_out_is_unknown():
    plain = lang.SExpressions(without=("correct", "top", "until"))
    assert not {"correct", "top", "until"} & {word.name for word in plain.words}
    with pytest.raises(ValueError, match="got correct; there is"):
        plain.parse("when true bid ? + 0 * correct do stay")


def test_a_grammar_that_was_used_is_still_the_same():
    used, fresh = (LANGUAGE.parse("when holding bid 1 + 0.5 * correct do stay") for _ in "ab")
    used.grammar.arity, used.grammar.types  # noqa: B018 - reading them must leave no trace
    assert jax.tree.structure(used) == jax.tree.structure(fresh)
