"""Zalo over HTTP: the token of oauth.zaloapp.com and the messages of openapi.zalo.me, on one address."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, current_app, g, jsonify, request

from simulator.carrier.faults import Fault
from simulator.carrier.misbehave import answer
from simulator.zalo import Zalo, too_many
from simulator.zalo.requests import Refused, invalid, window_closed

zalo_api = Blueprint("zalo_api", __name__)
REFUSALS: Mapping[str, Callable[[Fault], Exception]] = {
    "500": lambda _: Refused(-100, "Unknown error", 500),
    "429": lambda _: too_many(),
    "blocked": lambda _: Refused(-213, "User has not followed OA"),
    "window_closed": lambda _: window_closed(),
    "token_expired": lambda _: carrier().tokens.expire(),
}


def carrier() -> Zalo:
    """The Zalo this application simulates."""
    found: Zalo = current_app.extensions["zalo"]
    return found


@zalo_api.before_request
def demand_up() -> None:
    """503 while the carrier is down."""
    if carrier().faults.is_down:
        raise Refused(-100, "Service unavailable", 503)


@zalo_api.errorhandler(Refused)
def show_refusal(refused: Refused) -> tuple[Response, int]:
    """Errors in Zalo's shape, with HTTP 200 as a rule."""
    if refused.error == too_many().error:
        g.left = 0
    shown = refused.to_oauth_json() if request.path.startswith("/v4/") else refused.to_json()
    return jsonify(shown), refused.status


@zalo_api.after_request
def add_limits(shown: Response) -> Response:
    """How many calls the application has in a minute, and how many are left."""
    if "left" in g:
        shown.headers["X-RateLimit-Limit"] = str(carrier().account.calls_a_minute)
        shown.headers["X-RateLimit-Remain"] = str(g.left)
    return shown


@zalo_api.post("/v4/oa/access_token")
def refresh() -> Response:
    """Another pair of tokens; a form, with the app's secret in the header secret_key."""
    zalo = carrier()
    zalo.calls["refresh"] += 1
    secret, form = request.headers.get("secret_key", ""), request.form
    return answer(zalo.faults, zalo.lanes, "refresh", REFUSALS, lambda: jsonify(zalo.tokens.refresh(secret, form)))


@zalo_api.get("/v2.0/oa/getoa")
def tell_account() -> Response:
    """What the Official Account is; the token in the header access_token."""
    zalo = carrier()
    g.left = zalo.count_call("getoa")
    zalo.tokens.demand(request.headers.get("access_token", ""))
    about = {"oa_id": zalo.account.oa_id, "name": "Simulated account", "is_verified": True}
    shown = {"data": about, "error": 0, "message": "Success"}
    return answer(zalo.faults, zalo.lanes, "getoa", REFUSALS, lambda: jsonify(shown))


@zalo_api.post("/v3.0/oa/message/cs")
def send() -> Response:
    """A consultation message; the token in the header access_token."""
    zalo = carrier()
    g.left = zalo.count_call("send")
    zalo.tokens.demand(request.headers.get("access_token", ""))
    return answer(zalo.faults, zalo.lanes, "send", REFUSALS, accept)


def accept() -> Response:
    """Send what the request asks for."""
    if not request.is_json:
        raise invalid("Content-Type")
    return jsonify({"data": carrier().send(request.get_json(silent=True)), "error": 0, "message": "Success"})
