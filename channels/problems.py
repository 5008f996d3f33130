"""How the channels say what is wrong with their tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec

from gateway.errors import Problem, in_plain_words
from gateway.model.people import Place

REACH_HINT = "see that the address is right, the server is up, and no firewall is between"


def problem(message: str, suggestion: str | None = None, *, warn: bool = False) -> Problem:
    """Return a problem of a channel's table; the desk says which table, and where."""
    return Problem(
        file="config.toml",
        severity="warning" if warn else "error",
        message=message,
        suggestion=suggestion,
    )


def problems_of(
    places: Sequence[Place], check_where: Callable[[str], Problem | None]
) -> Iterator[Problem]:
    """Yield what is wrong with how places are written."""
    for place in places:
        if found := check_where(place.where):
            yield replace(found, message=f"{place}: {found.message}")


def says(server: object, error: BaseException) -> str:
    """Return what an error of talking to a server comes to, in words for whoever set it up."""
    words = "no answer in time" if isinstance(error, TimeoutError) else in_plain_words(error)
    return (
        f"{server} cannot be reached: {words}" if is_out_of_reach(error) else f"{server}: {words}"
    )


def is_out_of_reach(error: BaseException | None) -> bool:
    """Tell whether an error means that nothing was heard of a server: no name, or no answer."""
    while error is not None:
        # What is wrong with a certificate is an OSError too, of ssl.
        if isinstance(error, OSError) and type(error).__module__ != "ssl":
            return True
        error = error.__cause__
    return False


def server_problem(message: str, error: BaseException) -> Problem:
    """Return the problem that an error of talking to a server is; with what to look at."""
    return problem(message, REACH_HINT if is_out_of_reach(error) else None)


def variable_of(name: str, secret: str) -> str:
    """Return the environment's name of a channel's secret: ``SUPPORT_MAIL_IMAP_PASSWORD``."""
    letters = (c if c.isascii() and c.isalnum() else "_" for c in name.upper())
    return f"{''.join(letters)}_{secret}"


def missing_packages(modules: Sequence[str], extra: str) -> Iterator[Problem]:
    """Yield what says that top-level ``modules`` are not installed, and which extra has them.

    Nothing is imported: a desk starts without them, and takes them in when they are needed.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        hint = f"where Ventanilla's source is: pip install '.[{extra}]'"
        yield problem(f"not installed: {', '.join(missing)}", hint)
