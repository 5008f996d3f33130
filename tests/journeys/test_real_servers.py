"""The whole desk as a process, between a real Dovecot and a real Postfix."""

import asyncio
import json
import os
import smtplib
import sys
import tempfile
from contextlib import asynccontextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.lmtp import LMTP
from imapclient import IMAPClient

from gateway.cli.new_desk import write_new_desk
from tests.desk.cli import ROOT
from tests.fakes.mailstack import Dovecot, Postfix, free_port
from tests.journeys.bench import letter, text_of

pytestmark = pytest.mark.servers
ALICE, BOB = "alice@acme.example", "bob@acme.example"


class Mailboxes:
    """Where Postfix delivers: every mail that reached somebody."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        """Keep a mail for each recipient."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails += [(recipient, mail) for recipient in envelope.rcpt_tos]
        return "250 kept"

    def of(self, recipient):
        """Return what somebody got."""
        return [mail for to, mail in self.mails if to == recipient]


@asynccontextmanager
async def desk(folder, *, imap, smtp):
    """Run ``ventanilla serve`` on a new desk; give its SMTP port and a way to run commands."""
    config, port = write_new_desk(folder / "desk"), free_port()
    text = config.read_text()
    text = text.replace('"127.0.0.1:2525"', f'"127.0.0.1:{port}"')
    text = text.replace('"smtp://127.0.0.1:1025"', f'"smtp://127.0.0.1:{smtp}"')
    text = text.replace('"127.0.0.1:8080"', f'"127.0.0.1:{free_port()}"')
    text = text.replace("# imap =", f'imap = "imap://support@127.0.0.1:{imap}?tls=off"\n# imap =')
    config.write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SUPPORT_MAIL_IMAP_PASSWORD": "secret"}

    async def run(*arguments, wait=True):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.cli", *arguments, "-c", str(config),
            env=environment, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        if not wait:
            return process
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    serving = await run("serve", wait=False)
    try:
        ready = await asyncio.wait_for(serving.stdout.readline(), 30)
        assert ready.startswith(b"ready support-mail=")
        yield port, run
    finally:
        serving.terminate()
        await asyncio.wait_for(serving.communicate(), 30)
        assert serving.returncode == 0


async def until(condition):
    """Wait until something is so; fail after a minute."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - other processes are the witnesses
            await asyncio.sleep(0.05)


def post(port, sender, mail):
    """Send a mail to the desk by SMTP."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail(sender, ["support@acme.example"], mail)


def put(port, *mails):
    """Put mails into the desk's mailbox."""
    with IMAPClient("127.0.0.1", port=port, ssl=False) as client:
        client.login("support", "secret")
        for mail in mails:
            client.append("INBOX", mail)


@pytest.fixture
def short():
    """A folder with a short name that everybody may enter: Dovecot's sockets need both."""
    with tempfile.TemporaryDirectory(prefix="mail-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@asynccontextmanager
async def servers(folder):
    """Give a full old mailbox on a Dovecot, and a Postfix that delivers to mailboxes we see."""
    boxes, lmtp = Mailboxes(), free_port()
    loop = asyncio.get_running_loop()
    sink = await loop.create_server(lambda: LMTP(boxes, hostname="sink"), "127.0.0.1", lmtp)
    dovecot = Dovecot(folder / "dovecot", {"support": "secret"})
    old = [(letter(ALICE, f"Old {n}", "I forgot my password"), n % 2 == 0) for n in range(40)]
    dovecot.fill("support", old, timedelta(days=30))
    dovecot.start()
    postfix = Postfix(folder / "postfix", f"127.0.0.1:{lmtp}")
    postfix.start()
    try:
        yield dovecot, postfix, boxes
    finally:
        postfix.stop()
        dovecot.stop()
        sink.close()
        await sink.wait_closed()


async def offer_both(smtp, imap):
    """Offer a question and an outage ten times each, by SMTP and in the mailbox."""
    question = letter(ALICE, "Password", "I forgot my password", message_id="<q@acme.example>")
    outage = letter(BOB, "VPN", "Our VPN is down again", message_id="<o@acme.example>")
    for _ in range(5):
        await asyncio.to_thread(post, smtp, BOB, outage)
        await asyncio.to_thread(put, imap, question, outage)
        await asyncio.to_thread(post, smtp, ALICE, question)


async def test_desk_between_real_servers(tmp_path, short):
    """Mail by SMTP and from a mailbox, each once however often; answers reach people."""
    async with (
        servers(short) as (dovecot, postfix, boxes),
        desk(tmp_path, imap=dovecot.imap, smtp=postfix.smtp) as (port, run),
    ):
        await offer_both(port, dovecot.imap)
        await until(lambda: boxes.of(ALICE) and boxes.of(BOB))
        tickets = json.loads((await run("tickets", "list", "--all", "--json"))[1])
        by_requester = {ticket["requester"]: ticket for ticket in tickets}
        explained = json.loads((await run("explain", "Our VPN is down again", "--json"))[1])
        code, _ = await run("tickets", "reply", by_requester[BOB]["id"], "It is up again.")
        await until(lambda: len(boxes.of(BOB)) > 1)
        audit_code, audit = await run("audit", "--json")

    summands = json.loads(audit)
    accepted, problems = summands.pop("accepted"), summands.pop("problems")
    assert len(tickets) == 2
    assert (by_requester[ALICE]["status"], by_requester[BOB]["team"]) == ("answered", "network")
    assert explained["rule"] == by_requester[BOB]["why"]["rule"] == "vpn-outage"
    assert (code, audit_code, problems, accepted) == (0, 0, 0, sum(summands.values()))
    assert (summands["answered"], summands["routed"], summands["acted"]) == (1, 1, 1)
    assert [len(boxes.of(ALICE)), len(boxes.of(BOB))] == [1, 2]
    assert boxes.of(ALICE)[0]["In-Reply-To"] == "<q@acme.example>"
    assert "It is up again." in text_of(boxes.of(BOB)[1])
