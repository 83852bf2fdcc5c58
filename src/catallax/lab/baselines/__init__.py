"""Standard learners to hold a market against, with the budget words of `cx.train`."""

from catallax.lab.baselines._learned import Greedy, Learned
from catallax.lab.baselines._ppo import PPOLearned, Softmax, ppo
from catallax.lab.baselines._q_learning import q_learning
from catallax.lab.baselines._random import Uniform, random_walk
from catallax.lab.baselines._sarsa import sarsa

__all__ = ["Greedy", "Learned", "PPOLearned", "Softmax", "Uniform", "ppo", "q_learning", "random_walk", "sarsa"]
