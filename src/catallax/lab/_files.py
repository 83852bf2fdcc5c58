"""Files that are either whole or not there: temp file, sync, rename; checkpoints carry a checksum."""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

_MAGIC = b"catallax checkpoint 1\n"
_HEADER = struct.Struct(">Q32s")


class RunFolderError(RuntimeError):
    """A run folder cannot be used; the message names the file and the fix."""


def write_file(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file, then rename it to `path` in one step.

    A process killed at any moment leaves the old file or the new one, never a mixture.

    Raises:
        RunFolderError: if the place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        temporary = Path(name)
        try:
            write(temporary)
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            # mkstemp keeps the file to oneself; a result is for the whole team
            temporary.chmod(0o666 & ~_UMASK)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise RunFolderError(
            f"run folder: cannot write {path} ({error.strerror or error}); "
            "choose another folder, free some space or change its permissions."
        ) from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


# the mask can only be read by setting it, so it is read once, before any thread starts
_UMASK = _umask()


def write_bytes(path: Path, payload: bytes) -> None:
    """Write bytes in one step."""

    def put(temporary: Path) -> None:
        temporary.write_bytes(payload)

    write_file(path, put)


def seal(payload: bytes) -> bytes:
    """Put magic, length and SHA-256 in front of a payload.

    >>> unseal(seal(b"state"), Path("x")) == b"state"
    True
    """
    return _MAGIC + _HEADER.pack(len(payload), hashlib.sha256(payload).digest()) + payload


def unseal(content: bytes, path: Path) -> bytes:
    """The payload of a sealed file.

    Raises:
        RunFolderError: if the file is truncated, damaged or not a checkpoint.
    """
    fix = "copy the folder again from where it is whole, or delete this file and start the run anew."
    if not content.startswith(_MAGIC[: len(content)]):
        raise RunFolderError(f"checkpoint {path}: not a catallax checkpoint (wrong first bytes); {fix}")
    start = len(_MAGIC) + _HEADER.size
    if len(content) < start:
        raise RunFolderError(f"checkpoint {path}: truncated inside its header ({len(content)} bytes); {fix}")
    length, digest = _HEADER.unpack(content[len(_MAGIC) : start])
    payload = content[start:]
    if len(payload) != length:
        raise RunFolderError(f"checkpoint {path}: truncated, {len(payload)} of {length} bytes are there; {fix}")
    if hashlib.sha256(payload).digest() != digest:
        raise RunFolderError(f"checkpoint {path}: damaged, its checksum does not fit its content; {fix}")
    return payload
