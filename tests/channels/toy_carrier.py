"""The loft that carries the toy channel's letters: HTTP on this machine, and the ways in which it goes wrong."""

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SIZES = {"time_out_before": 30.0, "time_out_after_accepting": 30.0, "slow": 3.0, "429": 1.0}
LONGEST = 500


@dataclass
class Loft:
    """What it holds: letters by the id that their sender gave, and the faults that wait for the next ones."""

    key: str
    url: str = ""
    letters: dict[str, tuple[str, str]] = field(default_factory=dict)
    faults: deque[tuple[str, float]] = field(default_factory=deque)
    is_down: bool = False
    closing: threading.Event = field(default_factory=threading.Event)

    def meet(self, address: str) -> None:
        """Anybody can be written to."""

    def screen(self, address: str) -> list[str]:
        """The letters that reached somebody."""
        return [words for who, words in list(self.letters.values()) if who == address]

    def spoil(self, fault: str, size: float | None = None) -> None:
        """The next letter meets with this."""
        self.is_down = self.is_down or fault == "down"
        if fault != "down":
            self.faults.append((fault, SIZES.get(fault, 0.0) if size is None else size))

    def mend(self) -> None:
        """All is well."""
        self.faults.clear()
        self.is_down = False

    def serve(self, key: str, path: str, body: bytes) -> tuple[int, object] | None:
        """Status and answer to one request; None hangs up without a word."""
        if self.is_down or key != f"Bearer {self.key}":
            return 503 if self.is_down else 401, {}
        if path != "/out":
            found = path.removeprefix("/out/")
            return (200, {"id": found}) if found in self.letters else (404, {})
        return self._take(json.loads(body))

    def _take(self, asked: dict[str, str]) -> tuple[int, object] | None:
        fault, size = self.faults.popleft() if self.faults else ("", 0.0)
        refused: dict[str, tuple[int, object] | None] = {
            "500_before": (500, {}),
            "429": (429, {"wait": int(size)}),
            "blocked": (403, {"error": "shut"}),
            "time_out_before": None,
        }
        if fault not in refused and len(asked["words"]) <= LONGEST:
            self.letters[asked["ref"]] = (asked["who"], asked["words"])
        if fault.startswith("time_out") or fault == "slow":
            self.closing.wait(size)
        if fault in refused or len(asked["words"]) > LONGEST:
            return refused.get(fault, (400, {}))
        late: dict[str, tuple[int, object] | None] = {
            "500_after_accepting": (500, {}),
            "time_out_after_accepting": None,
            "wrong_json": (200, "<html>"),
        }
        return late.get(fault, (200, {"id": asked["ref"]}))


@contextmanager
def open_loft(key: str) -> Iterator[Loft]:
    """A loft that serves until the with-block ends."""
    loft = Loft(key)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answered = loft.serve(self.headers.get("Authorization", ""), self.path, body)
            if answered is None:
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            told = answered[1].encode() if isinstance(answered[1], str) else json.dumps(answered[1]).encode()
            self.send_response(answered[0])
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST  # noqa: N815  # the name that http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        loft.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield loft
        loft.closing.set()
        server.shutdown()
