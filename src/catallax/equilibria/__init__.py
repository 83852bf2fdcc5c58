"""How many goods are priced at once."""

from catallax.equilibria import indivisible

__all__ = ["indivisible"]
