"""Markets whose goods are messages: attention, information bazaars, reasoning markets."""

__all__: list[str] = []
