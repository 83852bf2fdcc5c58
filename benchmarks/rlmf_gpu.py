"""Train a real language model by market feedback with TRL's GRPO, on a GPU. Not part of the results.

python benchmarks/rlmf_gpu.py --model Qwen/Qwen2.5-0.5B-Instruct --steps 200 --out runs/rlmf_gpu

The model is told one signal of a finite world in words and sells it by JSON; the buyer is exact, so no other model is needed. Without a
GPU it runs on the CPU in 32 bits, which is good for a try with a tiny model and for nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from catallax.adapters.trl import market_reward
from catallax.language import Bazaar, Buyer, Forecast, program_informer
from catallax.language.feedback import AbstractDesign, Audited, Counterfactual, Joint, JsonReader, Stall
from catallax.language.worlds import fact_check, reports

WORLDS = {"weather": partial(reports, 0.9, 0.7), "fact_check": fact_check}


@dataclass(frozen=True)
class Settings:
    """What is trained, where and how long."""

    model: str = "Qwen/Qwen2.5-0.5B-Instruct"
    """Folder of a model with a chat template, or its name on the hub."""
    world: Literal["weather", "fact_check"] = "weather"
    """What there is to know; in `fact_check` the signal is mostly worth little."""
    design: Literal["alone", "joint"] = "alone"
    """How the completions of a prompt meet the market; `joint` needs one process."""
    out: Path = Path("runs/rlmf_gpu")
    """Checkpoints and the curve, `curve.json`."""
    steps: int = 200
    """Updates."""
    prompts: int = 8
    """Prompts of an update."""
    group: int = 8
    """Completions of a prompt."""
    rate: float = 1e-6
    """Learning rate."""
    tokens: int = 96
    """Longest completion."""
    goals: int = 10_000
    """Rows of the data set."""
    vllm: bool = False
    """Generate by vLLM in the same process."""
    seed: int = 0
    """Of data and sampling."""


def stall(settings: Settings) -> Stall:
    """The market of the run."""
    world = WORLDS[settings.world]()
    rival = 0.6 * world.information(["I2"])  # credits: cheap enough to be bought by most who read it

    def arena(learners, seed: int) -> Bazaar:
        return Bazaar([*learners, program_informer(world, "I2", rival)], rounds=1, seed=seed)

    buyer = Buyer(Forecast("E", prior=float(world.prior[0])), budget=1.0)
    reader = JsonReader(characters=200, signals=("I1",))
    return Stall(world, "I1", buyer, arena, Audited(), reader, scale=0.25, seed=settings.seed)


def main(settings: Settings) -> None:
    """Train, and write the curve."""
    import torch
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    gpu = torch.cuda.is_available()
    if not gpu:
        print("rlmf_gpu: there is no GPU; this is a try on the CPU")
    place = stall(settings)
    design: AbstractDesign = Counterfactual(place) if settings.design == "alone" else Joint(place, settings.group)
    arguments = GRPOConfig(
        output_dir=str(settings.out), per_device_train_batch_size=settings.prompts * settings.group,
        num_generations=settings.group, max_completion_length=settings.tokens, max_steps=settings.steps,
        learning_rate=settings.rate, beta=0.0, loss_type="grpo", bf16=gpu, use_cpu=not gpu, gradient_checkpointing=gpu, seed=settings.seed,
        logging_steps=1, log_completions=True, report_to=[], save_strategy="no", use_vllm=settings.vllm,
        vllm_mode="colocate",
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=settings.model, args=arguments, reward_funcs=market_reward(design),
        train_dataset=Dataset.from_list(place.rows(range(settings.goals))),
    )  # fmt: skip
    trainer.train()
    rows = [row for row in trainer.state.log_history if "reward" in row]
    settings.out.mkdir(parents=True, exist_ok=True)
    (settings.out / "curve.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    rewards = np.array([row["reward"] for row in rows])
    last = max(1, len(rewards) // 10)
    print(
        f"mean reward {rewards[:last].mean():.3f} at first, {rewards[-last:].mean():.3f} at last; {settings.out}/curve.json"
    )
    trainer.save_model()


if __name__ == "__main__":
    main(tyro.cli(Settings, description=__doc__))
