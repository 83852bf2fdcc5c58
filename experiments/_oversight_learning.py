"""Agents that learn what to argue from what each protocol pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from _oversight_names import (
    DEBATE,
    NAIVE,
    OURS,
    PROPAGANDA,
    banded,
)

import catallax as cx
from catallax.lab import Claim, Finding, Report
from catallax.lab.statistics import paired
from catallax.language import oversight
from catallax.language.oversight import Questions

if TYPE_CHECKING:
    from claim_oversight import Config


def learning(config: Config) -> Report:
    """Agents that learn what to argue from what each protocol pays."""
    kinds = (NAIVE, PROPAGANDA, DEBATE, *(f"market, an item costs {price:g}" for price in LESSONS))
    lessons = trained(config)
    # equal parts where the number of updates allows it
    parts = np.array_split(np.arange(config.steps), min(20, config.steps))
    looks = {
        name: np.stack([x[..., part].mean(-1) for part in parts], -1) for name, x in lessons.items()
    }  # axes `seeds protocols parts`
    places = np.array([part.mean() + 0.5 for part in parts])
    curves = {
        name: {kind: [banded(column) for column in looks[name][:, n].T] for n, kind in enumerate(kinds)}
        for name in ("asd", "judge")
    }
    titles = {
        "asd": ("what the judge's belief tells", "ASD (Brier)"),
        "judge": ("what the judge gets", "judge's expected score (Brier)"),
    }
    picture = cx.view.band_panels({
        title: cx.view.Panel({kind: cx.view.Band(places, found) for kind, found in curves[name].items()}, "updates of the agent", unit)
        for name, (title, unit) in titles.items()
    }, height=2.6)  # fmt: skip
    findings = [
        Finding("oversight", f"an agent learns from its pay: {kind}", "",
                f"ASD {curves['asd'][kind][0]:.3f} at first, {curves['asd'][kind][-1]:.3f} at last; judge's score {curves['judge'][kind][-1]:.3f}",
                note=f"means of the first {len(parts[0])} and the last {len(parts[-1])} updates; argues for the truth with a chance of "
                     f"{looks['honest'][:, n, -1].mean():.2f}, shows {looks['said'][:, n, -1].mean():.2f} items")
        for n, kind in enumerate(kinds)
    ]  # fmt: skip
    return Report(findings, {"training": picture}, LEARNED, claims=[taught(kinds, looks)])


def trained(config: Config) -> dict[str, np.ndarray]:
    """Each seed learns on questions of its own; axes `seeds protocols steps`."""
    sets = [Questions.drawn(1_000 * config.key + 500 + seed, config.learned) for seed in range(config.seeds)]
    each = [oversight.Payoffs.of(questions, LESSONS) for questions in sets]
    payoffs = each[0]._replace(
        **{name: jnp.stack([getattr(one, name) for one in each]) for name in ("ends", "pays", "beliefs")}
    )
    one = partial(oversight.train, steps=config.steps, batch=config.batch, seeds=1)
    axes = payoffs._replace(ends=0, pays=0, scored=None, opposed=None, beliefs=0)  # pyright: ignore[reportArgumentType]
    found = jax.vmap(one, (0, 0, axes))(
        jax.random.split(jax.random.key(config.key), config.seeds),
        jnp.asarray(np.stack([questions.evidence for questions in sets]), jnp.float32),
        payoffs,
    )
    return {name: np.asarray(x, float)[:, 0] for name, x in found._asdict().items()}


def taught(kinds: Sequence[str], looks: Mapping[str, np.ndarray]) -> Claim:
    """Whether pay by worth made agents more honest, and served the judge better, than the rivals."""
    last = {name: dict(zip(kinds, looks[name][..., -1].T, strict=True)) for name in ("honest", "judge")}
    names = {"honest": "is more often honest", "judge": "serves the judge better"}
    cases = {
        f"{kind.removeprefix('market, ')}: {title} than {'for approval' if rival == PROPAGANDA else 'in debate'}": paired(last[name][kind], last[name][rival])
        for kind in kinds[3:] for name, title in names.items() for rival in (PROPAGANDA, DEBATE)
    }  # fmt: skip
    told = looks["asd"][:, kinds.index(PROPAGANDA)]
    lower = paired(told[:, 0], told[:, -1])
    return Claim.judged(
        "Paying informers what their information turns out to be worth trains them towards honesty, more than approval and debate do; approval trains them to persuade.",
        OURS,
        {name: found.difference.above for name, found in cases.items()} | {"approval lowers ASD by training": lower.difference.above},
        "Measured at the end of training: the chance to argue for the truth, and the judge's expected score (Brier), market less rival; the last row is ASD at first less at last.",
        {name: f"{found.difference:+.2f}" for name, found in (cases | {"approval lowers ASD by training": lower}).items()},
    )  # fmt: skip


LESSONS = (0.01, 0.1, 0.3)
LEARNED = (
    "**Agents that learn.** An agent begins by showing two items at random and for a side at random, and ascends the policy gradient of what it is "
    "paid, under each protocol the same number of times; each seed has questions of its own, on which it learns under every protocol. It knows which answer is true. A market pays for what is shown, whichever "
    "side it is shown for, so an agent in a market cares little which side it argues for; where items are dear, it learns to say nothing, and what the judge's belief "
    "tells falls with what is said."
)
