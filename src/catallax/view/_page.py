"""The report's HTML: one file, no scripts, light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

_CSS = """
:root { --paper:#f5f6f8; --card:#ffffff; --ink:#1c2128; --faint:#5d6772; --line:#e0e4e8; --good:#007a59; --bad:#c24400;
  --goodbg:#e2f4ee; --badbg:#fde9dd; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --paper:#0e1115; --card:#171b21; --ink:#e6e9ed; --faint:#9aa3ad;
  --line:#2a3038; --good:#35c79a; --bad:#f58a4b; --goodbg:#12312a; --badbg:#3a2114; } }
* { box-sizing: border-box; }
body { margin:0; background:var(--paper); color:var(--ink); font:15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "DejaVu Sans", sans-serif; }
main { max-width:1180px; margin:0 auto; padding:28px 20px 48px; }
h1 { font-size:1.7rem; line-height:1.2; margin:0 0 4px; }
h2 { font-size:1.02rem; margin:0 0 8px; }
p { margin:0; } .faint, figcaption, footer { color:var(--faint); font-size:.87rem; }
header { display:flex; flex-wrap:wrap; gap:12px 24px; align-items:flex-end; justify-content:space-between; margin-bottom:20px; }
.light { display:inline-flex; gap:8px; align-items:center; padding:7px 13px; border-radius:999px; font-weight:600; font-size:.87rem; }
.light.good { color:var(--good); background:var(--goodbg); } .light.bad { color:var(--bad); background:var(--badbg); }
.light::before { content:""; width:11px; height:11px; border-radius:50%; background:currentColor; flex:none; }
.tiles { display:grid; grid-template-columns:repeat(auto-fit, minmax(118px, 1fr)); gap:12px; margin-bottom:16px; }
.tile, .card { background:var(--card); border:1px solid var(--line); border-radius:10px; }
.tile { padding:11px 14px; } .tile b { display:block; font-size:1.35rem; line-height:1.25; font-variant-numeric:tabular-nums; }
.grid { columns:2; column-gap:16px; margin-bottom:16px; } .grid .card { margin-bottom:16px; }
.card { padding:15px 17px; margin:0 0 16px; min-width:0; break-inside:avoid; }
.card img { display:block; width:100%; max-width:620px; height:auto; margin:0 auto 8px; }
.scroll { overflow-x:auto; } table { border-collapse:collapse; width:100%; font-size:.89rem; font-variant-numeric:tabular-nums; }
th { text-align:left; color:var(--faint); font-weight:500; } th, td { padding:5px 12px 5px 0; border-bottom:1px solid var(--line);
  white-space:nowrap; } th.n, td.n { text-align:right; } tr:last-child td { border-bottom:0; }
td.note, th.note { padding-left:14px; } td.note { white-space:normal; min-width:12em; color:var(--faint); }
details { margin-top:16px; } summary { cursor:pointer; font-weight:600; }
pre { overflow-x:auto; font-size:.78rem; line-height:1.4; background:var(--card); border:1px solid var(--line); border-radius:8px;
  padding:12px; }
footer { margin-top:24px; overflow-wrap:anywhere; }
.pair { display:grid; grid-template-columns:minmax(0, 1fr) minmax(0, 1fr); gap:20px; align-items:start; }
@media (max-width: 760px) { main { padding:18px 12px 32px; } .grid { columns:1; } .pair { grid-template-columns:minmax(0, 1fr); }
  .card { padding:12px; } h1 { font-size:1.4rem; } .tiles { grid-template-columns:repeat(2, 1fr); } }
"""


class Card(NamedTuple):
    """A picture with its title and the sentence that explains it."""

    title: str
    light: str
    """PNG, base64."""
    dark: str
    caption: str
    extra: str = ""
    """HTML beside the picture."""


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """An HTML table with one column per key, in the order of first appearance.

    >>> table([{"name": "market", "value": 0.5}]).count("<td")
    2
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    numeric = {n for n in names if all(_number(r.get(n)) for r in rows)}

    def kind(name: str) -> str:
        return ' class="n"' if name in numeric else ' class="note"' if name == "note" else ""

    head = "".join(f"<th{kind(n)}>{escape(n.replace('_', ' '))}</th>" for n in names)
    body = "".join("<tr>" + "".join(f"<td{kind(n)}>{_cell(r.get(n))}</td>" for n in names) + "</tr>" for r in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _number(value: Any) -> bool:
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and value.endswith("%"))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value != value:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        value = value or 0.0  # no minus in front of zero
    return escape(
        f"{value:,}" if isinstance(value, int) else f"{value:.4g}" if isinstance(value, float) else str(value)
    )


def tiles(figures: Mapping[str, str]) -> str:
    """The few numbers to see first."""
    each = (
        f'<div class="tile"><b>{escape(v)}</b><span class="faint">{escape(k)}</span></div>' for k, v in figures.items()
    )
    return f'<div class="tiles">{"".join(each)}</div>'


def cards(items: Sequence[Card]) -> str:
    """All pictures, two columns on a wide screen; one with something beside it takes the whole width."""
    blocks: list[str] = []
    run: list[str] = []
    for item in items:
        if item.extra:
            blocks += [f'<div class="grid">{"".join(run)}</div>', _card(item)]
            run = []
        else:
            run.append(_card(item))
    return "".join([*blocks, f'<div class="grid">{"".join(run)}</div>'])


def _card(item: Card) -> str:
    picture = (
        f'<picture><source media="(prefers-color-scheme: dark)" srcset="data:image/png;base64,{item.dark}">'
        f'<img alt="{escape(item.title)}" src="data:image/png;base64,{item.light}"></picture>'
    )
    caption = f"<figcaption>{escape(item.caption)}</figcaption>"
    if item.extra:
        inner = f'<div class="pair"><div>{picture}{caption}</div><div>{item.extra}</div></div>'
        return f'<figure class="card"><h2>{escape(item.title)}</h2>{inner}</figure>'
    return f'<figure class="card"><h2>{escape(item.title)}</h2>{picture}{caption}</figure>'


def page(title: str, subtitle: str, light: tuple[bool, str], parts: Sequence[str], footer: str) -> str:
    """The whole document."""
    closed, sentence = light
    badge = f'<span class="light {"good" if closed else "bad"}">{escape(sentence)}</span>'
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · catallax</title><style>{_CSS}</style></head><body><main>"
        f'<header><div><h1>{escape(title)}</h1><p class="faint">{escape(subtitle)}</p></div>{badge}</header>'
        f"{''.join(parts)}<footer>{escape(footer)}</footer></main></body></html>\n"
    )
