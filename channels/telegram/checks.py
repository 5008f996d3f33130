"""What is wrong with a Telegram channel, found before messages are lost over it.

Called through `TelegramChannel.check`. Without ``connect`` it only looks at settings, secrets and
places; with it, it asks Telegram, and takes no updates from a running desk.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from channels.problems import REACH_HINT, missing_packages, problem, variable_of
from channels.telegram.bot import ConfiguredBot
from channels.telegram.ids import read_where
from channels.telegram.webhook import trouble_in, webhook_url
from gateway.errors import Problem
from gateway.model.people import Place

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{30,64}")
# 1-256 of these: core.telegram.org/bots/api#setwebhook
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PRIVACY = (
    "privacy mode is on: in groups the bot sees only commands, answers to its own messages, and"
    " mentions only where Telegram delivers them; no other talk"
)
_PRIVACY_HINT = (
    "that is enough for groups of agents. For groups of requesters make the bot an administrator,"
    " or switch privacy off at @BotFather (/setprivacy) and add the bot to its groups anew"
)


def check_settings(bot: ConfiguredBot) -> Iterator[Problem]:
    """Yield what is wrong with settings, secrets and what is installed."""
    yield from missing_packages(("telegram",), "telegram")
    yield from _check_token(bot)
    if bot.settings.mode == "webhook":
        yield from _check_webhook_settings(bot)
    scheme, _, host = bot.settings.api_url.partition("://")
    is_here = re.match(r"(?:localhost|127\.[0-9.]+|\[::1\])(?:[:/]|$)", host)
    if scheme == "http" and not is_here:
        text = f"api_url = {bot.settings.api_url} is used without TLS: anybody on the way can"
        yield problem(f"{text} read the token", "use https", warn=True)


def _check_token(bot: ConfiguredBot) -> Iterator[Problem]:
    token = bot.setup.secrets.get("BOT_TOKEN")
    if token is None:
        hint = "get one from @BotFather; set it in the environment, or name a file: bot_token_file"
        yield problem(f"{variable_of(bot.name, 'BOT_TOKEN')} is not set", hint)
    elif token and not _TOKEN.fullmatch(token):
        hint = "it looks like 123456789:AAE… and comes from @BotFather"
        yield problem(f"{variable_of(bot.name, 'BOT_TOKEN')} is no bot token", hint)


def _check_webhook_settings(bot: ConfiguredBot) -> Iterator[Problem]:
    secret = bot.setup.secrets.get("WEBHOOK_SECRET")
    if secret is None:
        hint = "any 1-256 letters, digits, _ and -; or name a file: webhook_secret_file"
        yield problem(f"{variable_of(bot.name, 'WEBHOOK_SECRET')} is not set", hint)
    elif secret and not _SECRET.fullmatch(secret):
        hint = "Telegram takes 1-256 letters, digits, _ and -"
        yield problem(f"{variable_of(bot.name, 'WEBHOOK_SECRET')} has other characters", hint)
    if not bot.setup.public_url:
        hint = 'set [http] public_url = "https://…", or mode = "polling", which needs none'
        yield problem('mode = "webhook" needs [http] public_url', hint)
    elif not bot.setup.public_url.startswith("https://"):
        text = f"Telegram posts to https only, and [http] public_url is {bot.setup.public_url}"
        yield problem(text, warn=bot.settings.api_url.startswith("http://"))


def check_where(where: str) -> Problem | None:
    """Return what is wrong with a place: it has to be a chat, or a topic in one."""
    try:
        read_where(where)
    except ValueError as error:
        hint = "write it as telegram:-1001234567890, with /77 behind it for topic 77"
        return problem(str(error), hint)
    return None


async def check_online(bot: ConfiguredBot, places: Sequence[Place]) -> Sequence[Problem]:
    """Return what Telegram says is wrong."""
    from telegram.error import TelegramError  # noqa: PLC0415 - 0.4 s

    from channels.telegram.api import error_of, out_of_reach  # noqa: PLC0415

    found: list[Problem] = []
    try:
        me = await bot.api.call("getMe")
        groups = [place for place in places if read_where(place.where).chat < 0]
        found += _check_me(me)
        found += _check_webhook(bot, await bot.api.call("getWebhookInfo"))
        for place in groups:
            found += [one async for one in _check_group(bot, me["id"], place)]
    except TelegramError as error:
        failure = error_of(error)
        if why := out_of_reach(error):
            text = f"Telegram at {bot.settings.api_url} cannot be reached: {why}"
            found.append(problem(text, REACH_HINT))
        elif failure.code == "401":
            found.append(problem(failure.reason, "get the token anew from @BotFather"))
        else:
            found.append(problem(f"Telegram: {failure.reason}"))
    return found


def _check_me(me: Mapping[str, Any]) -> Iterator[Problem]:
    if not me.get("can_read_all_group_messages"):
        yield problem(f"@{me.get('username')}: {_PRIVACY}", _PRIVACY_HINT, warn=True)
    if me.get("can_join_groups") is False:
        text = f"@{me.get('username')} may not be added to groups"
        yield problem(text, "allow it at @BotFather: /setjoingroups", warn=True)


def _check_webhook(bot: ConfiguredBot, info: Mapping[str, Any]) -> Iterator[Problem]:
    url = str(info.get("url") or "")
    if trouble := trouble_in(info):
        yield problem(f"webhook: {trouble}", warn=True)
    if bot.settings.mode == "polling" and url:
        text = "the bot has a webhook. The desk deletes it when it starts, and loses nothing"
        yield problem(text, "stop whoever set it", warn=True)
    if bot.settings.mode == "webhook" and url and url != webhook_url(bot):
        text = "the bot has another webhook. The desk replaces it when it starts"
        yield problem(text, "stop whoever set it", warn=True)


async def _check_group(bot: ConfiguredBot, me: int, place: Place) -> AsyncIterator[Problem]:
    from telegram.error import BadRequest, ChatMigrated, Forbidden  # noqa: PLC0415

    where = read_where(place.where)
    try:
        chat = await bot.api.call("getChat", {"chat_id": where.chat})
        asked = {"chat_id": where.chat, "user_id": me}
        member = await bot.api.call("getChatMember", asked)
    except ChatMigrated as error:
        hint = f"write {place.channel}:{error.new_chat_id} in the rule file"
        yield problem(f"{place}: the group became a supergroup", hint)
    except (BadRequest, Forbidden):
        hint = "add the bot to the group; `ventanilla inbox list --all` shows its number then"
        yield problem(f"{place}: the bot is in no such group", hint)
    else:
        if not _may_write(member):
            yield problem(f"{place}: the bot may not write there", "give it the right")
        if where.topic is not None and not chat.get("is_forum"):
            yield problem(f"{place}: the group has no topics", "leave out the topic")


def _may_write(member: Mapping[str, Any]) -> bool:
    status = member.get("status")
    if status == "restricted":
        return bool(member.get("can_send_messages"))
    return status not in ("left", "kicked")
