"""A tiny language model that sells one signal, trained by TRL's GRPO."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from catallax.adapters.trl import market_reward
from catallax.language import Bazaar, Buyer, Forecast, program_informer
from catallax.language.bazaar import AbstractInformer
from catallax.language.feedback import AbstractDesign, AbstractSettlement, Stall, WordReader
from catallax.language.worlds import World

NUMBERS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5)
"""Credits that it has words for."""
WORDS = ("I1=0", "I1=1", *(f"{number:g}" for number in NUMBERS))
SCALE, PENALTY, BOND, RIVAL = 0.25, -0.5, 0.0, 0.02


def weather() -> World:
    """An even event, a good signal (right nine times of ten) and a poor one (seven of ten)."""
    right = np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([[0.7, 0.3], [0.3, 0.7]])
    return World(0.5 * right[0][:, :, None] * right[1][:, None, :])


def weather_stall(settlement: AbstractSettlement) -> Stall:
    """The learner knows the good signal; whoever sells the poor one bids for the only slot as well."""
    world = weather()

    def arena(learners: Sequence[AbstractInformer], seed: int) -> Bazaar:
        return Bazaar([*learners, program_informer(world, "I2", price=RIVAL)], rounds=1, bond=BOND, seed=seed)

    buyer = Buyer(Forecast("E", prior=0.5), budget=1.0)
    return Stall(world, "I1", buyer, arena, settlement, WordReader(signals=("I1",)), SCALE, PENALTY)


def rows(stall: Stall, goals: Sequence[int]) -> list[dict[str, Any]]:
    """What the model is told, one word, and the goal."""
    return [{"prompt": f"I1={stall.nature(goal)['I1']}", "goal_id": goal} for goal in goals]


def tokenizer() -> Any:
    """One token a word, made here."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: number for number, word in enumerate(["<pad>", "<eos>", "<bos>", *WORDS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<pad>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", eos_token="<eos>", bos_token="<bos>", padding_side="left"
    )


def model(seed: int) -> Any:
    """A Llama of two layers, by chance."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=3 + len(WORDS), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        pad_token_id=0, eos_token_id=1, bos_token_id=2, max_position_embeddings=16,
    )  # fmt: skip
    return LlamaForCausalLM(config)


class Watched:
    """A market reward that keeps what it said."""

    def __init__(self, design: AbstractDesign) -> None:
        self.design = design
        self.steps: list[list[Any]] = []
        """Feedback of each batch, with what was true."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.design, name)

    async def feedback(self, completions: Sequence[str], goals: Sequence[int]) -> list[Any]:
        found = await self.design.feedback(completions, goals)
        self.steps.append([(one, self.design.stall.nature(goal)["I1"]) for one, goal in zip(found, goals, strict=True)])
        return found


def train(design: AbstractDesign, seed: int, steps: int, batch: int, group: int, rate: float) -> Watched:
    """GRPO, one update for each batch; the model is tiny and begins by chance."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    watched = Watched(design)
    with tempfile.TemporaryDirectory() as folder:
        settings = GRPOConfig(
            output_dir=folder, per_device_train_batch_size=batch, num_generations=group, max_completion_length=3,
            max_steps=steps, learning_rate=rate, lr_scheduler_type="constant", beta=0.0, seed=seed, report_to=[],
            use_cpu=True, logging_steps=steps + 1, save_strategy="no", disable_tqdm=True,
        )  # fmt: skip
        goals = range(1_000_000 * seed, 1_000_000 * seed + steps * batch // group)
        trainer = GRPOTrainer(
            model=model(seed), processing_class=tokenizer(), reward_funcs=market_reward(watched), args=settings,
            train_dataset=Dataset.from_list(rows(design.stall, goals)),
        )  # fmt: skip
        trainer.train()
    return watched
