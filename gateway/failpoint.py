"""Instants at which the program can be made to die, fail or stand still, for tests.

`reach` stands at them and does nothing, unless the process was started with
``VENTANILLA_FAULT=name:nth:action``: the nth time, counted from 1, that it comes to the named
instant, it does what the action says. docs/faults.md has the names.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

_VARIABLE = "VENTANILLA_FAULT"
_ACTIONS = ("kill", "raise", "sleep", "short")


class InjectedFault(Exception):
    """What ``raise`` raises where nothing else is more likely."""


Error = Callable[[str], Exception]


def _reach(name: str, error: Error = InjectedFault) -> None:
    """Go on: nobody asked for a fault. ``error`` makes what is likely to be raised there."""


def _shorten(name: str, content: bytes) -> bytes:
    """Return what shall be written there: all of it."""
    del name
    return content


class _Fault:
    """One fault, which happens once."""

    def __init__(self, order: str) -> None:
        self._name, nth, self._action = order.split(":")
        if self._action not in _ACTIONS:
            raise ValueError(f"{_VARIABLE}: {self._action} is none of {', '.join(_ACTIONS)}")
        self._left = int(nth)

    def reach(self, name: str, error: Error = InjectedFault) -> None:
        """Die, fail or stand still, if this is the place and the time."""
        if name != self._name:
            return
        self._left -= 1
        if self._left:
            return
        os.write(2, f"fault: {name} {self._action}\n".encode())
        match self._action:
            case "raise":
                raise error(f"a fault at {name}")
            case "sleep":
                # Until somebody sends SIGCONT.
                signal.raise_signal(signal.SIGSTOP)
            case _:
                signal.raise_signal(signal.SIGKILL)

    def shorten(self, name: str, content: bytes) -> bytes:
        """Return what gets out there before the process dies: half of it, for ``short``."""
        is_now = (self._name, self._action, self._left) == (name, "short", 1)
        return content[: len(content) // 2] if is_now else content


reach, shorten = _reach, _shorten
if _VARIABLE in os.environ:
    _fault = _Fault(os.environ[_VARIABLE])
    reach, shorten = _fault.reach, _fault.shorten
