"""Tickets of a team that vanished from the rule files find somebody."""

from gateway.journey.handover.hand_over import hand_over
from gateway.model.ticket import EventKind
from tests.journeys.bench import RULES, open_bench, text_of

WITHOUT_NETWORK = (
    RULES.replace("team: network, level: 2", "team: service-desk")
    .replace("team: network", "team: service-desk")
    .replace('  network: {level: 2, tell: ["email:network@acme.example"], agents: [gus]}\n', "")
)


async def test_tickets_of_a_vanished_team_go_to_the_fallbacks(desk, tmp_path):
    """They are moved once, with a line of history, and the new team is told what was asked."""
    row = await desk.mail("ana@cust.example", "VPN", "Our VPN is down again")
    other = await desk.mail("bob@cust.example", "Lift", "The lift is broken")
    async with open_bench(tmp_path / "other", rules=WITHOUT_NETWORK) as changed:
        desk.desk.rules = changed.desk.rules

    moved = await hand_over(desk.desk)

    ticket = await desk.ticket(row)
    assert (moved, ticket.team, ticket.level) == (1, "service-desk", 1)
    assert (await desk.ticket(other)).version == 1
    (line,) = [e.text for e in await desk.said(row) if e.kind is EventKind.STATE][-1:]
    assert line.endswith("the rule files have no team network any more")
    told = (await desk.sent("desk@acme.example"))[-1]
    assert "Our VPN is down again" in text_of(told)
    assert await hand_over(desk.desk) == 0
