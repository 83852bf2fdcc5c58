"""Languages that agents are written in, interpreted on packed arrays: thousands of programs at once, without branches."""

from catallax.agents.languages._blocks import Board, block_words, evaluate
from catallax.agents.languages._language import AbstractLanguage
from catallax.agents.languages._moves import GrabsAndDrops
from catallax.agents.languages._patterns import Patterns
from catallax.agents.languages._plan import NO_MOVE, Performed, perform
from catallax.agents.languages._post import Derivation, RewriteRules, derive
from catallax.agents.languages._post_systems import PostSystem, PostSystems
from catallax.agents.languages._prefix import PAD, Grammar, Primitive
from catallax.agents.languages._rising_rules import RisingRules
from catallax.agents.languages._rules import Rules
from catallax.agents.languages._s_expressions import SExpression, SExpressions
from catallax.agents.languages._signs import AbstractSigns, BlockSigns, Signs
from catallax.agents.languages._tabulated import Tabulated, TabulatedPost
from catallax.agents.languages._written import parse, written

__all__ = [
    "AbstractLanguage",
    "AbstractSigns",
    "BlockSigns",
    "Board",
    "Derivation",
    "GrabsAndDrops",
    "Grammar",
    "NO_MOVE",
    "PAD",
    "Patterns",
    "Performed",
    "PostSystem",
    "PostSystems",
    "Primitive",
    "RewriteRules",
    "RisingRules",
    "Rules",
    "SExpression",
    "SExpressions",
    "Signs",
    "Tabulated",
    "TabulatedPost",
    "block_words",
    "derive",
    "evaluate",
    "parse",
    "perform",
    "written",
]
