"""The one-page report of a stored run."""

from __future__ import annotations

import base64
import io
import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from catallax.lab import RunFolder
from catallax.view import _page as html
from catallax.view._books import light
from catallax.view._flow import SHOWN, chains, choose
from catallax.view._plot import PICTURES, plot
from catallax.view._source import Source
from catallax.view._style import short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ASIDE = {"versions", "result", "curves", "summary", "market", "env"}
"""Fields of the configuration that have a place of their own on the page."""


def write_report(folder: RunFolder | str | Path) -> Path:
    """Write `report.html` into a run folder: summary, pictures, configuration, all in one file.

    Args:
        folder: what a training run wrote.

    Returns:
        The path of the page.

    Raises:
        RunFolderError: if the folder cannot be read or written.
    """
    place = folder if isinstance(folder, RunFolder) else RunFolder.open(folder)
    return place.write_text("report.html", report(Source.of(place)))


def report(source: Source) -> str:
    """The page as text."""
    config = source.config
    parts = [html.tiles(_headline(source))]
    if source.result:
        parts.append(f'<section class="card"><h2>Result</h2>{html.table(_result(source))}</section>')
    parts.append(html.cards([_card(name, source) for name in _wanted(source)]))
    parts.append(_details(source))
    return html.page(source.name, _subtitle(source), light(source.column("imbalance")), parts, _footer(config))


def _headline(source: Source) -> dict[str, str]:
    last = {name: source.column(name) for name in ("return_mean", "evaluation", "price_mean", "wealth_gini", "alive")}
    final = {name: v[np.isfinite(v)][-1] if np.isfinite(v).any() else np.nan for name, v in last.items()}
    seconds = float(source.column("seconds")[-1])
    market = next((r for r in source.result if "market" in str(r.get("name", "")).lower()), None)
    value = float(market["value"]) if market and market.get("value") is not None else final["evaluation"]
    tiles: dict[str, str] = {}
    if np.isfinite(value):
        tiles["mean return, credits"] = f"{value:.4g}"
        if source.optimum:
            tiles["of the optimum"] = f"{value / source.optimum:.1%}"
    elif np.isfinite(final["return_mean"]):
        tiles["reward per episode in training"] = f"{final['return_mean']:.4g}"
    tiles["mean price, credits"] = f"{final['price_mean']:.4g}"
    tiles["agents alive"] = f"{final['alive']:,.0f}"
    tiles["Gini of wealth"] = f"{final['wealth_gini']:.2f}"
    tiles["ticks"] = short(source.ticks[-1])
    tiles["seconds of training"] = f"{seconds:.3g}"
    tiles["ticks per second"] = short(source.ticks[-1] / seconds) if seconds > 0 else "–"
    return tiles


def _result(source: Source) -> list[dict[str, Any]]:
    rows = [dict(row) for row in source.result]
    best = source.optimum
    if best and best > 0:
        for row in rows:
            value = row.get("value")
            row["of optimum"] = f"{value / best:.1%}" if isinstance(value, int | float) else None
    return rows


def _wanted(source: Source) -> list[str]:
    """The pictures that this run has something to show in."""
    absent = set()
    if not source.result:
        absent.add("compare")
    if source.prices is None:
        absent.add("prices")
    if source.wealth is None:
        absent |= {"wealth", "holders"}
    if "gap" not in source.trace:
        absent.add("equilibrium")
    if source.sales is None:
        absent.add("flow")
    # the wide card comes after an even number of narrow ones, or the page has a hole
    order = [name for name in PICTURES if name not in absent]
    if "flow" in order:
        order.remove("flow")
        order.insert(min(len(order), 4), "flow")
    return order


def _card(name: str, source: Source) -> html.Card:
    picture = PICTURES[name]
    images = [_png(plot(name, source, dark=dark)) for dark in (False, True)]
    extra = _flow_table(source) if name == "flow" else ""
    return html.Card(picture.title, images[0], images[1], picture.caption(source), extra)


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    # explicit, as the look that the figure was drawn in is no longer in force
    figure.savefig(buffer, format="png", dpi=170, facecolor=figure.get_facecolor())
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _flow_table(source: Source) -> str:
    chain = choose(chains(source.sales)) if source.sales is not None else None
    if chain is None:
        return ""
    first = max(0, len(chain.owner) - SHOWN)
    rows = [
        {
            "tick": int(chain.tick[k]),
            "agent": int(chain.owner[k]),
            **({"saw": int(chain.obs[k])} if (chain.obs >= 0).any() else {}),
            "action": int(chain.action[k]),
            "paid": float(chain.paid[k]),
            "reward": float(chain.reward[k]),
            "resold for": float(chain.resale[k]),
            # differences of prices carry rounding noise far below the unit of account
            "kept": round(float(chain.profit[k]), 5),
        }
        for k in range(first, len(chain.owner))
    ]
    hidden = f", the last {len(rows)} of {len(chain.owner)} owners" if first else ""
    return html.table(rows) + f'<p class="faint">Instance {chain.instance}{hidden}; sums in credits.</p>'


def _subtitle(source: Source) -> str:
    config = source.config
    kinds = [str(config[n]).split("(")[0] for n in ("market", "env") if config.get(n)]
    state = "finished" if config.get("finished") else "not finished"
    instances = f"{config['instances']} parallel instances, " if config.get("instances") else ""
    return f"{' on '.join(kinds) + ', ' if kinds else ''}{instances}{short(source.ticks[-1])} ticks, {state}"


def _details(source: Source) -> str:
    config = source.config
    plain = {name: value for name, value in config.items() if name not in _ASIDE}
    blocks = [f"<pre>{escape(json.dumps(plain, indent=1, default=str))}</pre>"]
    blocks += [
        f"<h2>{name}</h2><pre>{escape(str(config[name]))}</pre>" for name in ("market", "env") if config.get(name)
    ]
    return f"<details><summary>Configuration</summary>{''.join(blocks)}</details>"


def _footer(config: Any) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in (config.get("versions") or {}).items())
    words = [
        versions,
        f"revision {config['git']}" if config.get("git") else "",
        f"key {config['key']}" if "key" in config else "",
    ]
    return " · ".join(word for word in words if word)
