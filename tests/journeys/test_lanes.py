"""Lanes and bursts: order within a conversation, nothing forgotten, whatever comes when."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.journey.lanes import Lanes
from gateway.model.inbox import Claim, InboxItem
from gateway.model.message import RawEvent
from tests.fakes.world import START, FakeWorld

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.sampled_from("abc"), st.sampled_from(["", "x", "y"])),
        st.tuples(st.just("quiet"), st.just(""), st.just("")),
        st.tuples(st.just("end"), st.integers(0, 3), st.just("")),
    ),
    max_size=40,
)


class Quiet:
    """Calls that wait until it has been quiet."""

    def __init__(self):
        self.calls = []

    def later(self, _seconds, call):
        """See `Later`."""
        self.calls.append(call)

    def fire(self):
        """Let all of them happen."""
        calls, self.calls = self.calls, []
        for call in calls:
            call()


def item(number, lane, burst):
    """Return an event in hand."""
    event = RawEvent(channel="chat", body=b"", facts={}, received_at=START)
    claim = Claim(id=number, fence=1, attempts=0)
    quiet = timedelta(seconds=3)
    return InboxItem(claim=claim, lane=lane, event=event, burst=burst, quiet=quiet)


class Handler:
    """Whoever handles what `Lanes` hands out, and looks that it is right."""

    def __init__(self):
        self.quiet = Quiet()
        self.lanes = Lanes(FakeWorld(), self.quiet.later)
        self.taken, self.done, self.out = [], [], []

    def come(self, lane, burst):
        """Let an event come in."""
        self.taken.append(item(len(self.taken), lane, burst))
        self.lanes.take(self.taken[-1])

    def look(self):
        """Take what is handed out: it is of one burst, and no lane is in hand twice."""
        while not self.lanes._ready.empty():
            sitting = self.lanes._ready.get_nowait()
            assert len({i.burst for i in sitting}) == 1
            busy = {i.lane for others in self.out for i in others}
            assert busy.isdisjoint(i.lane for i in sitting)
            self.out.append(sitting)

    def end(self, number):
        """Have done with a sitting that is in hand."""
        if number < len(self.out):
            sitting = self.out.pop(number)
            self.done.extend(sitting)
            self.lanes.leave(sitting)

    def finish(self):
        """Go on until nothing is in hand."""
        while self.lanes.in_hand:
            self.quiet.fire()
            self.look()
            self.end(0)


@settings(deadline=None)
@given(STEPS)
def test_every_event_is_handed_out_once_and_in_the_order_of_its_lane(steps):
    """A sitting is of one burst; a lane has at most one in hand; nothing stays behind."""
    handler = Handler()
    for what, first, burst in steps:
        if what == "come":
            handler.come(first, burst)
        elif what == "quiet":
            handler.quiet.fire()
        else:
            handler.end(first)
        handler.look()
    handler.finish()

    assert sorted(i.claim.id for i in handler.done) == list(range(len(handler.taken)))
    for lane in "abc":
        ids = [i.claim.id for i in handler.done if i.lane == lane]
        assert ids == sorted(ids)
