"""Which of the desk's languages a text is in."""

from __future__ import annotations

from rules.language.detect import Detector

__all__ = ["Detector"]
