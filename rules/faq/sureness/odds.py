"""Probabilities and their log odds, in which what speaks for something adds up."""

from __future__ import annotations

import math


def probability_of(odds: float) -> float:
    """Return the probability that log odds stand for; beyond 30 either way nothing changes."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def log_odds(probability: float) -> float:
    """Return the log odds of a probability; 0 and 1 count as next to them."""
    inside = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(inside / (1 - inside))
