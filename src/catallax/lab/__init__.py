"""Run, repeat, measure, store, compare."""

from catallax.core import gini
from catallax.lab import baselines, statistics
from catallax.lab._claim import Claim
from catallax.lab._compare import Comparison, Method, compare, runs_in
from catallax.lab._compare_findings import compare_findings
from catallax.lab._evaluate import Score, evaluate
from catallax.lab._experiment import (
    Context,
    Experiment,
    ExperimentError,
    Finding,
    Report,
    save_report,
)
from catallax.lab._experiment import (
    load as load_experiment,
)
from catallax.lab._experiment import (
    names as experiment_names,
)
from catallax.lab._folder import RunFolder, RunFolderError
from catallax.lab._interrupt import interrupts_raise
from catallax.lab._markdown import table as markdown_table
from catallax.lab._metrics import herfindahl
from catallax.lab._recorder import price_arrays, wealth_arrays
from catallax.lab._reproduction import Reproduction, reproduced
from catallax.lab._results import reproductions_page, results_page, write_results
from catallax.lab._run import Run
from catallax.lab._sweeps._executor import AbstractExecutor, Here
from catallax.lab._sweeps._experiments import ExperimentTask
from catallax.lab._sweeps._folder import SweepFolder, read_sweep
from catallax.lab._sweeps._markets import MarketTask
from catallax.lab._sweeps._points import Outcome, Point, grid
from catallax.lab._sweeps._processes import Processes
from catallax.lab._sweeps._ray import RayCluster, RayError
from catallax.lab._sweeps._sweep import sweep
from catallax.lab._sweeps._task import AbstractTask, FunctionTask
from catallax.lab._train import train
from catallax.lab._wide_metrics import near_zero, wide_trace

__all__ = [
    "AbstractExecutor",
    "AbstractTask",
    "Claim",
    "Comparison",
    "Context",
    "Experiment",
    "ExperimentError",
    "ExperimentTask",
    "Finding",
    "FunctionTask",
    "Here",
    "MarketTask",
    "Method",
    "Outcome",
    "Point",
    "Processes",
    "RayCluster",
    "RayError",
    "Report",
    "Reproduction",
    "Run",
    "RunFolder",
    "RunFolderError",
    "Score",
    "SweepFolder",
    "baselines",
    "compare",
    "compare_findings",
    "evaluate",
    "experiment_names",
    "gini",
    "grid",
    "herfindahl",
    "interrupts_raise",
    "load_experiment",
    "markdown_table",
    "near_zero",
    "price_arrays",
    "read_sweep",
    "reproduced",
    "reproductions_page",
    "results_page",
    "runs_in",
    "save_report",
    "statistics",
    "sweep",
    "train",
    "wealth_arrays",
    "wide_trace",
    "write_results",
]
