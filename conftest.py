"""Every test runs with checked axes and types, strict promotion and a compile cache inside the clone."""

import os
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("MPLBACKEND", "Agg")
# The suite compiles far longer than it runs. XLA ends a process that names a flag it does not know: the second is for releases that were tried.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0"
    + " --xla_cpu_use_fusion_emitters=false" * version("jaxlib").startswith("0.10."),
)

import jax
import pytest
from jaxtyping import install_import_hook

jax.config.update("jax_numpy_rank_promotion", "warn")
jax.config.update("jax_compilation_cache_dir", str(Path(__file__).parent / ".cache" / "jax-tests"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)

with install_import_hook("catallax", "beartype.beartype"):
    import catallax  # noqa: F401


collect_ignore = [] if find_spec("verifiers") else ["src/catallax/adapters/verifiers.py"]
"""It subclasses what it adapts to."""

PLENTY = 2 * 1024**3
"""Bytes that a process may keep before it forgets its compiled programs."""


@pytest.fixture(autouse=True, scope="module")
def forgotten_programs():
    """Compiled programs of all files would fill the memory of a small machine; the small ones serve many files."""
    yield
    if resident() > PLENTY:
        jax.clear_caches()


def resident() -> float:
    """Bytes of this process in memory, as far as the system tells; too many otherwise."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return float("inf")
