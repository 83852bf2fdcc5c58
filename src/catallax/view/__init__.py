"""Looking at stored runs: figures and the one-page report."""

from catallax.view._band_panels import Band, Panel, band_panels
from catallax.view._belief_paths import BeliefPanel, belief_paths
from catallax.view._bid_dots import bid_dots
from catallax.view._book_depth import book_depth
from catallax.view._books import books, light
from catallax.view._combinations import combinations
from catallax.view._compare import Learning, compare_learning, compare_methods, compare_runs, plot_compare
from catallax.view._decision_gains import decision_gains
from catallax.view._defence import defence
from catallax.view._dispatch import dispatch_stack
from catallax.view._dot_panels import dot_panels
from catallax.view._equilibrium import equilibrium
from catallax.view._flow import Chain, chains, choose, flow
from catallax.view._found import found_curves
from catallax.view._fronts import Front, fronts
from catallax.view._gantt import gantt
from catallax.view._grouped_bars import grouped_bars
from catallax.view._heat_table import heat_table
from catallax.view._interval_rows import interval_rows
from catallax.view._latent import latent_discovery
from catallax.view._map import price_map
from catallax.view._market_path import market_path
from catallax.view._measured import measured
from catallax.view._network import network, price_dispersion, price_response
from catallax.view._own_prices import own_prices
from catallax.view._picture_rows import picture_rows
from catallax.view._plot import names, plot, plot_run
from catallax.view._population import population
from catallax.view._price_paths import price_paths
from catallax.view._price_simplex import price_simplex
from catallax.view._prices import price_bars, price_history, price_scatter
from catallax.view._reliability import reliability_diagram
from catallax.view._report import report, write_report
from catallax.view._returns import returns
from catallax.view._scaling import scaling
from catallax.view._seed_intervals import seed_comparison
from catallax.view._seeds import seed_curves
from catallax.view._source import Source
from catallax.view._speed import speed
from catallax.view._style import style
from catallax.view._success_by_size import success_by_size
from catallax.view._sweep import sweep_curves, sweep_map
from catallax.view._trade_offs import trade_offs
from catallax.view._trader_profits import trader_profits
from catallax.view._watch import watch_app
from catallax.view._wealth import holders, wealth_history, wealth_shares

__all__ = [
    "Band",
    "BeliefPanel",
    "Chain",
    "Front",
    "Learning",
    "Panel",
    "Source",
    "band_panels",
    "belief_paths",
    "bid_dots",
    "book_depth",
    "books",
    "chains",
    "choose",
    "combinations",
    "compare_learning",
    "compare_methods",
    "compare_runs",
    "decision_gains",
    "defence",
    "dispatch_stack",
    "dot_panels",
    "equilibrium",
    "flow",
    "found_curves",
    "fronts",
    "gantt",
    "grouped_bars",
    "heat_table",
    "holders",
    "interval_rows",
    "latent_discovery",
    "light",
    "market_path",
    "measured",
    "names",
    "network",
    "own_prices",
    "picture_rows",
    "plot",
    "plot_compare",
    "plot_run",
    "population",
    "price_bars",
    "price_dispersion",
    "price_history",
    "price_map",
    "price_paths",
    "price_response",
    "price_scatter",
    "price_simplex",
    "reliability_diagram",
    "report",
    "returns",
    "scaling",
    "seed_comparison",
    "seed_curves",
    "speed",
    "style",
    "success_by_size",
    "sweep_curves",
    "sweep_map",
    "trade_offs",
    "trader_profits",
    "watch_app",
    "wealth_history",
    "wealth_shares",
    "write_report",
]
