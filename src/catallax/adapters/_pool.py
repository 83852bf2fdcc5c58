"""Gymnasium worlds on the host: one pool for every `reset_many`, told apart by a number in the state."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from catallax.adapters._extras import need
from catallax.adapters._spaces import from_member, from_space, to_member
from catallax.adapters._wire import FLAG, REAL, SEED, WORD, Field, field_of

_WORLDS_AT_MOST = 16_384
"""Beyond so many, the pools that were not used for longest are closed."""


class HostError(RuntimeError):
    """A world on the host failed, or was asked for what it cannot do; the message names it."""


class Pool:
    """The worlds of one `reset_many`, axis `instances`."""

    def __init__(
        self, worlds: list[Any], obs: np.ndarray, upcoming: np.ndarray, seeds: np.ndarray, amounts: tuple[int, ...]
    ) -> None:
        self.worlds = worlds
        self.obs = obs
        """Of the present state; after the end, of the last one."""
        self.upcoming = upcoming
        """First observation of the next episode, which `seeds` decides."""
        self.seeds = seeds
        self.reward = np.zeros((len(obs), *amounts), np.float32)
        """Of the last step; a row of amounts where there are several objectives."""
        self.terminated = np.zeros(len(obs), bool)
        self.truncated = np.zeros(len(obs), bool)
        self.ticks = 0

    @property
    def over(self) -> bool:
        """Whether no world of it goes on."""
        return bool(np.all(self.terminated | self.truncated))


class Host:
    """Makes worlds, seeds them, steps them and closes them; everything here is plain Python."""

    def __init__(self, name: str, make: Callable[[], Any]) -> None:
        self.name = name
        self._make = make
        # tells the states of this object from those of a checkpoint of another process
        self.number = secrets.randbits(31)
        self._pools: dict[int, Pool] = {}
        self._opened = 0
        self._idle: list[Any] = []
        self._lock = threading.Lock()
        self._scout = self._new()
        """Shows how episodes will begin, so that a reset needs no call of its own."""
        self.seen, self.moves = self._scout.observation_space, self._scout.action_space
        obs, action = field_of(from_space(self.seen)), field_of(from_space(self.moves))
        self.question = (WORD, WORD, WORD, FLAG, SEED, action)
        """What a step is asked: host, pool, ticks, fresh, seed, action."""
        # worlds of mo-gymnasium say so, one number an objective
        self.amounts = tuple(int(n) for n in getattr(getattr(self._scout.unwrapped, "reward_space", None), "shape", ()))
        reward = Field(self.amounts, np.float32) if self.amounts else REAL
        self.answer = (WORD, WORD, WORD, obs, obs, reward, FLAG, FLAG, FLAG)
        """What it tells: host, pool, ticks, observation, upcoming, reward, terminated, truncated, lost."""

    def __repr__(self) -> str:
        return self.name

    def open(self, first: np.ndarray, second: np.ndarray) -> tuple[int, Pool]:
        """A pool of fresh worlds.

        Args:
            first: seeds of the first episodes, axis instances.
            second: seeds of the second episodes.
        """
        with self._lock:
            return self._open(first, second)

    def step(
        self, number: int, pool: int, ticks: int, actions: np.ndarray, fresh: np.ndarray, seeds: np.ndarray
    ) -> tuple[int, Pool, bool]:
        """One tick of every world; those that are over stay as they are.

        Args:
            number: whose pool it is, `Host.number`.
            pool: which pool.
            ticks: steps that the caller's state has seen; must be the pool's own count.
            actions: axis instances.
            fresh: where the next episode begins before the step.
            seeds: of the episodes after those.

        Returns:
            Number of the pool, the pool, and whether the worlds of a checkpoint were
            lost: then all their episodes are truncated, with reward 0.

        Raises:
            HostError: if a world fails, returns NaN, or the state was stepped before.
        """
        with self._lock:
            if number != self.number:
                pool, found = self._open(seeds, seeds)
                found.truncated[:] = True
                return pool, found, True
            found = self._find(pool, ticks)
            found.ticks += 1
            for k in range(len(found.obs)):
                if fresh[k]:
                    self._begin(found, k, int(seeds[k]))
                if found.terminated[k] or found.truncated[k]:
                    found.reward[k] = 0.0
                else:
                    self._step(found, k, actions[k])
            self._check(found)
            return pool, found, False

    def close(self) -> None:
        """Close every world; states made before cannot be stepped any more."""
        with self._lock:
            worlds = [world for pool in self._pools.values() for world in pool.worlds] + self._idle
            self._pools, self._idle = {}, []
        for world in worlds:
            world.close()

    def _new(self) -> Any:
        world = self._make()
        autoreset = need("gymnasium.wrappers").Autoreset
        layer = world
        while hasattr(layer, "env"):
            if isinstance(layer, autoreset):
                raise ValueError(f"{self.name}: resets itself (wrapper Autoreset); a step must not, leave it out.")
            layer = layer.env
        return world

    def _open(self, first: np.ndarray, second: np.ndarray) -> tuple[int, Pool]:
        self._tidy(len(first))
        worlds = [self._idle.pop() if self._idle else self._new() for _ in first]
        obs = np.stack([self._reset(world, int(seed)) for world, seed in zip(worlds, first, strict=True)])
        upcoming = np.stack([self._reset(self._scout, int(seed)) for seed in second])
        self._opened += 1
        pool = Pool(worlds, obs, upcoming, second.copy(), self.amounts)
        self._check(pool)
        self._pools[self._opened] = pool
        return self._opened, pool

    def _tidy(self, wanted: int) -> None:
        """Take worlds back from pools that are over, and close the oldest when there are too many."""
        for pool in self._pools.values():
            if pool.over:
                self._idle += pool.worlds
                pool.worlds = []
        while self._pools and sum(len(p.worlds) for p in self._pools.values()) + wanted > _WORLDS_AT_MOST:
            self._idle += self._pools.pop(next(iter(self._pools))).worlds

    def _find(self, number: int, ticks: int) -> Pool:
        pool = self._pools.pop(number, None)
        if pool is None:
            raise HostError(
                f"{self.name}: the worlds of this state were closed (close(), or more than {_WORLDS_AT_MOST} worlds "
                "open); start again with reset_many."
            )
        self._pools[number] = pool  # now the last one, the most recently used
        if pool.ticks != ticks:
            raise HostError(
                f"{self.name}: this state has seen {ticks} steps, its worlds are at {pool.ticks}; worlds on the host "
                "only go forward, so a state can be stepped once. To resume a run, make the environment anew."
            )
        if not pool.worlds:
            pool.worlds = [self._idle.pop() if self._idle else self._new() for _ in pool.obs]
        return pool

    def _begin(self, pool: Pool, k: int, seed: int) -> None:
        obs = self._reset(pool.worlds[k], int(pool.seeds[k]))
        if not np.array_equal(obs, pool.upcoming[k], equal_nan=True):
            raise HostError(
                f"{self.name}: reset(seed={int(pool.seeds[k])}) gave two different observations; a world must follow "
                "its seed, check it with gymnasium.utils.env_checker.check_env."
            )
        pool.obs[k], pool.terminated[k], pool.truncated[k] = obs, False, False
        pool.upcoming[k], pool.seeds[k] = self._reset(self._scout, seed), seed

    def _reset(self, world: Any, seed: int) -> np.ndarray:
        try:
            obs, _ = world.reset(seed=seed)
        except Exception as error:  # foreign code may raise anything; told with the name of its world
            raise HostError(f"{self.name}: reset raised {type(error).__name__}: {error}") from error
        return self._read(obs)

    def _step(self, pool: Pool, k: int, action: Any) -> None:
        try:
            obs, reward, terminated, truncated, _ = pool.worlds[k].step(to_member(self.moves, action))
        except Exception as error:  # as above
            raise HostError(f"{self.name}: step raised {type(error).__name__}: {error} (instance {k})") from error
        pool.obs[k] = self._read(obs)
        if np.shape(reward) != self.amounts:
            raise HostError(
                f"{self.name}: reward has axes {np.shape(reward)}, expected {self.amounts or 'one number'}; a world with several objectives "
                "must say so by its reward_space, as those of mo-gymnasium do."
            )
        pool.reward[k], pool.terminated[k], pool.truncated[k] = reward, bool(terminated), bool(truncated)

    def _read(self, obs: Any) -> np.ndarray:
        seen = np.asarray(from_member(self.seen, obs))
        if seen.shape != self.answer[3].shape:
            raise HostError(f"{self.name}: observation has axes {seen.shape}, its space says {self.answer[3].shape}.")
        return seen

    def _check(self, pool: Pool) -> None:
        """Once for all instances, which is faster than one by one."""
        bad = ~np.isfinite(pool.reward).reshape(len(pool.obs), -1).all(1)
        if bad.any():
            k = int(np.argmax(bad))
            raise HostError(
                f"{self.name}: reward is {pool.reward[k]} (instance {k}); expected a finite number of credits."
            )
        if pool.obs.dtype == np.float32 and np.isnan(pool.obs).any():
            k = int(np.argmax(np.isnan(pool.obs).reshape(len(pool.obs), -1).any(axis=1)))
            raise HostError(f"{self.name}: observation holds NaN (instance {k}).")
