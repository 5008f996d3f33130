"""Access tokens: which refresh token they are asked for with."""

from __future__ import annotations

import pytest

from channels.email.oauth import AccessTokens, OAuthError
from gateway.world import RealWorld
from tests.fakes.oauth_server import OAuthServer


def access_tokens(provider: OAuthServer) -> AccessTokens:
    """Return a channel's access tokens; ``refresh`` is what the operator has set."""
    return AccessTokens(
        url=provider.url,
        client_id="app",
        client_secret=lambda: "",
        refresh_token=lambda: "refresh",
        world=RealWorld(),
    )


def test_a_new_refresh_token_takes_the_place_of_the_old_one() -> None:
    """A provider that gives one with each access token may take no older one."""
    with OAuthServer(good="refresh", expires_in=0) as provider:
        tokens = access_tokens(provider)

        got = [tokens.get() for _ in range(3)]

    assert got == ["token-1", "token-2", "token-3"]
    asked_with = [form["refresh_token"] for form in provider.forms]
    assert asked_with == [["refresh"], ["refresh-1"], ["refresh-2"]]


def test_where_the_new_refresh_token_is_refused_the_configured_one_is_tried() -> None:
    """It was taken back, and what the operator has set may be good still."""
    with OAuthServer(good="refresh", expires_in=0) as provider:
        tokens = access_tokens(provider)
        tokens.get()
        provider.good = "refresh"
        with pytest.raises(OAuthError, match="400 Bad Request: invalid_grant"):
            tokens.get()

        assert tokens.get() == "token-3"


def test_a_provider_in_trouble_costs_no_refresh_token() -> None:
    """Only who says no to a token makes us forget it."""
    with OAuthServer(good="refresh", expires_in=0) as provider:
        tokens = access_tokens(provider)
        tokens.get()
        provider.status = 503
        with pytest.raises(OAuthError, match="503"):
            tokens.get()
        provider.status = 200

        assert tokens.get() == "token-3"
