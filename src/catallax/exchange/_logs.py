"""Logs as lines of JSON that carry what was counted and timed, and never what somebody wrote."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

FIELDS = (
    "id", "method", "route", "status", "ms", "party", "code", "error", "inquiry", "reason", "webhook",
)  # fmt: skip
"""What a line may carry besides its time, level, name and message."""


class JsonLines(logging.Formatter):
    """A line a record. An error shows its kind and where it was raised; its words may be those of a private text.

    >>> JsonLines().format(logging.makeLogRecord({"name": "x", "msg": "call", "status": 200, "text": "secret"}))[-41:]
    '"log": "x", "say": "call", "status": 200}'
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "log": record.name, "say": str(record.msg)}
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = list(_frames(record.exc_info[2]))
        return json.dumps(line)


def log_lines(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Write all logs as lines of JSON.

    Args:
        stream: where to; standard error by default.
        level: from which on.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("catallax.exchange").setLevel(level)


def _frames(trace: TracebackType | None) -> Iterator[str]:
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
