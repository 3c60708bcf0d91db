"""How a carrier calls the program: one POST, or several copies of it at the same moment."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import httpx


@dataclass(frozen=True)
class Attempt:
    """One webhook call: what it was about, never what it said; the answer's status, None for no answer."""

    kind: str
    id: str
    code: int | None
    at: datetime

    @property
    def acknowledged(self) -> bool:
        """Whether the program took responsibility for it."""
        return self.code is not None and 200 <= self.code < 300


@dataclass(frozen=True)
class Answer:
    """What came back; `code` is None when nothing did. `form` is the content type."""

    code: int | None
    body: bytes = b""
    form: str = ""
    connected: bool = True

    @property
    def acknowledged(self) -> bool:
        """Whether the program took responsibility for it."""
        return self.code is not None and 200 <= self.code < 300


class Postman:
    """Posts webhooks, each on a connection of its own: a restarted program never meets a stale one."""

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.Client(limits=limits, trust_env=False, follow_redirects=False)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float, copies: int = 1) -> list[Answer]:
        """Post the same bytes `copies` times at once; the answers. Never raises for a failed call."""
        if copies == 1:
            return [self._post(url, body, headers, timeout)]
        together = threading.Barrier(copies)

        def post_with_the_others(_: int) -> Answer:
            together.wait(timeout)
            return self._post(url, body, headers, timeout)

        with ThreadPoolExecutor(copies) as pool:
            return list(pool.map(post_with_the_others, range(copies)))

    def _post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Answer:
        try:
            answer = self._client.post(url, content=body, headers=dict(headers), timeout=timeout)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Answer(None, connected=False)
        except (httpx.HTTPError, httpx.InvalidURL):
            return Answer(None)
        return Answer(answer.status_code, answer.content, answer.headers.get("content-type", ""))

    def close(self) -> None:
        """Close what is open."""
        self._client.close()
