"""Rules that read and post messages, and the generation that replaces them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.agents import classifiers as parts

KEY = jax.random.key(0)


def word(text: str) -> int:
    return sum((letter == "1") << i for i, letter in enumerate(text))


def listed(*texts: str) -> parts.Messages:
    words = jnp.asarray([word(text) for text in texts], jnp.uint32)
    return parts.Messages(words, jnp.arange(len(texts)), jnp.ones(len(texts), bool))


def names(rules: parts.MessageRules, length: int) -> dict[str, int]:
    lines = parts.message_table(rules, length).splitlines()[1:]
    return {line[: line.index("  ")]: int(line.split()[-1]) for line in lines}


def test_conditions_match_messages_and_templates_let_letters_through():
    rules = parts.MessageRules.parse(["1#0,0## / 0#1", "1#1,0## / 111", "1#0,00# / 1##", "###,### / ###"])
    board = listed("110", "011")
    hits = np.asarray(rules.hits(board))
    assert hits.shape == (2, 32, 2) and not hits[:, 4:].any()
    assert hits[0, :4].tolist() == [[True, False], [False, False], [True, False], [True, True]]
    assert hits[1, :4].tolist() == [[False, True], [False, True], [False, False], [True, True]]
    said = jax.vmap(lambda place: rules.say(place, rules.hits(board), board))(jnp.arange(4))
    # from the first message that satisfies the first condition
    assert [int(said[0]), int(said[3])] == [word("011"), word("110")]
    silent = rules.hits(board._replace(posted=jnp.asarray([True, False])))
    assert not np.asarray(silent)[:, :, 1].any()


def test_specificity_is_the_share_of_letters_cared_for_in_the_conditions():
    rules = parts.MessageRules.parse(["1#0,0## / ###", "###,### / 111", "101,010 / 1##"])
    np.testing.assert_allclose(rules.specificity(3)[:3], [0.5, 0.0, 1.0], rtol=1e-6)


@pytest.mark.parametrize("bad", [["10 / 1", "10 / 11"], ["12 / 11"], ["10"], ["1 / 1", "1,1 / 1"]])
def test_rules_that_cannot_be_read_are_refused(bad):
    with pytest.raises(ValueError, match=r"MessageRules\.parse: expected rules like"):
        parts.MessageRules.parse(bad)


def test_reflexes_listen_to_the_detectors_and_speak_to_the_effector():
    rules = parts.MessageRules.random(KEY, 40, 5, 2, wildcard=0.5, strength=3.0)
    dressed = parts.Reflexes().dress(rules)
    for name in names(dressed, 5):
        assert [part[0] for part in name.replace(" / ", ",").split(",")] == ["1", "1", "1"]
    assert int(parts.Reflexes().open(5)) == word("01111") and int(parts.Free().open(5)) == word("11111")
    assert parts.Free().dress(rules) is rules
    assert float(rules.strength.sum()) == 120.0 and int(rules.taken.sum()) == 40


TEXTS = ["1111 / 1111"] * 15 + ["0000 / 0000"] * 15
OPEN = jnp.asarray(0b1110, jnp.uint32)


def generation(**settings: float) -> tuple[parts.MessageRules, parts.Generation]:
    genetic = parts.CrowdingGenetic(share=0.5, **settings)
    rules = parts.MessageRules.parse(TEXTS)
    strength = jnp.where(jnp.arange(32) < 15, 2.0, 1.0) * rules.taken
    rules = rules._replace(strength=strength)
    luck = jax.random.bits(KEY, (genetic.matings(30), genetic.words(2, 4)))
    call = jax.jit(lambda part, luck, rules: part(luck, rules, capacity=30, length=4, open=OPEN))
    return rules, jax.device_get(call(jax.tree.map(jnp.asarray, genetic), luck, rules))


def test_children_have_their_parents_mean_strength_and_the_books_close():
    rules, born = generation(crossover=1.0, mutation=0.1)
    assert parts.CrowdingGenetic(share=0.5).matings(30) == 8
    # of parents with 2 and 1 credits, or their children
    assert 16.0 <= float(born.made) <= 32.0 and 16.0 <= float(born.lost) <= 32.0
    change = born.rules.strength.sum() - float(rules.strength.sum())
    np.testing.assert_allclose(change, born.made - born.lost, rtol=1e-5)
    assert born.rules.strength[30:].sum() == 0 and born.rules.taken.sum() == 30
    found = names(born.rules, 4)
    assert len(found) > 2 and sum(found.values()) == 30
    # the first letter is closed to mutation, and crossover does not make a # either
    assert all(part[0] in "01" for name in found for part in name.split(" / "))


def test_of_many_crowds_the_one_most_like_the_child_goes():
    _, born = generation(crossover=0.0, mutation=0.0, crowds=8, crowd=1)
    # there is nearly always one of the child's own kind: copies replace copies
    assert names(born.rules, 4) == {"1111 / 1111": 15, "0000 / 0000": 15}


def test_of_a_large_crowd_the_weakest_goes():
    _, born = generation(crossover=0.0, mutation=0.0, crowds=1, crowd=30)
    assert float(born.lost) == 16.0  # no rule of 2 credits among them
    assert min(names(born.rules, 4).values()) < 10


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="CrowdingGenetic: share must lie in"):
        parts.CrowdingGenetic(share=1.5)
    with pytest.raises(ValueError, match="CrowdingGenetic: expected crowds and crowd"):
        parts.CrowdingGenetic(crowds=0)
