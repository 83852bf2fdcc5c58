"""The pages of claims: what was claimed, the verdict, the curve and the table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catallax.lab._markdown import settings, table

_HEAD = """# Claims

What the founding papers claim and what was measured, written by `make claims`. A claim is *supported* if it held in every
case that was tried, *not supported* if in none, and else the page says on what it *depends*. A case holds by a rule in the
experiment's code, over intervals that hold 95 % of the figures of resampled seeds or over tests adjusted for their number (Holm).

"""


def claims_page(contents: Iterable[dict[str, Any]]) -> str:
    """Markdown for the verdicts of several `findings.json`, and the tree of their own pages."""
    contents = list(contents)
    sections = [
        "\n".join([
            f"## [{content['about'].rstrip('.')}](claims/{content['experiment']}.md)\n",
            *(f"* **{claim['verdict'].capitalize()}**: {claim['statement']} *({claim['source']})*" for claim in content["claims"]),
        ])
        for content in contents
    ]  # fmt: skip
    tree = "\n".join(f"claims/{content['experiment']}" for content in contents)
    return _HEAD + "\n\n".join(sections) + f"\n\n```{{toctree}}\n:hidden:\n\n{tree}\n```\n"


def claim_page(content: dict[str, Any]) -> str:
    """Markdown for one experiment: claims with their verdicts, figures, table, settings and the command."""
    name = content["experiment"]
    parts = [
        f"# {content['about'].rstrip('.')}",
        *map(_verdict, content["claims"]),
        *(f"![{title}](<../_static/{name}-{title}.png>)" for title in content["figures"]),
        _measured(content["findings"]),
        content["text"],
        f"`catallax run {name}` writes this page anew. {settings(content)}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _measured(findings: list[dict[str, Any]]) -> str:
    """The findings; what was asked, and whether it was reached, where anything was asked."""
    asked = any(f["required"] for f in findings)
    said = {None: "", True: "yes", False: "no"}
    rows = [
        [f["case"], *([f["required"]] if asked else []), f["measured"], *([said[f["reached"]]] if asked else []), f["note"]]
        for f in findings
    ]  # fmt: skip
    return table(["case", *(["asked"] if asked else []), "measured", *(["reached"] if asked else []), "note"], rows)


def _verdict(claim: dict[str, Any]) -> str:
    """What is claimed, the verdict, and the cases that it follows from."""
    cases, figures = claim["cases"], claim["figures"]
    split = f" ({sum(cases.values())} of {len(cases)} cases)" if len(cases) > 1 else ""
    head = f"> {claim['statement']}\n>\n> — {claim['source']}\n\n**{claim['verdict'].capitalize()}**{split}. {claim['because']}"
    if len(cases) == 1 and not figures:
        return head
    rows = [[name, "yes" if held else "no", *([figures[name]] if figures else [])] for name, held in cases.items()]
    return f"{head}\n\n{table(['case', 'holds', *(['measured'] if figures else [])], rows)}"
