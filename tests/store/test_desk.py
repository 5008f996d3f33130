"""What belongs to the desk as a whole: numbers, leases, secrets, the audit, life."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.contracts.store import Secret
from gateway.errors import StoreError, StoreUnavailable
from gateway.model.inbox import Outcome
from gateway.model.outbox import OutboxState
from gateway.model.upkeep import Depth
from tests.fakes.world import START
from tests.store.things import MINUTE, done, offer, opened, plan, send, settled

TTL = timedelta(seconds=10)


async def test_numbers_begin_at_1001_and_are_given_out_once(desk):
    """Also over nodes and restarts; gaps are allowed."""
    one, two = await desk.open("one"), await desk.open("two")

    blocks = [await store.reserve_numbers(3) for store in (one, two, one)]
    again = await (await desk.open("three", sole_writer=True)).reserve_numbers(1)

    assert [*blocks, again] == [range(1001, 1004), range(1004, 1007), range(1007, 1010),
                                range(1010, 1011)]  # fmt: skip


async def test_a_lease_has_one_holder(store, world):
    """Renewed under its fence by its holder; others get it under a new one when it ran out."""
    first = await store.take_lease("imap", "a", TTL)
    refused = await store.take_lease("imap", "b", TTL)
    renewed = await store.take_lease("imap", "a", TTL)
    world.advance(TTL)

    taken = await store.take_lease("imap", "b", TTL)

    assert (first, refused, renewed, taken) == (1, None, 1, 2)
    assert await store.take_lease("imap", "a", TTL) is None
    assert await store.take_lease("other", "a", TTL) == 1


async def test_a_lease_that_its_holder_let_run_out_gets_a_new_fence(store, world):
    """He may have been away while it was anybody's."""
    await store.take_lease("imap", "a", TTL)
    world.advance(TTL)

    assert await store.take_lease("imap", "a", TTL) == 2


async def test_a_lease_can_be_given_back_by_its_holder_only(store):
    """Its fence goes on counting."""
    await store.take_lease("imap", "a", TTL)

    await store.drop_lease("imap", "b")
    refused = await store.take_lease("imap", "b", TTL)
    await store.drop_lease("imap", "a")

    assert (refused, await store.take_lease("imap", "b", TTL)) == (None, 2)


async def test_leases_are_shown(store):
    """Who holds what, until when; those given back are gone."""
    await store.take_lease("imap", "a", TTL)
    await store.take_lease("clock", "b", TTL)
    await store.drop_lease("clock", "b")

    [row] = await store.leases()

    assert (row.key, row.holder, row.fence, row.expires_at) == ("imap", "a", 1, START + TTL)


async def test_the_first_secret_makes_itself(store):
    """Once, also when several ask at the same time; every later question gets the same."""
    answers = await asyncio.gather(*(store.secrets() for _ in range(5)))

    assert len({tuple(answer) for answer in answers}) == 1
    [secret] = answers[0]
    assert (len(secret.value), secret.created_at) == (32, START)


async def test_a_new_secret_is_first(store):
    """The old ones stay, to check with."""
    [old] = await store.secrets()

    new = await store.add_secret()

    assert await store.secrets() == [new, old]
    assert new.value != old.value


async def test_secrets_are_not_shown_in_texts():
    """A log line with one does not give it away."""
    assert "hush" not in repr(Secret(id=1, value=b"hush", created_at=START))


async def test_the_audit_of_an_empty_desk_is_all_zeros(store):
    """Every summand is a key from the start."""
    sums = await store.audit()

    assert set(sums) == {"accepted", *Outcome, "quarantined", "dropped", "pending", "problems"}
    assert set(sums.values()) == {0}


async def test_the_audit_counts_every_event_once(store):
    """Accepted is the sum of what became of them."""
    keys = [f"k{n}" for n in range(len(Outcome) + 4)]
    items = await store.accept([offer(key) for key in keys], None, claim=True)
    for number, outcome in enumerate(Outcome, 1001):
        item = items.pop()
        await store.apply(plan(done=done(item.claim, outcome, ticket=number), **opened(number)))
    for item in items[:2]:
        await store.quarantine(item.claim, "x", plan())
    await store.drop_event(items[0].claim.id)
    await store.release(items[2].claim)

    sums = dict(await store.audit())

    assert (sums.pop("accepted"), sums.pop("problems")) == (len(keys), 0)
    assert (sums.pop("pending"), sums.pop("quarantined"), sums.pop("dropped")) == (2, 1, 1)
    assert sums == dict.fromkeys(Outcome, 1)


async def damaged(desk, *statements):
    """Return the audit of a desk that somebody put a hand into."""
    store = await desk.open()
    items = await store.accept([offer("a"), offer("b")], None, claim=True)
    end = done(items[0].claim, Outcome.ROUTED, ticket=1001)
    await store.apply(plan(done=end, **opened(1001), sends=(send("s1"),)))
    [sent] = await store.claim_sends(1, lease=MINUTE, now=START, sync=False)
    await store.apply(plan(settled=settled(sent)))
    whole = await store.audit()
    await desk.put_a_hand_in(*statements)
    return whole, await store.audit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inbox SET outcome = NULL WHERE state = 'done'",
        "UPDATE inbox SET ticket = NULL WHERE state = 'done'",
        "UPDATE inbox SET ticket = 77 WHERE state = 'done'",
        "DELETE FROM attempts",
        "DELETE FROM ticket_events",
    ],
)
async def test_the_audit_sees_what_does_not_hold(desk, statement):
    """Each kind of damage is a problem, where there was none."""
    whole, after = await damaged(desk, statement)

    assert (whole["problems"], after["problems"] > 0) == (0, True)


async def test_the_audit_of_a_lost_outcome_does_not_add_up(desk):
    """`accepted` is counted by itself."""
    whole, after = await damaged(desk, "UPDATE inbox SET outcome = NULL WHERE state = 'done'")

    def missing(sums):
        return sums["accepted"] * 2 + sums["problems"] - sum(sums.values())

    assert (missing(whole), missing(after)) == (0, 1)


async def test_depths_say_what_waits_since_when(store):
    """By box, channel and state; what is done is not there."""
    items = await store.accept(
        [offer("a", at=START + MINUTE), offer("b"), offer("c")], None, claim=True
    )
    await store.apply(plan(done=done(items[2].claim), sends=(send("s1"), send("s2"))))
    [sent] = await store.claim_sends(1, lease=MINUTE, now=START, sync=False)
    await store.apply(plan(settled=settled(sent, OutboxState.DEAD)))

    found = await store.depths()

    assert set(found) == {
        Depth(box="inbox", channel="mail", state="claimed", count=2, oldest_at=START),
        Depth(box="outbox", channel="mail", state="dead", count=1, oldest_at=START),
        Depth(box="outbox", channel="mail", state="queued", count=1, oldest_at=START),
    }


async def test_everything_outlives_the_process(desk):
    """What was committed is there when the file is opened again."""
    store = await desk.open()
    [item] = await store.accept([offer("a")], None, claim=True)
    await store.apply(plan(done=done(item.claim), **opened(1001), sends=(send("s1"),)))
    await store.close()

    again = await desk.open()

    assert (await again.ticket(1001)).number == 1001
    assert (await again.outbox_row("s1"))[1] == b"s1"


async def test_another_process_is_noticed(desk):
    """`watch` returns for its commits, also for those since the opening, and not for our own."""
    ours, theirs = await desk.open("ours"), await desk.open("theirs")
    await theirs.accept([offer("a")], None, claim=False)

    await asyncio.wait_for(ours.watch(), 5)
    await ours.accept([offer("b")], None, claim=False)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ours.watch(), 0.5)
    await theirs.accept([offer("c")], None, claim=False)
    await asyncio.wait_for(ours.watch(), 5)


async def test_a_closed_store_answers_that_it_is_closed(store):
    """Nobody waits for ever; closing twice is harmless."""
    await store.ping()
    await store.close()
    await store.close()

    with pytest.raises(StoreUnavailable):
        await store.ping()
    with pytest.raises(StoreUnavailable):
        await store.ticket(1001)


async def test_closing_finishes_what_was_begun(desk):
    """Calls that wait when the store is closed are committed."""
    store = await desk.open()
    calls = [asyncio.ensure_future(store.accept([offer(f"k{n}")], None, claim=False))
             for n in range(20)]  # fmt: skip
    await asyncio.sleep(0)

    await store.close()

    assert sum(len(items) for items in await asyncio.gather(*calls)) == 20


async def test_a_desk_opened_for_looking_is_not_written(desk):
    """Reading works beside a writer; writing says why it does not."""
    writer = await desk.open()
    await writer.apply(plan(**opened(1001)))

    looker = await desk.open("looker", read_only=True)

    assert (await looker.ticket(1001)).number == 1001
    assert await looker.secrets() == []
    with pytest.raises(StoreError):
        await looker.accept([offer("a")], None, claim=False)
    await writer.accept([offer("a")], None, claim=False)
    await asyncio.wait_for(looker.watch(), 5)
