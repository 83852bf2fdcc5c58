"""The same measurement at many points: what is measured, who computes it, where it is kept."""
