"""Reply tokens: only we can make them, and each is good for one thing."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gateway.contracts.store import Secret
from gateway.journey.who.tokens import DeliveryToken, Keyring, Role, TicketToken

THEN = datetime(2026, 11, 1, tzinfo=UTC)
OLD = Secret(id=1, value=b"o" * 32, created_at=THEN)
NEW = Secret(id=2, value=b"n" * 32, created_at=THEN)
RING = Keyring([NEW, OLD])
ROLES = st.sampled_from([Role.REQUESTER, Role.TEAM, Role.VENDOR])
OUTBOX_IDS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16)


@given(ROLES, st.integers(1, 2**40), st.integers(0, 2**15))
def test_token_says_what_it_is_bound_to(role, ticket, party):
    """In any case: some mail systems write addresses in capitals."""
    token = RING.for_ticket(role, ticket, party)

    assert RING.read(token.upper()) == TicketToken(role, ticket, party)
    assert len(token) <= 40


@given(OUTBOX_IDS)
def test_delivery_token_says_its_row(outbox_id):
    """A bounce finds the row whatever it says about itself."""
    assert RING.read(RING.for_delivery(outbox_id)) == DeliveryToken(outbox_id)


@given(st.data())
def test_changed_token_is_nobodys(data):
    """One other character, a cut or an addition: it is not ours."""
    token = RING.for_ticket(Role.REQUESTER, 1042, 1)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
    changed = token[:place] + other + token[place + 1 :]

    assert changed == token or RING.read(changed) is None
    assert RING.read(token[:place]) is None
    assert RING.read(token + other) is None


@given(st.text(max_size=80))
def test_reading_never_raises(text):
    """Anybody may write anything into an address."""
    assert RING.read(text) is None


def test_old_key_still_checks_and_a_revoked_one_does_not():
    """Rotation loses no reply; taking a key away revokes its tokens."""
    token = Keyring([OLD]).for_ticket(Role.REQUESTER, 7, 1)

    assert RING.read(token) == TicketToken(Role.REQUESTER, 7, 1)
    assert Keyring([NEW]).read(token) is None


def test_token_of_another_desk_is_nobodys():
    """Keys are the desk's own."""
    other = Keyring([Secret(id=2, value=b"x" * 32, created_at=THEN)])

    assert RING.read(other.for_ticket(Role.TEAM, 7, 0)) is None


@given(OUTBOX_IDS, OUTBOX_IDS)
def test_message_id_is_ours_only_with_its_stamp(ours, theirs):
    """A guessed id of our form is not ours."""
    right = f"<v.{ours}.{RING.stamp(ours)}@acme.example>"
    wrong = f"<v.{theirs}.{RING.stamp(ours)}@acme.example>"

    assert RING.outbox_id_of(right) == ours
    assert ours == theirs or RING.outbox_id_of(wrong) is None
