"""A token endpoint as RFC 6749 wants it: numbered tokens, or an error when it is told so."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs


class OAuthServer:
    """Gives ``token-1``, ``token-2`` and so on; ``forms`` holds what was asked.

    ``good`` is the only refresh token that it takes: with each access token it gives another one,
    ``refresh-1`` and so on, and takes only that from then on. None: it takes any, and gives none.
    """

    def __init__(
        self, *, status: int = 200, expires_in: int = 3600, good: str | None = None
    ) -> None:
        self.forms: list[dict[str, list[str]]] = []
        self.good = good
        self.status, self.expires_in = status, expires_in
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self) -> tuple[int, dict[str, object]]:
        number = len(self.forms)
        is_refused = self.good is not None and self.forms[-1]["refresh_token"] != [self.good]
        if self.status != HTTPStatus.OK or is_refused:
            status = HTTPStatus.BAD_REQUEST if is_refused else self.status
            return status, {"error": "invalid_grant", "error_description": "refresh is over"}
        answer: dict[str, object] = {
            "access_token": f"token-{number}",
            "expires_in": self.expires_in,
        }
        if self.good is not None:
            self.good = answer["refresh_token"] = f"refresh-{number}"
        return HTTPStatus.OK, answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                outer.forms.append(parse_qs(self.rfile.read(length).decode()))
                status, answer = outer._answer()
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
