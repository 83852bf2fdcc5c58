"""Settings of the documentation; built strictly by `make docs`."""

import ast
import os
import sys
from pathlib import Path

# reading docstrings imports the package, which must not need an accelerator
os.environ.setdefault("JAX_PLATFORMS", "cpu")

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))

from _gallery import gallery  # noqa: E402 - it lies beside this file

project = "catallax"
author = "the catallax developers"
html_title = "catallax"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "substitution"]
myst_heading_anchors = 3
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
