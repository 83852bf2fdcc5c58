"""A tiny language model that sells one signal, trained by TRL's GRPO on the CPU."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from _weather_market import NUMBERS

from catallax.adapters.trl import market_reward
from catallax.language.feedback import AbstractDesign, Feedback, Stall

WORDS = ("sell:", "I1=0", "I1=1", *(f"{number:g}" for number in NUMBERS))


def rows(stall: Stall, goals: Sequence[int]) -> list[dict[str, Any]]:
    """What the model is told, in two words, and the goal. Without the second word a model without absolute positions could not tell
    how many words it has said."""
    return [{"prompt": f"I1={stall.nature(goal)['I1']} sell:", "goal_id": goal} for goal in goals]


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


@dataclass(frozen=True)
class Watched(AbstractDesign):
    """A design that keeps what it said, batch by batch, with what nature told."""

    design: AbstractDesign
    batches: list[list[tuple[Feedback, int]]] = field(default_factory=list)

    async def feedback(self, completions: Sequence[str], goals: Sequence[int]) -> list[Feedback]:
        found = await self.design.feedback(completions, goals)
        self.batches.append([(one, self.stall.nature(goal)["I1"]) for one, goal in zip(found, goals, strict=True)])
        return found


def train(
    design: AbstractDesign, seed: int, steps: int, batch: int, group: int, rate: float
) -> list[list[tuple[Feedback, int]]]:
    """GRPO from a model by chance, one update for each batch.

    Returns:
        For each batch what the market said of each completion, and the value of the signal.
    """
    import torch
    from datasets import Dataset, disable_progress_bars
    from transformers import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    disable_progress_bars()
    watched = Watched(design.stall, design)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch and transformers, about themselves
        settings = GRPOConfig(
            output_dir=folder, per_device_train_batch_size=batch, num_generations=group, max_completion_length=3,
            max_steps=steps, learning_rate=rate, beta=0.0, loss_type="grpo", seed=seed, report_to=[], use_cpu=True,
            logging_strategy="no", save_strategy="no", disable_tqdm=True, dataloader_pin_memory=False,
        )  # fmt: skip
        goals = range(1_000_000 * seed, 1_000_000 * seed + steps * batch // group)
        trainer = GRPOTrainer(
            model=model(seed), processing_class=tokenizer(), reward_funcs=market_reward(watched), args=settings,
            train_dataset=Dataset.from_list(rows(design.stall, goals)),
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # its tables are so small that threads spend their time on waiting for each other
        try:
            trainer.train()
        finally:
            torch.set_num_threads(threads)
    return watched.batches
