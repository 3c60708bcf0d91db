"""Telegram's Bot API over HTTP: /bot<token>/<method>, form, query or JSON in; {"ok", "result"} out."""

import re
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, current_app, jsonify, request

from simulator.carrier.faults import Fault
from simulator.carrier.misbehave import answer
from simulator.telegram import Telegram
from simulator.telegram.shapes import JSON, Refused, blocked, too_many

telegram_api = Blueprint("telegram_api", __name__)
TOKEN = re.compile(r"[0-9]{1,18}:[A-Za-z0-9_-]{20,}")
REFUSALS: Mapping[str, Callable[[Fault], Exception]] = {
    "500": lambda _: Refused(500, "Internal Server Error"),
    "429": lambda fault: too_many(max(1, round(fault.size))),
    "blocked": lambda _: blocked(),
}


def carrier() -> Telegram:
    """The Telegram this application simulates."""
    found: Telegram = current_app.extensions["telegram"]
    return found


@telegram_api.errorhandler(Refused)
def show_refusal(refused: Refused) -> tuple[Response, int]:
    """Errors in Telegram's shape."""
    return jsonify(refused.to_json()), refused.code


@telegram_api.route("/bot<token>/<method>", methods=["GET", "POST"])
def call(token: str, method: str) -> Response:
    """Carry out one method. A token that is none is 404, a token of no bot 401, as Telegram has it."""
    demand_token(token)
    carrier().calls[method] += 1
    moment = "send" if method.lower() == "sendmessage" else method
    return answer(carrier().faults, carrier().lanes, moment, REFUSALS, lambda: carry_out(method))


def carry_out(method: str) -> Response:
    """Do what the request asks and show the result in Telegram's shape."""
    result, description = carrier().call(method, read_request())
    return jsonify({"ok": True, "result": result} | ({"description": description} if description else {}))


@telegram_api.get("/file/bot<token>/<path:name>")
def download(token: str, name: str) -> Response:
    """There is nothing to download; the attempt is counted as "download"."""
    demand_token(token)
    carrier().calls["download"] += 1
    raise Refused(404, "Not Found")


def demand_token(token: str) -> None:
    """Refuse a wrong token, and everybody while the carrier is down."""
    if carrier().faults.is_down:
        raise Refused(502, "Bad Gateway")
    if not TOKEN.fullmatch(token) and token != carrier().settings.telegram_token:
        raise Refused(404, "Not Found")
    if token != carrier().settings.telegram_token:
        raise Refused(401, "Unauthorized")


def read_request() -> JSON:
    """The parameters, wherever Telegram accepts them: the query, a form, or a JSON object."""
    asked: JSON = {**request.args.to_dict(), **request.form.to_dict()}
    if request.is_json:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise Refused(400, "Bad Request: can't parse request JSON object")
        asked |= body
    return asked
