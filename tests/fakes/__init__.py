"""Fakes, at the network edge and of the world only."""
