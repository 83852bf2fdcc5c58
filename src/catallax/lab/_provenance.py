"""Where a result came from: versions, git revision, machine."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import jax


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a run's numbers.

    >>> sorted(versions())
    ['catallax', 'equinox', 'jax', 'jaxlib', 'numpy', 'python']
    """
    return {
        "python": platform.python_version(),
        **{n: _version(n) for n in ("catallax", "jax", "jaxlib", "equinox", "numpy")},
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def git_revision(folder: Path | None = None) -> str | None:
    """Commit of the working folder, with `+changes` when files differ from it; None outside git."""
    place = folder or Path.cwd()
    commit = _git(place, "rev-parse", "HEAD")
    if commit is None:
        return None
    return commit + ("+changes" if _git(place, "status", "--porcelain", "--untracked-files=no") else "")


def origin() -> dict[str, Any]:
    """What a measured figure depends on beside its settings.

    >>> sorted(origin())
    ['cores', 'device', 'git', 'jax']
    """
    return {
        "git": git_revision(),
        # what this process may use, which a container or a batch system can limit
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "device": str(jax.devices()[0].device_kind),
        "jax": jax.__version__,
    }


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
