"""Points on many machines, with Ray."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from catallax.lab._sweeps._executor import AbstractExecutor, Found, Started, Work
from catallax.lab._sweeps._points import Batch, Outcome
from catallax.lab._sweeps._sending import packed, unpacked
from catallax.lab._sweeps._task import failed

PATIENCE = 5.0
"""Seconds in which a cluster must answer at its address."""
_TRIES = "RAY_gcs_server_port_wait_time_s"
"""One try, of about a minute, at what answers there but is no cluster; Ray makes twenty."""


class RayError(RuntimeError):
    """A Ray cluster cannot be used; the message says why, and the fix."""


@dataclass(frozen=True)
class RayCluster(AbstractExecutor):
    """On the machines of a Ray cluster, each with catallax installed.

    Functions and experiments of your own are loaded from their files, which every machine must see at the same
    path, unless they can be imported there. A batch whose machine dies is computed again elsewhere.
    """

    address: str = "auto"
    """`auto` finds the cluster that this machine belongs to; else HOST:PORT of its head. The sweep runs on a machine of the cluster."""
    cores: float = 1.0
    """Cores that a batch takes."""
    retries: int = 3
    """How often a batch is tried again whose machine or process died."""

    def run(self, work: Work, batches: Sequence[Batch], started: Started) -> Found:
        """Outcomes as machines bring them."""
        payload, waiting = packed(work), list(reversed(batches))
        with _connected(self.address) as ray:
            options = {"num_cpus": self.cores, "max_retries": self.retries, "scheduling_strategy": "SPREAD"}
            remote = ray.remote(**options)(_perform)
            running: dict[Any, Batch] = {}
            try:
                while waiting or running:
                    while waiting and len(running) < max(1, int(ray.cluster_resources().get("CPU", 0) / self.cores)):
                        batch = waiting.pop()
                        started(batch)
                        running[remote.remote(payload, batch)] = batch
                    # machines may come and go while we wait
                    for done in ray.wait(list(running), timeout=1.0)[0]:
                        batch = running.pop(done)
                        yield batch, _outcomes(ray, done, batch)
            finally:
                for reference in running:
                    with suppress(Exception):  # whatever is wrong with the cluster now, it is not what we tell
                        ray.cancel(reference, force=True)


def _perform(payload: bytes, batch: Batch) -> list[Outcome]:
    return unpacked(payload)(batch)


def _outcomes(ray: Any, reference: Any, batch: Batch) -> list[Outcome]:
    try:
        return ray.get(reference)
    except (ray.exceptions.RayError, OSError, ImportError, AttributeError) as error:
        return [failed(error)] * len(batch)


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Ray, connected; a connection that was there before stays.

    Raises:
        RayError: if Ray is not installed, or no cluster answers.
    """
    # before Ray is imported: nobody is told that it is used
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        ray = import_module("ray")
    except ImportError as error:
        raise RayError("RayCluster: Ray is not installed; pip install 'catallax[ray]'.") from error
    if ray.is_initialized():
        yield ray
        return
    _must_answer(ray, address)
    settings = {name: value for name, value in os.environ.items() if name.startswith(("JAX_", "XLA_"))}
    before = os.environ.get(_TRIES)
    os.environ[_TRIES] = before or "1"
    try:
        ray.init(address, runtime_env={"env_vars": settings}, log_to_driver=False, logging_level="ERROR")
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise RayError(
            f"RayCluster: no cluster at {address!r} ({_first(error)}); start one with ray start --head."
        ) from error
    finally:
        if before is None:
            os.environ.pop(_TRIES)
    try:
        yield ray
    finally:
        ray.shutdown()


def _must_answer(ray: Any, address: str) -> None:
    """Ray itself would try for a minute or more."""
    host, _, port = address.rpartition(":")
    if address == "auto":
        return
    if not host or "/" in host or not port.isdigit():
        raise RayError(
            f"RayCluster: address {address!r}; expected auto or HOST:PORT, on a machine that belongs to the cluster."
        )
    if host in ("127.0.0.1", "localhost", "::1", "[::1]"):
        host = ray.util.get_node_ip_address()  # where Ray looks then
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
    except OSError as error:
        raise RayError(
            f"RayCluster: nothing answers at {host}:{port} ({error}); check the address, or start a cluster with ray start --head."
        ) from error


def _first(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
