"""A token endpoint as RFC 6749 wants it: numbered tokens, or an error when it is told so."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs


class OAuthServer:
    """Gives ``token-1``, ``token-2`` and so on; ``forms`` holds what was asked."""

    def __init__(self, *, status: int = 200, expires_in: int = 3600) -> None:
        self.forms: list[dict[str, list[str]]] = []
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

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                outer.forms.append(parse_qs(self.rfile.read(length).decode()))
                answer = {
                    "access_token": f"token-{len(outer.forms)}",
                    "expires_in": outer.expires_in,
                }
                if outer.status != HTTPStatus.OK:
                    answer = {"error": "invalid_grant", "error_description": "refresh is over"}
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
