"""Behind the /try page: who the visitor is, and the simulator's control API that the page speaks to.

Forms carry a token signed with SECRET_KEY over the addresses in the SameSite=Strict cookie: another site can
neither read the token nor make the browser send the cookie with it.
"""

import hmac
from random import SystemRandom
from typing import TypeVar

import httpx
from flask import Response, abort, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from simulator.try_it.phone import COOKIE, Phone

R = TypeVar("R", bound=AnyResponse)
TIMEOUT_S = 5.0
LOOKS_AFTER_POST = 3  # so often a page without JavaScript loads itself again, then it leaves the typist alone
CHANCE = SystemRandom()


class Away(Exception):
    """The simulator does not answer."""


def phone_of_visitor() -> Phone | None:
    """The phone in the visitor's cookie, if there is a good one."""
    return Phone.read(request.cookies.get(COOKIE, ""))


def demand_phone() -> Phone:
    """The phone of a visitor whose form carries its token; 403 for any other."""
    phone = phone_of_visitor() or abort(403)
    token = phone.sign(current_app.config["SECRET_KEY"])
    if not hmac.compare_digest(token.encode(), request.form.get("token", "").encode()):
        abort(403)
    return phone


def ask(method: str, path: str, asked: dict[str, object] | None = None) -> httpx.Response:
    """Ask the simulator's control API; raises Away when it is not there or not well.

    What it refuses to do comes back as it is; what it refuses to show is as if it were away.
    """
    client: httpx.Client | None = current_app.extensions.get("try_it_client")
    if client is None:
        client = httpx.Client(timeout=TIMEOUT_S, trust_env=False)
        current_app.extensions["try_it_client"] = client
    try:
        answer = client.request(method, f"{current_app.config['SIMULATOR_URL']}{path}", json=asked)
    except httpx.HTTPError as error:
        raise Away from error
    if answer.is_server_error or (method == "GET" and answer.is_error):
        raise Away
    return answer


def back(panel: bool = False) -> AnyResponse:
    """To the page, with its panel open or not; a script only wants to know that it is done."""
    if request.headers.get("X-Quiet"):
        return Response(status=204)
    page = url_for("try_it.show", look=LOOKS_AFTER_POST, panel=1 if panel else None, _anchor="panel" if panel else None)
    return redirect(page, 303)


def keep(phone: Phone, answer: R) -> R:
    """Set the cookie: for this page alone, out of reach of scripts, never sent along from another site."""
    answer.set_cookie(COOKIE, phone.write(), path="/try", httponly=True, samesite="Strict")
    return answer
