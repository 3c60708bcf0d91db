"""A program that sends by SMSGate over real HTTP, and the page's own check of its signature."""

import hashlib
import hmac
from typing import Any

import httpx

from simulator.serve import Running
from tests.simulator.conftest import HTTP, PERSON, SMSGATE, Heard

BASE = "/3rdparty/v1"
CREDENTIALS = (SMSGATE.user, SMSGATE.password)


def post(
    running: Running,
    body: Any,
    path: str = f"{BASE}/message",
    auth: tuple[str, str] = CREDENTIALS,
    timeout: float = 5.0,
) -> httpx.Response:
    """Post any JSON where messages go."""
    return HTTP.post(f"{running.url}{path}", json=body, auth=auth, timeout=timeout)


def message(text: str = "xin chào", person: str = PERSON, **more: Any) -> dict[str, Any]:
    """A message as the program asks for it."""
    return {"textMessage": {"text": text}, "phoneNumbers": [person], **more}


def state(running: Running, number: str, path: str = f"{BASE}/message") -> httpx.Response:
    """Ask what became of a message."""
    return HTTP.get(f"{running.url}{path}/{number}", auth=CREDENTIALS)


def proves(heard: Heard, key: str = SMSGATE.signing_key) -> bool:
    """Whether the signature is what the page says: HMAC-SHA256 over the body and X-Timestamp."""
    signed = heard.body + heard.headers["x-timestamp"].encode()
    return heard.headers["x-signature"] == hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def settled(running: Running) -> None:
    """Wait until everything was delivered."""
    assert running.settle()
