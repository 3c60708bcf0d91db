"""SMSGate's API for messages over HTTP, under any path: /message and /messages, as its servers have it."""

import hmac
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, current_app, jsonify, request

from simulator.carrier.faults import Fault
from simulator.carrier.misbehave import answer
from simulator.smsgate import Smsgate
from simulator.smsgate.requests import Refused, Sending

smsgate_api = Blueprint("smsgate_api", __name__)
REFUSALS: Mapping[str, Callable[[Fault], Exception]] = {
    "500": lambda _: Refused(500, "failed to handle request"),
    "429": lambda fault: Refused(429, "Message rate limit exceeded", max(1, round(fault.size))),
    "blocked": lambda _: Refused(400, "can't use phone in row 1: not mobile phone number"),
}


def carrier() -> Smsgate:
    """The telephone this application simulates."""
    found: Smsgate = current_app.extensions["smsgate"]
    return found


@smsgate_api.before_request
def demand_credentials() -> None:
    """Basic authentication; 503 while the server is down."""
    own, given = carrier().own, request.authorization
    if carrier().faults.is_down:
        raise Refused(503, "Service unavailable")
    shown = f"{given.username}:{given.password}" if given is not None and given.type == "basic" else ""
    if not hmac.compare_digest(f"{own.user}:{own.password}".encode(), shown.encode()):
        raise Refused(401, "Unauthorized")


@smsgate_api.errorhandler(Refused)
def show_refusal(refused: Refused) -> tuple[Response, int]:
    """Errors in SMSGate's shape."""
    shown = jsonify({"message": refused.message})
    if refused.status == 401:
        shown.headers["WWW-Authenticate"] = 'Basic realm="Restricted"'
    if refused.retry_after is not None:
        shown.headers["Retry-After"] = str(refused.retry_after)
    return shown, refused.status


@smsgate_api.post("/<any(message, messages):_>")
@smsgate_api.post("/<path:prefix>/<any(message, messages):_>")
def send(_: str, prefix: str = "") -> Response:
    """Send a message: 202, its state, and where to ask for it."""
    return serve("send", accept)


@smsgate_api.get("/<any(message, messages):_>/<number>")
@smsgate_api.get("/<path:prefix>/<any(message, messages):_>/<number>")
def fetch(_: str, number: str, prefix: str = "") -> Response:
    """The state of a message."""
    return serve("fetch", lambda: show(carrier().fetch(number)))


def serve(call: str, accept: Callable[[], Response]) -> Response:
    """Count the call and answer it, with the fault that waits for it."""
    carrier().calls[call] += 1
    return answer(carrier().faults, carrier().lanes, call, REFUSALS, accept)


def accept() -> Response:
    """Send what the request asks for."""
    if not request.is_json:
        raise Refused(400, "failed to parse request")
    skip = request.args.get("skipPhoneValidation") == "true"
    shown = show(carrier().send(request.get_json(silent=True), skip))
    shown.status_code = 202
    return shown


def show(sending: Sending) -> Response:
    """A message's state, with its address."""
    shown = jsonify(sending.to_json(carrier().own.device_id))
    path = request.path if request.method == "GET" else f"{request.path}/{sending.id}"
    shown.headers["Location"] = path
    return shown
