"""Health, metrics and the door for webhooks, over real sockets."""

import asyncio
import contextlib
import re
from datetime import UTC, datetime, timedelta

import pytest

from gateway import web
from gateway.contracts.webhook import WebResponse
from gateway.errors import StoreUnavailable
from gateway.model.upkeep import Depth
from gateway.web.metrics import Meter

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Desk:
    """A desk whose state a test chooses."""

    def __init__(self):
        self.meter = Meter()
        self.missing = ""
        self.waiting = []
        self.stuck = False
        self.broken = False
        self.asked = []
        self.answers = {}

    async def not_ready(self):
        """See `web.Desk.not_ready`."""
        if self.stuck:
            await asyncio.Event().wait()
        return self.missing

    async def depths(self):
        """See `web.Desk.depths`."""
        if self.broken:
            raise StoreUnavailable("the disk is full")
        return self.waiting

    def now(self):
        """See `web.Desk.now`."""
        return NOW

    async def respond(self, channel, request):
        """See `web.Desk.respond`."""
        self.asked.append((channel, request))
        answer = self.answers.get(channel)
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextlib.asynccontextmanager
async def listening(serve, *arguments):
    """Run a listener on a port of the system's choice; give its address."""
    bound = web.bind(("127.0.0.1", 0))
    address = bound.getsockname()
    task = asyncio.create_task(serve(bound, *arguments))
    try:
        yield address
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def ask(address, path, method="GET", body=b""):
    """Return the status and the text of one request."""
    reader, writer = await asyncio.open_connection(*address)
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    head, _, text = answer.partition("\r\n\r\n")
    return int(head.split()[1]), text


async def test_a_living_desk_answers_at_healthz():
    """A process that can answer is alive, whatever its store says."""
    desk = Desk()
    desk.missing = "store"
    async with listening(web.serve_http, desk) as address:
        assert await ask(address, "/healthz") == (200, "alive\n")


@pytest.mark.parametrize(("missing", "expected"), [("", 200), ("store", 503), ("rules", 503)])
async def test_readyz_says_what_is_missing(missing, expected):
    """A balancer sends nothing to a node that cannot store or decide."""
    desk = Desk()
    desk.missing = missing
    async with listening(web.serve_http, desk) as address:
        assert await ask(address, "/readyz") == (expected, f"{missing or 'ready'}\n")


async def test_readyz_does_not_wait_for_a_stuck_store(monkeypatch):
    """A locked database is "not ready" within seconds."""
    desk = Desk()
    desk.stuck = True
    monkeypatch.setattr("gateway.web.server._PATIENCE_SECONDS", 0.05)
    async with listening(web.serve_http, desk) as address:
        assert await ask(address, "/readyz") == (503, "store\n")


async def test_metrics_show_counters_and_queues():
    """Names and labels are what dashboards rely on; ended rows are no queue."""
    desk = Desk()
    desk.meter.accepted("mail", 3)
    desk.meter.decided("mail", "routed")
    desk.meter.sent("mail")
    desk.meter.retried("mail")
    desk.meter.dead("mail")
    desk.meter.quarantined("mail")
    desk.meter.dropped_logs(7)
    desk.meter.rules.hash, desk.meter.rules.taken_at = "abc", NOW - timedelta(seconds=9)
    desk.meter.rules.errors = 2
    desk.waiting = [
        *(
            Depth(
                box="outbox", channel="mail", state="retry", count=2, oldest_at=NOW - timedelta(5)
            ),
        ),
        *(Depth(box="inbox", channel="mail", state="done", count=9, oldest_at=NOW),),
    ]
    async with listening(web.serve_http, desk) as address:
        status, text = await ask(address, "/metrics")

    lines = [line for line in text.splitlines() if line.startswith("ventanilla_")]
    assert status == 200
    assert [line for line in lines if "queue" in line] == [
        'ventanilla_queue_depth{box="outbox",channel="mail",state="retry"} 2.0',
        'ventanilla_queue_age_seconds{box="outbox",channel="mail",state="retry"} 432000.0',
    ]
    assert [line for line in lines if "queue" not in line] == [
        'ventanilla_accepted_total{channel="mail"} 3.0',
        'ventanilla_sent_total{channel="mail"} 1.0',
        'ventanilla_retried_total{channel="mail"} 1.0',
        'ventanilla_dead_total{channel="mail"} 1.0',
        'ventanilla_quarantined_total{channel="mail"} 1.0',
        'ventanilla_decided_total{channel="mail",outcome="routed"} 1.0',
        "ventanilla_dropped_log_lines_total 7.0",
        "ventanilla_rules_ok 0.0",
        "ventanilla_rules_errors 2.0",
        "ventanilla_rules_age_seconds 9.0",
        'ventanilla_rules_info{hash="abc"} 1.0',
        "ventanilla_templates_ok 1.0",
        "ventanilla_templates_errors 0.0",
    ]
    assert re.search(r"^process_resident_memory_bytes [\d.e+]+$", text, re.MULTILINE)


async def test_metrics_are_there_when_the_store_is_not():
    """A full disk is when somebody looks at the counters."""
    desk = Desk()
    desk.broken = True
    desk.meter.accepted("mail", 3)
    async with listening(web.serve_http, desk) as address:
        status, text = await ask(address, "/metrics")

    assert status == 200
    assert "ventanilla_accepted_total" in text


async def test_a_channel_without_webhooks_answers_404():
    """Nothing is read of what was posted, and nothing stored."""
    async with listening(web.serve_http, Desk()) as address:
        assert (await ask(address, "/channels/mail", "POST", b"x" * 100))[0] == 404
        assert (await ask(address, "/channels/mail"))[0] == 405
        assert (await ask(address, "/nothing"))[0] == 404


async def test_the_public_listener_shows_no_metrics():
    """``[http] webhooks`` holds webhooks and nothing else."""
    async with listening(web.serve_webhooks, Desk()) as address:
        for path in ("/metrics", "/healthz", "/readyz", "/"):
            assert (await ask(address, path))[0] == 404
        assert (await ask(address, "/channels/mail", "POST"))[0] == 404


@pytest.mark.parametrize("serve", [web.serve_http, web.serve_webhooks])
async def test_a_webhook_reaches_its_channel(serve):
    """The channel sees path, headers and the very bytes; its answer goes back."""
    desk = Desk()
    desk.answers["chat"] = WebResponse(status=201, body=b"got it", media_type="text/x-chat")
    async with listening(serve, desk) as address:
        status, text = await ask(address, "/channels/chat", "POST", b'{"a": "\xc4\x85"}')

    [(channel, request)] = desk.asked
    assert (status, text) == (201, "got it")
    assert (channel, request.path) == ("chat", "/channels/chat")
    assert request.body == b'{"a": "\xc4\x85"}'
    assert request.headers["host"] == "x"


@pytest.mark.parametrize(
    ("fault", "expected"), [(StoreUnavailable("/secret/path"), 503), (RuntimeError("/secret"), 500)]
)
async def test_a_webhook_that_was_not_stored_is_asked_for_again(fault, expected):
    """A fault of ours makes the platform come again, and shows nothing of itself."""
    desk = Desk()
    desk.answers["chat"] = fault
    async with listening(web.serve_webhooks, desk) as address:
        status, text = await ask(address, "/channels/chat", "POST", b"{}")

    assert status == expected
    assert "secret" not in text


async def test_a_webhook_without_end_is_refused():
    """No platform posts so much: it is not read to its end."""
    desk = Desk()
    async with listening(web.serve_webhooks, desk) as address:
        status, _ = await ask(address, "/channels/chat", "POST", b"x" * (5 * 1024 * 1024))

    assert status == 413
    assert desk.asked == []


async def test_a_request_under_way_is_finished_when_the_desk_stops():
    """Stopping waits for the answer that is being written."""
    desk = Desk()
    asked, go = asyncio.Event(), asyncio.Event()

    async def not_ready():
        asked.set()
        await go.wait()
        return ""

    desk.not_ready = not_ready
    async with listening(web.serve_http, desk) as address:
        answer = asyncio.create_task(ask(address, "/readyz"))
        await asked.wait()
        asyncio.get_running_loop().call_later(0.05, go.set)

    assert await answer == (200, "ready\n")


def test_an_address_in_use_is_an_error_before_anything_runs():
    """Two desks on one port: the second hears of it at once."""
    with contextlib.closing(web.bind(("127.0.0.1", 0))) as first:
        with pytest.raises(OSError, match="in use"):
            web.bind(first.getsockname())
        assert re.fullmatch(r"127\.0\.0\.1:\d+", web.address_of(first))


async def test_both_listeners_start_and_stop_together():
    """Their addresses are known before they answer; afterwards the ports are free again."""
    listeners = web.listen(("127.0.0.1", 0), ("127.0.0.1", 0))
    places = {
        name: (host, int(port))
        for name, (host, _, port) in (
            (name, address.rpartition(":")) for name, address in listeners.addresses.items()
        )
    }
    early = asyncio.create_task(ask(places["http"], "/healthz"))
    listeners.start(Desk())

    assert list(places) == ["http", "webhooks"]
    assert await early == (200, "alive\n")
    assert (await ask(places["webhooks"], "/healthz"))[0] == 404
    await listeners.stop()
    await listeners.stop()
    web.bind(places["http"]).close()


def test_when_one_listener_cannot_be_bound_none_is():
    """A desk that does not start leaves no port behind."""
    with contextlib.closing(web.bind(("127.0.0.1", 0))) as taken:
        with contextlib.closing(web.bind(("127.0.0.1", 0))) as other:
            free = other.getsockname()
        with pytest.raises(OSError, match="in use"):
            web.listen(free, taken.getsockname())
        web.bind(free).close()


def test_a_port_in_use_is_named():
    """Of several listeners, an admin must see which one collides."""
    with (
        contextlib.closing(web.bind(("127.0.0.1", 0))) as first,
        pytest.raises(OSError, match=rf"cannot listen on {web.address_of(first)}: .*in use"),
    ):
        web.bind(first.getsockname())
