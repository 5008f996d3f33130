"""Chance against what reads strangers' bytes: ``python -m tests.fuzz``."""
