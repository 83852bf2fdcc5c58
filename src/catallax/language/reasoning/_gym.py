"""Tasks of reasoning-gym: procedural questions with verifiers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from catallax.core import to_micro
from catallax.language.reasoning._thought import Question, Task


def gym_tasks(families: Sequence[str], count: int, seed: int = 0, bounty: float = 1.0, **settings: Any) -> list[Task]:
    """Questions of several families of reasoning-gym, in an order drawn by the seed; nothing is downloaded.

    `kind` of a question is its family. Equal arguments give equal tasks.

    Args:
        families: names of its data sets, such as `gcd`.
        count: questions altogether, as even as can be over the families.
        seed: of the questions and their order.
        bounty: of each, credits.
        settings: by family, keywords of its data set.

    Raises:
        ImportError: without reasoning-gym.
        ValueError: for no family, or an unknown one.
    """
    try:
        import reasoning_gym
    except ImportError as error:
        raise ImportError("gym_tasks: needs reasoning-gym; run: pip install 'catallax[reasoning]'") from error
    if not families or count < 1:
        raise ValueError(f"gym_tasks: expected at least one family and one question, got {list(families)} and {count}.")
    tasks = []
    for place, family in enumerate(families):
        size = (count + len(families) - 1 - place) // len(families)
        if size:
            data = reasoning_gym.create_dataset(family, size=size, seed=seed, **settings.get(family, {}))
            tasks += [_task(data, entry, family, bounty) for entry in data]
    random.Random(seed).shuffle(tasks)
    return tasks


def _task(data: Any, entry: dict, family: str, bounty: float) -> Task:
    question = Question(entry["question"], to_micro(bounty), family)
    return Task(question, lambda answer: data.score_answer(answer, entry))
