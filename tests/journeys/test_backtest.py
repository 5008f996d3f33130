"""The desk's own inbox as a history: what rules decided is judged again."""

from gateway import backtesting
from gateway.settings import load_settings
from tests.journeys.bench import RULES, open_bench

# One is enough: what is tried here stores nothing.
BACK_ENDS = ("sqlite",)


async def test_the_desks_own_inbox_is_a_history(tmp_path):
    """Questions and automatic mail are judged again; a follow-up was never the rules' to decide."""
    async with open_bench(tmp_path / "desk") as desk:
        await desk.mail("ana@cust.example", "VPN", "Our VPN is down again")
        await desk.mail("bob@cust.example", "Password", "I forgot my password")
        await desk.mail("eva@cust.example", "Away", "On holiday", auto_submitted="auto-replied")
        receipt = (await desk.sent("ana@cust.example"))[0]
        answer = {"in_reply_to": receipt["Message-ID"], "to": receipt["Reply-To"]}
        row = await desk.mail("ana@cust.example", "Re: VPN", "It is still down", **answer)
        await desk.order("note", ticket=(await desk.ticket(row)).reference, text="seen")
        assert row.outcome == "appended"
    other = tmp_path / "other"
    other.mkdir()
    changed = RULES.replace("team: network, level: 2", "team: service-desk")
    (other / "desk.yaml").write_text(changed)
    settings = load_settings(tmp_path / "desk" / "config.toml", {})
    heard = []

    report = await backtesting.backtest_inbox(
        settings,
        backtesting.job_of(settings, other),
        told=lambda total, passed: heard.append((total, passed)),
    )

    assert (report.total, report.damaged_total) == (3, 0)
    assert report.outcomes == {"routed": 1, "answered": 1, "ignored": 1}
    (verdict,) = report.changed
    assert (verdict.decision.outcome.team, verdict.after.outcome.team) == (
        "network",
        "service-desk",
    )
    assert heard[-1][0] >= heard[-1][1] > 0
