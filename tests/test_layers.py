"""Imports go down only."""

from __future__ import annotations

import ast
from pathlib import Path

import catallax

LEVEL = {
    "core": 0,
    "auctions": 1, "levies": 1, "equilibria": 1, "agents": 1, "envs": 1,
    "markets": 2, "forecasting": 2, "induction": 2,
    "classics": 3, "language": 3,
    "lab": 4, "adapters": 4, "exchange": 4,
    "view": 5, "cli": 6,
}  # fmt: skip
ROOT = Path(catallax.__file__).parent


def imported_rooms(file: Path):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [
            f"{n}.{a.name}" for a in getattr(node, "names", ()) for n in names if isinstance(node, ast.ImportFrom)
        ]
        names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            parts = name.split(".")
            if parts[0] == "catallax" and len(parts) > 1 and parts[1] in LEVEL:
                yield parts[1]


def test_no_arrow_points_up_or_sideways():
    wrong = []
    for file in ROOT.rglob("*.py"):
        room = file.relative_to(ROOT).parts[0]
        if room in LEVEL:
            for other in set(imported_rooms(file)) - {room}:
                if LEVEL[other] >= LEVEL[room]:
                    wrong.append(f"{file.relative_to(ROOT)} imports {other}")
    assert not wrong


def test_every_room_has_a_level():
    rooms = {p.name for p in ROOT.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    assert rooms <= set(LEVEL)
