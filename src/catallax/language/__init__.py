"""Markets whose goods are messages: attention, information bazaars, reasoning markets."""

from catallax.language import attention

__all__ = ["attention"]
