"""What attackers do, and what must not come of it. Every attack has a twin with the defence off.

Rows of identity and authority, and where each is tested through the journey:

1 an agent's name without proof, 2 two addresses in From, 4 Reply-To and Sender, 6 results that are
not our server's, 8 our own headers from outside, 15 an agent no more, 16 a forwarded notice,
9 a reference in the subject, 10 a message id, 11 who is copied, 12 a verification mail, 14 wrong
reply tokens: `test_identity_rows`, and more of each in `test_authority`.
18 Slack's edits, deletions, bots and our own posts: `test_slack_rows`.
19 Telegram's anonymous admins, forwards, bots and members: `test_telegram_rows`.
20 names that pretend, 21 an address that is claimed: `test_identity_rows`, `test_telegram_rows`.
"""
