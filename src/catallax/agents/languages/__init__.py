"""Languages that agents are written in, interpreted on packed arrays: thousands of programs at once, without branches."""

from catallax.agents.languages._blocks import Board, block_words, evaluate
from catallax.agents.languages._language import AbstractLanguage
from catallax.agents.languages._plan import NO_MOVE, Performed, perform
from catallax.agents.languages._prefix import PAD, Grammar, Primitive
from catallax.agents.languages._s_expressions import SExpression, SExpressions
from catallax.agents.languages._written import parse, written

__all__ = [
    "NO_MOVE",
    "PAD",
    "AbstractLanguage",
    "Board",
    "Grammar",
    "Performed",
    "Primitive",
    "SExpression",
    "SExpressions",
    "block_words",
    "evaluate",
    "parse",
    "perform",
    "written",
]
