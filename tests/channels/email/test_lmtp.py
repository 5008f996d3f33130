"""Mail that a local mail server hands over by LMTP."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from channels.conformance import ScriptedIntake
from gateway.errors import StoreUnavailable
from tests.channels.email.conftest import Start, make_channel
from tests.fakes.mailstack import Postfix, require
from tests.fakes.smtp_client import connected

MAIL = b"From: ana@customer.example\r\nSubject: Printer\r\n\r\nIt is on fire."


async def test_each_recipient_gets_its_own_answer(start: Start) -> None:
    """RFC 2033: as many answers to the dot as there were recipients; and one mail is stored."""
    desk = start(listen="lmtp:127.0.0.1:0")
    async with desk as running, connected(running.address, "LHLO mx.acme.example") as client:
        first = await client.send(MAIL, "support@acme.example", "help@acme.example")
        assert [first, await client.reply()] == ["250 2.0.0 OK"] * 2

    [event] = running.intake.stored
    assert event.facts["via"] == "lmtp"
    assert event.facts["rcpt"] == ["support@acme.example", "help@acme.example"]


async def test_a_fault_is_told_for_each_recipient(start: Start) -> None:
    """Nobody's mail is taken for delivered because the first one got an answer."""
    desk = start(ScriptedIntake(StoreUnavailable("full")), listen="lmtp:127.0.0.1:0")
    async with desk as running, connected(running.address, "LHLO mx.acme.example") as client:
        first = await client.send(MAIL, "support@acme.example", "help@acme.example")
        replies = [first, await client.reply()]

    assert [reply[:9] for reply in replies] == ["451 4.3.0"] * 2


async def test_lmtp_is_not_smtp(start: Start) -> None:
    """LHLO greets, EHLO and HELO do not; what RFC 2033 requires is offered."""
    desk = start(listen="lmtp:127.0.0.1:0")
    async with desk as running, connected(running.address, hello="") as client:
        assert (await client.say("EHLO x.example")).startswith("500 5.5.2")
        assert (await client.say("HELO x.example")).startswith("500 5.5.2")
        offered = await client.say("LHLO x.example")

    assert "PIPELINING" in offered
    assert "ENHANCEDSTATUSCODES" in offered


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Return a path short enough for a socket."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "lmtp"


async def test_a_socket_file_is_as_good_as_a_port(start: Start, socket_path: Path) -> None:
    """One that a killed process left is replaced, one in use is not; it goes when we go."""
    stale = make_channel(listen=f"lmtp:{socket_path}")
    await stale.bind()
    assert stale._listener is not None
    assert stale._listener._socket is not None
    stale._listener._socket.close()
    assert stat.S_ISSOCK(os.stat(socket_path).st_mode)  # noqa: PTH116

    async with start(listen=f"lmtp:{socket_path}") as desk:
        with pytest.raises(OSError, match="in use"):
            await make_channel(listen=f"lmtp:{socket_path}").bind()
        async with connected(desk.address, "LHLO x.example") as client:
            assert (await client.send(MAIL)).startswith("250")
        assert desk.intake.stored[0].facts["peer"] == ""
    assert not os.path.exists(socket_path)  # noqa: ASYNC240, PTH110


@asynccontextmanager
async def postfix_before(address: str) -> AsyncIterator[Postfix]:
    """Run Postfix, which hands everything to this LMTP address."""
    require("postfix")
    folder = await asyncio.to_thread(tempfile.mkdtemp)
    await asyncio.to_thread(os.chmod, folder, 0o755)
    postfix = Postfix(Path(folder), lmtp=address)
    await asyncio.to_thread(postfix.start)
    try:
        yield postfix
    finally:
        await asyncio.to_thread(postfix.stop)
        await asyncio.to_thread(shutil.rmtree, folder)


@pytest.mark.servers
async def test_postfix_hears_the_truth_for_each_recipient(start: Start) -> None:
    """Postfix marks a mail as sent for those we took, and bounces only the one we do not know."""
    recipients = ["help+x@acme.example", "support@acme.example", "gus@acme.example"]
    async with start(listen="lmtp:127.0.0.1:0") as desk, postfix_before(desk.address) as postfix:
        async with connected(f"127.0.0.1:{postfix.smtp}") as client:
            assert (await client.send(MAIL, *recipients)).startswith("250")
        log = await _until_settled(postfix, 3)

    [event] = desk.intake.stored
    assert sorted(event.facts["rcpt"]) == recipients[:2]
    states = {
        address: next(line for line in log.splitlines() if f"to=<{address}" in line)
        for address in recipients
    }
    assert "status=sent (250 2.0.0 OK)" in states["support@acme.example"]
    assert "status=sent (250 2.0.0 OK)" in states["help+x@acme.example"]
    assert "dsn=5.1.1, status=bounced" in states["gus@acme.example"]


@pytest.mark.servers
async def test_postfix_keeps_what_could_not_be_stored(start: Start) -> None:
    """A store that is down defers the mail for all recipients; nothing bounces."""
    desk = start(ScriptedIntake(StoreUnavailable("locked")), listen="lmtp:127.0.0.1:0")
    async with desk as running, postfix_before(running.address) as postfix:
        async with connected(f"127.0.0.1:{postfix.smtp}") as client:
            await client.send(MAIL, "support@acme.example", "help@acme.example")
        log = await _until_settled(postfix, 2)

    assert log.count("dsn=4.3.0, status=deferred") == 2
    assert not running.intake.stored


async def _until_settled(postfix: Postfix, recipients: int) -> str:
    async with asyncio.timeout(60):
        while postfix.log().count("status=") < recipients:  # noqa: ASYNC110 - a log file
            await asyncio.sleep(0.05)
    return postfix.log()


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_missing_servers_are_loud(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    """On a laptop these tests are skipped with a reason; where CI runs, that is a failure."""
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match="no-such-server"):
        require("no-such-server")
