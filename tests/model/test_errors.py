"""What errors say to people."""

import asyncio

import aiosmtplib
import pytest

from gateway.errors import StoreUnavailable, in_plain_words

NOBODY = 1  # a port that nothing listens on


async def caught(work):
    """Return what a work raises."""
    with pytest.raises(Exception) as found:  # noqa: PT011 - any: what is said of it is the test
        await work
    return found.value


async def test_a_refused_connection_is_said_without_numbers():
    """Whoever opens it: asyncio itself, or a library that wraps its error."""
    plain = await caught(asyncio.open_connection("127.0.0.1", NOBODY))
    wrapped = await caught(aiosmtplib.SMTP(hostname="127.0.0.1", port=NOBODY).connect())

    assert in_plain_words(plain) == "Connection refused"
    assert in_plain_words(wrapped) == "Connection refused"


async def test_an_unknown_host_is_said_as_the_system_says_it():
    """Name resolution has numbers of its own."""
    error = await caught(aiosmtplib.SMTP(hostname="nowhere.invalid", port=25).connect())

    assert "Errno" not in in_plain_words(error)
    assert "nowhere.invalid" not in in_plain_words(error)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(98, "cannot listen on 0.0.0.0:25: it is taken"), "cannot listen on 0.0.0.0:25"),
        (OSError("Multiple exceptions: [Errno 111] a, [Errno 101] b"), "Multiple exceptions: a, b"),
        (FileNotFoundError(2, "No such file or directory", "/x"), "/x: No such file or directory"),
        (ValueError("no such day"), "no such day"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_other_errors_keep_their_words(error, expected):
    """Our own words, a file's name, and at least the kind of an error that says nothing."""
    assert in_plain_words(error).startswith(expected)


def test_our_own_errors_say_what_they_say():
    """Whatever was beneath them."""
    error = StoreUnavailable("the database cannot be used now")
    error.__cause__ = OSError(111, "Connection refused")

    assert in_plain_words(error) == "the database cannot be used now"
