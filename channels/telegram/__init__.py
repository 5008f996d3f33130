"""Telegram: a bot that people write to, alone or in groups, and that works in agents' groups.

`TelegramChannel` is in `channel`; nothing is imported here, so that the parser's child process
loads no Telegram library.
"""
