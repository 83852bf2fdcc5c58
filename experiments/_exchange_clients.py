"""A marketplace in a process of its own, and clients that cost little: HTTP/1.1 on connections that stay open."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import create_engine, text

from catallax.exchange import faults

SERVER = "CATALLAX_POSTGRES"
"""Environment variable with the URL of a PostgreSQL server, as `scripts/postgres start` prints it."""
_PROGRAM = "import sys; from catallax.cli import main; sys.exit(main(sys.argv[1:]))"


class Answer(NamedTuple):
    """What a call was answered."""

    status: int
    body: Any
    replayed: bool = False


class Line:
    """One connection, one call at a time; made anew after it broke."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, method: str, path: str, token: str = "", body: Any = None, key: str = "") -> Answer:
        """Send a call and wait for its answer.

        Raises:
            OSError: if the connection breaks before the answer is there whole.
        """
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} /api{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}\r\n"
        head += "Content-Type: application/json\r\n" * (body is not None)
        head += f"Authorization: Bearer {token}\r\n" * bool(token) + f"Idempotency-Key: {key}\r\n" * bool(key)
        if self._streams is not None and self._streams[0].at_eof():
            await self.close()  # it was idle for longer than the server keeps it
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(head.encode() + b"\r\n" + data)
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
            fields = dict(line.split(": ", 1) for line in lines[1:] if line)
            answer = await reader.readexactly(int(fields["content-length"]))
        except (OSError, asyncio.IncompleteReadError) as error:
            await self.close()
            raise ConnectionError("the connection broke") from error
        if fields.get("connection") == "close":
            await self.close()
        return Answer(int(lines[0].split()[1]), json.loads(answer or b"null"), "idempotency-replayed" in fields)

    async def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            writer, self._streams = self._streams[1], None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class Server:
    """`catallax serve` on one database and port, that can be killed and started again."""

    def __init__(self, database: str, log: Path) -> None:
        self.database, self._log = database, log
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ["serve", "--database", self.database, "--port", str(self.port), "--strangers", "1e6", "--rate", "1e6"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *words, "--burst", "1000000"],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        while self._process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            time.sleep(0.05)
        raise RuntimeError(f"the server ended with {self._process.returncode}; see {self._log}")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, without warning by default."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    @property
    def busy(self) -> float:
        """Seconds of the processor it took so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def empty_databases(folder: Path, postgres: bool) -> Iterator[dict[str, str]]:
    """URLs of an empty database each, by name; of PostgreSQL too if asked, and where there is a server."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("exchange.db*"), *folder.glob("*.log")]:
        old.unlink()
    urls = {"SQLite": f"sqlite:///{folder}/exchange.db"}
    server = os.environ.get(SERVER) if postgres else None
    if server is None:
        yield urls
        return
    name = f"experiment_{os.getpid()}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    try:
        yield {**urls, "PostgreSQL": f"{server}?options=-csearch_path%3D{name}"}
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
        engine.dispose()


def asked(database: str, *questions: str) -> list[int]:
    """Whole numbers that SQL gives, and before them the number of faults in the books."""
    engine = create_engine(database)
    with engine.connect() as connection:
        found = [len(faults(connection)), *(int(connection.scalar(text(sql)) or 0) for sql in questions)]
    engine.dispose()
    return found


def new_keys(prefix: str) -> Iterator[str]:
    """Idempotency keys."""
    return (f"{prefix}-{number:08d}" for number in itertools.count())
