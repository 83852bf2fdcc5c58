"""Settings of the documentation; built strictly by `make docs`."""

import ast
import os
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

# reading docstrings imports the package, which must not need an accelerator
os.environ.setdefault("JAX_PLATFORMS", "cpu")

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

from _gallery import gallery  # noqa: E402 - it lies beside this file

project = "catallax"
author = "the catallax developers"
html_title = "catallax"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["dollarmath", "substitution"]
myst_heading_anchors = 3
myst_update_mathjax = False
exclude_patterns = ["_build"]

html_theme = "furo"
html_static_path = ["_site"]
html_css_files = ["site.css"]

# single backticks in docstrings are formulas and names
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_use_rtype = False
python_maximum_signature_line_length = 88


def experiments() -> str:
    """A table of all experiments: name and first line of the docstring."""
    rows = ["| experiment | what it shows |", "|---|---|"]
    for path in sorted((ROOT / "experiments").glob("[!_]*.py")):
        about = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0]
        rows.append(f"| `catallax run {path.stem}` | {about.replace('|', chr(92) + '|')} |")
    return "\n".join(rows)


myst_substitutions = {"experiments": experiments(), "gallery": gallery()}


def formula(node: nodes.math | nodes.math_block, display: str) -> str:
    """A formula as MathML, which browsers draw themselves: the site needs no network."""
    made = convert(node.astext(), display=display)
    if "\\" in made:
        logging.getLogger(__name__).warning("latex2mathml does not know a command in: %s", node.astext(), location=node)
    return made


def inline(self: Any, node: nodes.math) -> None:
    """Within a line."""
    self.body.append(formula(node, "inline"))
    raise nodes.SkipNode


def displayed(self: Any, node: nodes.math_block) -> None:
    """On a line of its own."""
    self.body.append(f'<div class="math">{formula(node, "block")}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Formulas go by the functions above."""
    app.add_html_math_renderer("mathml", (inline, None), (displayed, None))


html_math_renderer = "mathml"
