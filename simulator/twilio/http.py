"""Twilio's API 2010-04-01 for messages, over HTTP: create, list, fetch, redact, delete."""

import hmac
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, request

from simulator.carrier.faults import Fault
from simulator.carrier.misbehave import answer
from simulator.twilio import Twilio
from simulator.twilio.fields import CREATE, LIST, UPDATE, read_once
from simulator.twilio.messages import Message, Question, Refused

twilio_api = Blueprint("twilio_api", __name__, url_prefix="/2010-04-01/Accounts/<account>")
REFUSALS: Mapping[str, Callable[[Fault], Exception]] = {
    "500": lambda _: Refused(500, 20500, "Internal server error"),
    "429": lambda _: Refused(429, 20429, "Too many requests"),
    "blocked": lambda _: Refused(400, 21610, "Attempt to send to unsubscribed recipient"),
}


def carrier() -> Twilio:
    """The account this application simulates."""
    found: Twilio = current_app.extensions["twilio"]
    return found


@twilio_api.before_request
def demand_credentials() -> None:
    """Basic authentication with the account's sid and token; 503 while the carrier is down."""
    settings, given = carrier().settings, request.authorization
    if carrier().faults.is_down:
        raise Refused(503, 20503, "Service unavailable")
    known = f"{settings.twilio_account_sid}:{settings.twilio_auth_token}"
    shown = f"{given.username}:{given.password}" if given is not None and given.type == "basic" else ""
    if not hmac.compare_digest(known.encode(), shown.encode()):
        raise Refused(401, 20003, "Authenticate")
    if (request.view_args or {}).get("account") != settings.twilio_account_sid:
        raise Refused(404, 20404, "The requested resource was not found")


@twilio_api.errorhandler(Refused)
def show_refusal(refused: Refused) -> tuple[Response, int]:
    """Errors in Twilio's shape."""
    shown = jsonify(refused.to_json())
    if refused.status == 401:
        shown.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return shown, refused.status


@twilio_api.post("/Messages.json")
def create(account: str) -> Response:
    """Send a message: 201 and its resource."""
    form = read_once(request.form, frozenset(CREATE))
    return serve("send", lambda: show(carrier().send(form), 201))


@twilio_api.get("/Messages.json")
def list_messages(account: str) -> Response:
    """List messages, newest first, with paging."""
    question = Question.read(read_once(request.args, LIST))
    return serve("list", lambda: jsonify(page_of(*carrier().list(question), question)))


@twilio_api.get("/Messages/<sid>.json")
def fetch(account: str, sid: str) -> Response:
    """One message."""
    return serve("fetch", lambda: show(carrier().fetch(sid)))


@twilio_api.post("/Messages/<sid>.json")
def redact(account: str, sid: str) -> Response:
    """Redact a message: the same resource with an empty body."""
    form = read_once(request.form, UPDATE)
    return serve("redact", lambda: show(carrier().redact(sid, form)))


@twilio_api.delete("/Messages/<sid>.json")
def delete(account: str, sid: str) -> Response:
    """Delete a message: 204."""

    def remove() -> Response:
        carrier().delete(sid)
        return Response(status=204)

    return serve("delete", remove)


def serve(call: str, accept: Callable[[], Response]) -> Response:
    """Count the call and answer it, with the fault that waits for it."""
    carrier().calls[call] += 1
    return answer(carrier().faults, carrier().lanes, call, REFUSALS, accept)


def show(message: Message, status: int = 200) -> Response:
    """A message's resource."""
    shown = jsonify(message.to_json(carrier().settings.twilio_account_sid))
    shown.status_code = status
    return shown


def page_of(messages: tuple[Message, ...], more: bool, question: Question) -> dict[str, object]:
    """A page as Twilio lists it; the next goes on behind its last message, whatever came in since."""
    account = carrier().settings.twilio_account_sid
    asked = {key: value for key, value in request.args.items() if key not in ("Page", "PageToken", "PageSize")}
    start = question.page * question.size

    def uri(page: int, token: str | None) -> str:
        query = asked | {"PageSize": str(question.size), "Page": str(page)} | ({"PageToken": token} if token else {})
        return f"{request.path}?{urlencode(query)}"

    return {
        "messages": [message.to_json(account) for message in messages],
        "page": question.page,
        "page_size": question.size,
        "start": start,
        "end": max(start, start + len(messages) - 1),
        "first_page_uri": uri(0, None),
        "next_page_uri": uri(question.page + 1, f"PA{messages[-1].sid}") if more else None,
        "previous_page_uri": uri(question.page - 1, None) if question.page > 0 else None,
        "uri": uri(question.page, question.token),
    }
