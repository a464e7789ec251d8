"""A controller that writes down what it is taught: HTTP as rspamd's, the answers as the test wants them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class FilterServer(ThreadingHTTPServer):
    """Listens on a port of its own."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lessons: list[tuple[str, str, bytes]] = []  #: path, password, message
        self.answers: list[int] = []  #: status codes of the next answers; then 200
        self.heard = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: FilterServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.lessons.append((self.path, self.headers["Password"], body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        text = b"" if status == 204 else b'{"success":true}'
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.server.heard.set()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the interface
        """Keep the output of the tests clean."""


@pytest.fixture
def filter_server() -> Iterator[FilterServer]:
    with FilterServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
