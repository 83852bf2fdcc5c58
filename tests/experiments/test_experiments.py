"""Every committed experiment can be found, explained and tried at a small size."""

from __future__ import annotations

import ast
import dataclasses
import json
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from catallax.cli import main
from catallax.lab import Context, Finding, experiment_names, load_experiment, save_report

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "experiments").glob("*.py") if not path.name.startswith("_"))

SMALL: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "claim_human_feedback": (
        {
            "societies": ("opposed",),
            "seeds": 2,
            "ticks": 128,
            "tuning": 1,
            "mistakes": (0.0,),
            "profiles": 3,
            "goals": 4,
            "steps": 5,
        },
        {"human feedback": 28},
    ),
    "claim_oversight": (
        {
            "seeds": 2,
            "questions": 60,
            "curve": 3,
            "prices": (0.01, 0.3),
            "detections": (0.5,),
            "copies": (0.0, 0.6),
            "steps": 45,
            "batch": 8,
            "learned": 16,
            "years": 20,
            "goods": 10,
            "sums": 2,
        },
        {"oversight": 64, "oversight in words": 13},
    ),
    "attention_auctions": ({"instances": 12}, {"auction": 7}),
    "bazaar_ads": ({"seeds": 2, "pushes": (0.0,)}, {"ads": 6}),
    "bazaar_attacks": ({"seeds": 2, "tries": 1}, {"attacks": 34}),
    "bazaar_answers": ({"seeds": 2, "episodes": 4, "budgets": (0.2,), "passages": 3}, {"answers": 4}),
    "bazaar_benchmark": ({"seeds": 2, "models": 4, "questions": (20,)}, {"benchmark": 8}),
    "bazaar_forecasts": ({"seeds": 2}, {"forecasts": 12}),
    "bazaar_ideas": ({"seeds": 2, "briefs": 2, "authors": 3, "buyers": 3}, {"ideas": 11}),
    "bazaar_kills": ({"episodes": 10, "kills": 1, "delay": 0.002}, {"bazaar": 3}),
    "bazaar_leaks": ({"episodes": 20, "twins": 10, "secrets": 16, "duels": 4, "mutants": 10}, {"bazaar": 34}),
    "bazaar_notes": ({"seeds": 2, "posts": 80, "partisan": (0.4,), "fooled": (0.0,), "raters": 30}, {"notes": 13}),
    "bazaar_with_models": ({"shelves": 2, "questions": 1, "notices": 2}, {"bazaar with models": 4}),
    "books": ({"ticks": 2_048, "least": 2_048, "instances": 8}, {"h": 2}),
    "cartpole": (
        {"seeds": 1, "ticks": 1_024, "rival_ticks": 256, "every": 512, "episodes": 2, "instances": 2, "round_ticks": 8},
        {"e": 9},
    ),
    "claim_dynamic_depth": (
        {
            "seeds": 2,
            "tuning": 1,
            "trained": 2,
            "tests": 8,
            "families": ("maze",),
            "side": 3,
            "mazes": 4,
            "ticks": 2_048,
        }
        | {"steps": 4, "batch": 4, "width": 4, "depths": (1, 2), "rates": (0.01,), "trembles": (0.1,)},
        {"depth": 8},
    ),
    "claim_enumeration": (
        {"seeds": 2, "tuning": 1, "families": ("multiplexer",), "bits": (4,), "questions": 1_024, "rules": (8,)}
        | {"apprentices": (4,), "widths": (2,), "capacity": 8, "looks": 2, "tests": 8, "idle": (64,), "rates": (0.01,)},
        {"enumeration": 2},
    ),
    "claim_coverage": (
        {
            "seeds": 2,
            "tuning": 2,
            "cases": ("noisy rewards", "rich incumbent"),
            "amounts": (0.3, 1.0, 3.0),
            "arms": (0.2, 0.8),
            "levels": 2,
            "rounds": 200,
            "states": 2,
            "actions": 2,
            "prices": 3,
            "capacity": 12,
            "market_rounds": 33,
            "families": ("horizon",),
            "sizes": 2,
            "visits": 4,
            "looks": 8,
            "auctions": 400,
            "accounts": (2,),
            "resale_ticks": 256,
            "decays": (10.0,),
            "firsts": (0.5, 1.0),
            "tried": 5,
        },
        {"coverage": 30, "convergence": 2, "truth": 7},
    ),
    "claim_goods_from_rights": (
        {
            "seeds": 2,
            "tuning": 1,
            "rights": (2,),
            "harms": (0.5,),
            "ticks": 200,
            "looks": 4,
            "steps": (0.1,),
            "explore": (0.1,),
            "contracts": ("spot",),
            "costs": (0.0, 1.0),
            "lives": 8,
            "practice": 64,
            "readers": (2,),
            "draws": 4,
            "rounds": 20,
            "decisions": (1,),
            "matters": (0.0, 0.7),
            "tasks": 200,
            "factor_matters": (0.7,),
            "factor_tasks": 20,
            "factor_seeds": 2,
            "every": 10,
        },
        {"rights": 3, "contracts": 3, "information": 5, "derived": 2, "factor": 6},
    ),
    "claim_self_improving": (
        {
            "seeds": 2,
            "tuning": 1,
            "evaluations": 300,
            "worlds": ("supply chain",),
            "attributions": ("back-propagation", "market payments"),
            "adjustments": 1,
            "suppliers": (3,),
            "patterns": (0.0,),
            "rounds": 40,
            "steps": (0.2,),
            "explore": (0.1,),
            "auctions": ("Vickrey",),
        },
        {"improving": 2, "attribution": 2, "suppliers": 5},
    ),
    "combinatorial": (
        {
            "networks": 2,
            "most": 5,
            "edits": 2,
            "variables": 12,
            "width": 3,
            "before": 4,
            "timed": 4,
            "rival_queries": 0,
        },
        {"combinatorial": 18},
    ),
    "claim_complete_feedback": (
        {
            "seeds": 2,
            "periods": 16,
            "rounds": 1,
            "steps": (0.1,),
            "entries": (0.1,),
            "rents": (0.0,),
            "explorations": (0.05,),
            "shares": (0.5,),
            "tuning": 2,
            "worlds": ("calm bandit",),
        },
        {"feedback": 9},
    ),
    "claim_continual": (
        {
            "seeds": 2,
            "tuning": 1,
            "families": ("permuted digits",),
            "methods": ("SGD", "market, no levy", "market, wealth tax"),
        }
        | {"tasks": 2, "first": 30, "again": 10, "tests": 10, "window": 5},
        {"continual": 3},
    ),
    "claim_alignment": ({"seeds": 2, "tuning": 1, "looks": 2, "ticks": 32}, {"alignment": 10}),
    "claim_institutions": (
        {"seeds": 2, "tuning": 1, "looks": 2, "ticks": 32, "rates": (0.2,), "caps": (0.2,)},
        {"institutions": 25},
    ),
    "consumers": ({"seeds": 2, "ticks": 2_048, "paces": (0.005,)}, {"g": 1}),
    "demo": (
        {
            "size": "4x4",
            "ticks": 2_048,
            "instances": 8,
            "episodes": 16,
            "gymnasium_ticks": 2_048,
            "gymnasium_episodes": 16,
        },
        {"demo": 10},
    ),
    "enumerated_rules": ({"multiplexer_ticks": 1_024, "woods_ticks": 1_024, "capacity": 16}, {"f": 5}),
    "garnet": ({"problems": 1, "ticks": 1_024, "instances": 4}, {"b": 3}),
    "exchange_fire": ({"clients": 8, "kills": 1, "least": 1.0, "most": 1.5, "postgres": False}, {"fire": 6}),
    "exchange_load": (
        {"bids": 20, "settlements": 4, "seconds": 1, "bidders": 8, "askers": 2, "lines": 8, "closed": 40}
        | {"postgres": False},
        {"load": 5},
    ),
    "exchange_checks": ({"only": "every route of the description: str"}, {"security": 1}),
    "exchange_newcomer": ({"install": False, "browser": False, "bidding": 1_000}, {"newcomer": 7}),
    "fixed_points": ({"seeds": 2, "ticks": 4_096}, {"a": 7}),
    "latent_market": (
        {
            "seeds": 1,
            "indicators": 3,
            "nodes": 9,
            "rounds": 60,
            "looks": 2,
            "steps": 2,
            "paid_rounds": 3,
            "rival_rounds": 3,
        },
        {"latent": 13},
    ),
    "mental_rotation": (
        {
            "synthetic": True,
            "seeds": 1,
            "ticks": 64,
            "batch": 64,
            "instances": 32,
            "looks": 1,
            "width": 2,
            "channels": (2, 2, 2),
        },
        {"Chang": 8},
    ),
    "hayek_blocks_world": (
        {
            "blocks": 3,
            "seeds": 1,
            "rising_seeds": 2,
            "ticks": 64,
            "fixed_ticks": 0,
            "ablation_ticks": 64,
            "colour_ticks": 0,
            "sizes": (2,),
            "large": (3,),
            "episodes": 4,
            "large_episodes": 4,
            "looks": 2,
        },
        {"Hayek": 7},
    ),
    "neural_bucket_brigade": (
        {"seeds": 2, "presentations": 120, "watch": 10, "ticks": 50, "wirings": ("3 hidden units",)},
        {"NBB": 5},
    ),
    "kelly_is_bayes": (
        {"rounds": 40, "fractional_rounds": 40, "hurt_rounds": 40, "seeds": 1, "traders": 100, "repeats": 1},
        {"Kelly": 9},
    ),
    "market_estimators": (
        {"data": ("iris",), "rows": 60, "repeats": 1, "folds": 2, "regression": False, "jobs": 1},
        {"market estimators": 4},
    ),
    "kwee": (
        {"corridors": (1,), "delays": (), "seeds": 2, "ticks": 64, "looks": 2, "episodes": 4},
        {"Kwee": 4},
    ),
    "calibration": (
        {"questions": 600, "traders": 3, "drawn": 2, "samples": 10},
        {"calibration": 14},
    ),
    "speed_sweep": ({"points": 2, "ticks": 512, "instances": 2, "jobs": 1, "alone": 1}, {"i": 3}),
    "speed_forecasting": (
        {
            "markets": 4,
            "trades": 4,
            "lone_trades": 16,
            "outcomes": (2,),
            "rival_trades": 16,
            "repeats": 1,
            "mechanisms": "nowhere",
        },
        {"speed": 5},
    ),
    "information_protocols": (
        {"worlds": 4, "more": 6, "families": ((2.0, 1.0), (0.7, 0.6)), "searched": 8, "walked": 1, "played": 2},
        {"protocols": 23},
    ),
    "golden_tables": (
        {
            "sets": 1,
            "trades": 2,
            "beliefs": 1,
            "streams": 50,
            "signals": 100,
            "rounds": 20,
            "sequences": 1,
            "stakes": 2,
        },
        {"golden": 29},
    ),
    "marginal_value": (
        {"problems": 6, "tried": 12, "points": 5, "trained": 1, "seeds": 2, "episodes": 50, "played": 3},
        {"marginal value": 17},
    ),
    "memory": ({"corridors": (2,), "seeds": 1, "ticks": 1_024, "episodes": 16}, {"d": 3}),
    "resume": ({"ticks": 64_000, "kills": 1, "between": 8_000}, {"l": 2}),
    "societal_bids": (
        {
            "worlds": ("bandit",),
            "rules": ("ccv", "v", "bb"),
            "accounts": (2, 1),
            "seeds": 2,
            "ticks": 512,
            "batch": 256,
            "looks": 2,
        },
        {"Chang": 6},
    ),
    "speed_bids": ({"sizes": (64, 128), "instances": (1, 2), "bids": 1e4, "repeats": 1}, {"j": 5}),
    "speed_chain": (
        {"seeds": 2, "instances": 2, "ticks": 256, "network_ticks": 4_096, "network_instances": 256, "repeats": 1},
        {"i": 2},
    ),
    "tax_is_discount": (
        {"records": 2, "rules": 4, "ticks": 40, "links": 3, "episodes": 20, "taxes": (0.1,)},
        {"ZCS, SCS": 2},
    ),
    "equilibria": (
        {"sizes": 1, "repeats": 1, "rivals": False, "hard_seeds": 1, "batch": 2, "shapes": ((8, 3),)},
        {"equilibria": 8},
    ),
    "exchange_economies": (
        {
            "seeds": 1,
            "sizes": ((6, 3),),
            "batch": 2,
            "complements": 2,
            "leontief": ((6, 3),),
            "shapes": ((6, 3),),
            "hard_seeds": 2,
            "rounds": 1_000,
            "rivals": False,
        },
        {"exchange": 21},
    ),
    "production_networks": (
        {
            "economies": 1,
            "rounds": 3,
            "cutoff": 20,
            "buyers": (1, 2),
            "nodes": 40,
            "layers": 4,
            "degree": 2,
            "ticks": 2,
            "days": 10,
        },
        {"production": 22},
    ),
    "indivisible": (
        {"additive": 2, "bids": 2, "assignments": 2, "capped": 2, "shapes": ((2, 2),), "poor": 2},
        {"whole goods": 8},
    ),
    "networks_as_markets": (
        {
            "networks": 1,
            "seeds": 2,
            "periods": 2,
            "widths": (4,),
            "longer": 1,
            "rates": (0.01,),
            "steps": (0.5,),
            "synthetic": True,
        },
        {"networks": 12},
    ),
    "wide_market": (
        {
            "seeds": 1,
            "chain_ticks": 40,
            "foraging_ticks": 200,
            "subtasks": (1, 2),
            "joint": (1,),
            "subtask_ticks": 40,
            "sizes": ((5, 8),),
        },
        {"wide market": 16},
    ),
    "wide_entry": ({"seeds": 1, "ticks": 40}, {"wide market": 13}),
    "energy_dispatch": (
        {"days": 1, "commitments": 0, "rounds": 2_000, "tol": 1e-3, "steps": 2},
        {"energy dispatch": 6},
    ),
    "scheduling": (
        {"clusters": 2, "jobs": 5, "slots": 5, "longest": (2,), "rounds": 200, "shops": 1},
        {"scheduling": 7},
    ),
    "objectives": (
        {
            "weights": 2,
            "simplex": 1,
            "fine": 4,
            "ticks": 2_048,
            "gathering_ticks": 2_048,
            "gathering_seeds": 2,
            "real": False,
        },
        {"objectives": 8},
    ),
    "wide_laws": ({"ticks": 20, "seeds": 1, "instances": 1, "taxed_ticks": 20}, {"wide market": 5}),
    "rlmf": ({"goals": 10, "seeds": 2, "steps": 3, "group": 4, "lucks": 2, "starts": (0.5,)}, {"RLMF": 6}),
    "rlmf_grpo": ({"seeds": 1, "steps": 3, "batch": 8, "group": 4, "last": 1}, {"RLMF": 9}),
    "logical_induction": (
        {"days": 30, "seeds": 1, "theorem_days": 20, "theory_days": 30, "open_days": 20},
        {"logical induction": 19},
    ),
    "bria": ({"rounds": 40, "levels": 3, "seeds": 2, "game_rounds": 20, "host_rounds": 10}, {"BRIA": 20}),
    "program_markets": ({"hazards": (0.2, 0.4), "days": 40, "seeds": 1}, {"program markets": 9}),
    "xcs_mazes": (
        {
            "easy": ("Woods1",),
            "hard": (),
            "shown": (),
            "easy_problems": 4,
            "seeds": 2,
        },
        {"XCS, mazes": 1},
    ),
    "zcs": ({"seeds": 1, "ticks": 500, "last": 50, "worlds": ("corridor",)}, {"ZCS, SCS": 2}),
    "scs": ({"seeds": 2, "recalls": 500, "tasks": ("message",), "variants": ("settings of 1989",)}, {"ZCS, SCS": 2}),
    "two_rooms": (
        {
            "seeds": 1,
            "ticks": 64,
            "batch": 64,
            "instances": 32,
            "looks": 1,
            "flat_factor": 1,
            "width": 2,
            "channels": (2, 2),
        },
        {"Chang": 14},
    ),
    "xcs_multiplexer": (
        {"sizes": (6,), "problems": (40,), "seeds": 2},
        {"XCS": 2},
    ),
    "xcs_speed": (
        {"seeds": 2, "problems": 40, "rival_cycles": 20, "core_cycles": 20, "repeats": 1},
        {"speed": 3},
    ),
    "zero_intelligence": (
        {
            "markets": 4,
            "periods": 1,
            "quotes": 100,
            "zip_periods": 1,
            "zip_quotes": 100,
            "speed_markets": 4,
            "rival_seconds": 0.0,
            "repeats": 1,
        },
        {"ZI": 17},
    ),
    "decision_markets": ({"truths": 4, "paid": 20, "runs": 20, "pulls": 50, "sets": 5}, {"decision markets": 23}),
    "consistency": ({"tuples": 100, "traded": 1, "questions": 5}, {"consistency": 12}),
    "self_awareness": (
        {"trades": 20, "learned": 6, "histories": 3, "days": 4, "neighbours": 3},
        {"self-awareness": 12},
    ),
    "language_throughput": (
        {"steps": 40, "latency": 0.001, "at_once": (8,), "required": 8, "repeats": 1},
        {"throughput": 5},
    ),
    "reasoning_with_models": ({"tasks": 3, "families": ("gcd",)}, {"reasoning with models": 3}),
    "reasoning_market": ({"seeds": 1, "episodes": 30, "late": 20, "looks": 2}, {"reasoning market": 11}),
    "supplier_drift": (
        {
            "seeds": 1,
            "tuning_seeds": 1,
            "orders": 40,
            "window": 10,
            "rates": (0.1,),
            "explore": (0.0,),
            "starts": (1.0,),
        },
        {"drift": 5},
    ),
    "tree_of_thoughts": (
        {"graphs": 2, "openings": 2, "lessons": 2, "games": 2, "runs": 1},
        {"wide reasoning market": 10},
    ),
    "supply_chain_of_text": ({"requests": 3, "seeds": 2}, {"supply chain of text": 24}),
    "grids": ({"seeds": 1, "ticks": 1_024, "instances": 4, "worlds": ("grid",)}, {"c": 1}),
}
"""Fields that make an experiment cheap, and how many findings answer which row. Only `first_start`,
which installs the project anew, is loaded and explained alone."""


FULL = ("bria", "fixed_points", "garnet", "grids", "logical_induction", "memory", "program_markets")
"""Those whose requirements do not depend on the machine's speed; at full size minutes each."""


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "200")


def test_every_file_is_found_and_the_small_ones_exist():
    assert NAMES and set(NAMES) <= set(experiment_names())
    assert set(SMALL) <= set(NAMES)


def told(path: Path) -> dict[str, str | None]:
    """The string after each field of `Config`."""
    (config,) = (
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == "Config"
    )
    found: dict[str, str | None] = {}
    for field, after in zip(config.body, [*config.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            said = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else None
            found[field.target.id] = said if isinstance(said, str) else None
    return found


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_and_every_field_is_explained(name):
    experiment = load_experiment(name)
    assert experiment.about.endswith(".")
    fields = dataclasses.fields(experiment.config)
    docs = told(experiment_names()[name])
    assert docs.keys() == {field.name for field in fields}
    assert all(text and text.endswith(".") for text in docs.values())
    config = experiment.config()  # every field has a default
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, fields[0].name, None)


@pytest.mark.parametrize("name", NAMES)
def test_help_lists_every_field(name, capsys, monkeypatch):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "kept")
    with pytest.raises(SystemExit) as ending:
        main(["run", name, "--help"])
    assert ending.value.code == 0
    said = capsys.readouterr().out
    for field in dataclasses.fields(load_experiment(name).config):
        assert f"--{field.name.replace('_', '-')}" in said


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name.startswith("claim_") else pytest.mark.long) for name in SMALL]
)
def test_it_runs_at_a_small_size(name, tmp_path):
    if name == "cartpole":
        pytest.importorskip("stable_baselines3", reason="the rivals need the extra `bench`")
    if name == "rlmf_grpo":
        pytest.importorskip("trl", reason="needs the extra `trl`", exc_type=ImportError)
    if name in ("reasoning_market", "reasoning_with_models"):
        pytest.importorskip("reasoning_gym", reason="its questions need the extra `reasoning`")
    fields, rows = SMALL[name]
    experiment = load_experiment(name)
    config, context = experiment.config(**fields), Context(tmp_path / name)
    report = experiment.run(config, context)
    assert Counter(finding.row for finding in report.findings) == rows
    for finding in report.findings:
        assert isinstance(finding, Finding) and finding.case and finding.measured
        # who asks for something says whether it was reached
        assert (finding.reached is None) == (not finding.required)
    # claims are judged, with pictures, by experiments of that name alone
    assert bool(report.claims) == bool(report.claims and report.figures) == name.startswith("claim_")
    if name == "books":  # at any size
        assert [finding.reached for finding in report.findings] == [True, True]
    save_report(report, context, name, config, 1.0)
    stored = json.loads((tmp_path / name / "findings.json").read_text(encoding="utf-8"))
    assert stored["experiment"] == name
    assert {key: stored["config"][key] for key in fields} == json.loads(json.dumps(fields))
    assert [f["row"] for f in stored["findings"]] == [f.row for f in report.findings]


def test_digits_without_scikit_learn_name_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    experiment = load_experiment("mental_rotation")
    with pytest.raises(ImportError, match=r"mental_rotation: .* run: pip install 'catallax\[digits\]'"):
        experiment.run(experiment.config(), Context(tmp_path))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (extra,) = project["optional-dependencies"]["digits"]
    assert extra.startswith("scikit-learn")


@pytest.mark.slow
@pytest.mark.parametrize("name", FULL)
def test_every_requirement_is_reached_at_full_size(name, tmp_path):
    experiment = load_experiment(name)
    report = experiment.run(experiment.config(), Context(tmp_path))
    asked = [finding for finding in report.findings if finding.required]
    assert asked
    assert [f"{f.case}: {f.measured}, required {f.required}" for f in asked if not f.reached] == []
