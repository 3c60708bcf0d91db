"""A program that keeps Zalo's tokens and sends messages, over real HTTP; Zalo has no client of its own."""

import hashlib
from dataclasses import dataclass
from typing import Any

import httpx

from simulator.serve import Running
from tests.simulator.conftest import HTTP, ZALO, Heard

PERSON = "2468458835296117922"


@dataclass
class Client:
    """The program's side: one pair of tokens."""

    running: Running
    refresh_token: str = ZALO.refresh_token
    access_token: str = ""

    def ask_tokens(self, secret: str = ZALO.app_secret, **other: str) -> httpx.Response:
        """Ask for another pair, without keeping it."""
        form = {"app_id": ZALO.app_id, "grant_type": "refresh_token", "refresh_token": self.refresh_token, **other}
        url = f"{self.running.url}/v4/oa/access_token"
        return HTTP.post(url, data=form, headers={"secret_key": secret})

    def refresh(self) -> dict[str, str]:
        """Ask for another pair and keep it."""
        found: dict[str, str] = self.ask_tokens().json()
        self.access_token, self.refresh_token = found["access_token"], found["refresh_token"]
        return found

    def post(self, body: Any, timeout: float = 5.0) -> httpx.Response:
        """Post any JSON where messages go."""
        url, headers = f"{self.running.url}/v3.0/oa/message/cs", {"access_token": self.access_token}
        return HTTP.post(url, json=body, headers=headers, timeout=timeout)

    def send(self, text: str = "xin chào", person: str = PERSON) -> dict[str, Any]:
        """Send a message; the answer, refreshing first when there is no token yet."""
        if not self.access_token:
            self.refresh()
        found: dict[str, Any] = self.post({"recipient": {"user_id": person}, "message": {"text": text}}).json()
        return found


def proves(heard: Heard, first: str = ZALO.app_id, key: str = ZALO.oa_secret, prefix: str = "mac=") -> bool:
    """Whether the signature is what the page says: SHA-256 of the application, the body, its time and the secret."""
    signed = first.encode() + heard.body + heard.json["timestamp"].encode() + key.encode()
    return heard.headers["x-zevent-signature"] == prefix + hashlib.sha256(signed).hexdigest()


def settled(running: Running) -> None:
    """Wait until everything was delivered."""
    assert running.settle()


def names(heard: list[Heard]) -> list[str]:
    """The names of the events heard."""
    return [str(one.json["event_name"]) for one in heard]
