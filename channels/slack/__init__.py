"""The Slack channel: Socket Mode or HTTP events in, Web API out. See `channels.slack.channel`.

Nothing is imported here: the parser's child needs `channels.slack.parse` and none of Slack's
libraries.
"""
