"""The official twilio client, pointed at the simulator, and the official validator of its webhooks."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from simulator.serve import Running
from tests.simulator.conftest import ACCOUNT, AUTH_TOKEN, LINE, PERSON, Heard, Program


class Redirected(TwilioHttpClient):  # type: ignore[misc]  # twilio ships no types
    """The official transport with another scheme and host, and a time-out."""

    def __init__(self, url: str, timeout: float = 5.0) -> None:
        super().__init__(timeout=timeout, max_retries=0)
        self.target = urlsplit(url)

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Response:
        """As the parent, to the simulator."""
        where = urlsplit(url)
        moved = urlunsplit((self.target.scheme, self.target.netloc, where.path, where.query, ""))
        return super().request(method, moved, *args, **more)


def client_of(running: Running, token: str = AUTH_TOKEN, timeout: float = 5.0) -> Client:
    """The official client, pointed at the simulator."""
    return Client(ACCOUNT, token, http_client=Redirected(running.url, timeout))


def send(running: Running, body: str = "xin chào", **more: Any) -> str:
    """Send one message with the official client; its sid."""
    return str(client_of(running).messages.create(to=PERSON, from_=LINE, body=body, **more).sid)


def settled(running: Running) -> None:
    """Wait until everything was delivered."""
    assert running.settle()


def proves(heard: Heard, program: Program) -> bool:
    """Whether the official validator takes the signature for Twilio's."""
    found: bool = RequestValidator(AUTH_TOKEN).validate(
        program.url + heard.path, heard.form, heard.headers["x-twilio-signature"]
    )
    return found
