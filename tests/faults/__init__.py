"""The real processes, killed, starved and cut."""
