"""Run, repeat, measure, store, compare."""

from catallax.core import gini
from catallax.lab import baselines, statistics
from catallax.lab._claim import Claim
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
from catallax.lab._train import train
from catallax.lab._wide_metrics import near_zero, wide_trace

__all__ = [
    "Claim",
    "Context",
    "Experiment",
    "ExperimentError",
    "Finding",
    "Report",
    "Reproduction",
    "Run",
    "RunFolder",
    "RunFolderError",
    "Score",
    "baselines",
    "evaluate",
    "experiment_names",
    "gini",
    "herfindahl",
    "interrupts_raise",
    "load_experiment",
    "markdown_table",
    "near_zero",
    "price_arrays",
    "reproduced",
    "reproductions_page",
    "results_page",
    "save_report",
    "statistics",
    "train",
    "wealth_arrays",
    "wide_trace",
    "write_results",
]
