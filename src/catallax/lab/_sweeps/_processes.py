"""Points in processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import jax

from catallax.lab._sweeps._executor import AbstractExecutor, Found, Started, Work
from catallax.lab._sweeps._points import Batch, Outcome
from catallax.lab._sweeps._sending import packed, unpacked

GRACE = 3.0
"""Seconds that a process which was told to stop has for cleaning up."""
_SPAWN = multiprocessing.get_context("spawn")
"""A forked child of a process with JAX in it can hang."""
_CACHES = ("jax_compilation_cache_dir", "jax_persistent_cache_min_compile_time_secs")


def cores() -> int:
    """What this process may use, which a container or a batch system can limit."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Processes(AbstractExecutor):
    """In processes of this machine that stay for many batches.

    A process that dies takes its batch with it, which is recorded as failed, and is replaced.

    Raises:
        ValueError: if there are to be no processes, or the work cannot be sent to them.
    """

    jobs: int | None = None
    """How many; `None`: one per core."""

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise ValueError(f"Processes: jobs={self.jobs}, expected at least 1; Here() computes in this process.")

    def run(self, work: Work, batches: Sequence[Batch], started: Started) -> Found:
        """Outcomes as processes bring them."""
        payload, waiting = packed(work), list(reversed(batches))
        _must_have_a_file(sys.modules["__main__"])
        workers: list[_Worker] = []
        with tempfile.TemporaryDirectory(prefix="catallax-sweep-") as logs:
            try:
                for number in range(min(self.jobs or cores(), len(batches))):
                    workers.append(_Worker(payload, Path(logs) / f"{number}.txt"))
                    workers[-1].take(waiting.pop(), started)
                while busy := [worker for worker in workers if worker.batch]:
                    for ready in wait([worker.end for worker in busy]):
                        place = next(n for n, worker in enumerate(workers) if worker.end is ready)
                        batch, found = workers[place].bring()
                        if not workers[place].alive:
                            workers[place].stop()
                            if waiting:
                                workers[place] = _Worker(payload, workers[place].log)
                        if waiting:
                            workers[place].take(waiting.pop(), started)
                        yield batch, found
            finally:
                _stop(workers)


class _Worker:
    """A process and the batch that it has in work."""

    def __init__(self, payload: bytes, log: Path) -> None:
        self.log, self.alive, self.batch = log, True, ()
        caches = {name: getattr(jax.config, name) for name in _CACHES}
        self.end, other = _SPAWN.Pipe()
        self.process = _SPAWN.Process(target=_serve, args=(other, payload, str(log), caches))
        with _interrupts_blocked():
            self.process.start()
        other.close()

    def take(self, batch: Batch, started: Started) -> None:
        """Give it a batch."""
        started(batch)
        self.batch = batch
        with suppress(OSError):  # it died; `bring` tells
            self.end.send(batch)

    def bring(self) -> tuple[Batch, list[Outcome]]:
        """Its batch and the outcomes, once the pipe has something."""
        batch, self.batch = self.batch, ()
        try:
            return batch, self.end.recv()
        except (EOFError, OSError):
            self.alive = False
            self.process.join(GRACE)
            return batch, [self._death()] * len(batch)

    def _death(self) -> Outcome:
        code = self.process.exitcode
        how = f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
        said = self.log.read_text(errors="replace")[-4_000:] if self.log.is_file() else ""
        hint = " (out of memory?)" if code == -9 else ""
        return Outcome(error=f"the process that computed it ended with {how}{hint}", trace=said)

    def ask(self) -> None:
        """Ask it to stop."""
        with suppress(ProcessLookupError, PermissionError):
            if self.process.is_alive() and self.process.pid:
                os.kill(self.process.pid, signal.SIGINT)

    def stop(self) -> None:
        """Leave nothing of it, nor of what it started."""
        self.end.close()
        if self.process.pid and hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()


def _must_have_a_file(program: Any) -> None:
    """A process that is spawned loads the program first, and would die of one that came by the standard input."""
    file = getattr(program, "__file__", None)
    if getattr(program, "__spec__", None) is None and file is not None and not Path(file).is_file():
        raise ValueError(
            f"Processes: the program that runs is no file ({file}), and processes start from one; put it into a file, or "
            "sweep with Here()."
        )


def _stop(workers: list[_Worker]) -> None:
    try:
        for worker in workers:
            worker.ask() if worker.batch else worker.end.close()
        for worker in workers:
            worker.process.join(GRACE)
    finally:
        for worker in workers:
            worker.stop()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """A child is born deaf to the Ctrl-C that is meant for us; what came meanwhile comes afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(end: Connection, payload: bytes, log: str, caches: dict[str, Any]) -> None:
    """The life of a process: batches in, outcomes out, until the pipe closes."""
    _apart(log)
    for name, value in caches.items():
        jax.config.update(name, value)
    with suppress(KeyboardInterrupt, EOFError, BrokenPipeError):
        work: Work = unpacked(payload)
        while True:
            end.send(work(end.recv()))


def _apart(log: str) -> None:
    """A session of one's own, which ends with the parent; what is printed goes to a file."""
    if hasattr(os, "setsid"):
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # drops one that is pending
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    with open(log, "ab", buffering=0) as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os.killpg(0, signal.SIGKILL) if hasattr(os, "killpg") else os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
