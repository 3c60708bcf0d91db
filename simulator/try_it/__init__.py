"""/try: a telephone on a page. A blueprint of the program itself, there only with TRY_IT=1.

It speaks to the simulator's control API at current_app.config["SIMULATOR_URL"] and to nothing else.
Everything works without JavaScript: each button posts a form and is redirected back.
"""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from simulator.try_it import panel as try_panel
from simulator.try_it.door import CHANCE, LOOKS_AFTER_POST, Away, ask, back, demand_phone, keep, phone_of_visitor
from simulator.try_it.phone import CHANNELS, Phone
from simulator.try_it.words import LANGUAGES, MEDIA, SUGGESTIONS, WORDS

LONGEST_TEXT = 1600
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

try_it = Blueprint(
    "try_it",
    __name__,
    url_prefix="/try",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
try_it.add_url_rule("/carrier", "show_carrier", try_panel.show_carrier)
try_it.add_url_rule("/faults", "order_fault", try_panel.order_fault, methods=["POST"])
try_it.add_url_rule("/clearings", "clear_faults", try_panel.clear_faults, methods=["POST"])
try_it.add_url_rule("/switch", "switch", try_panel.switch, methods=["POST"])


@try_it.get("", strict_slashes=False)
def show() -> Response:
    """The page with the phone; a visitor without one gets a new one."""
    there = ask("GET", "/carriers").json()["carriers"]
    channels = [channel for channel, carrier in CHANNELS.items() if carrier in there]
    phone = phone_of_visitor() or Phone.new(CHANCE)
    if phone.channel not in channels:
        phone = replace(phone, channel=channels[0])
    looks = request.args.get("look", 0, type=int)
    page = render_template(
        "try_it/page.html",
        messages=ask("GET", f"{phone.path}/messages").json()["messages"],
        token=phone.sign(current_app.config["SECRET_KEY"]),
        look=min(looks, LOOKS_AFTER_POST) - 1 if looks > 0 else None,
        suggestions=SUGGESTIONS,
        channels=channels,
        languages=LANGUAGES,
        longest=LONGEST_TEXT,
        panel="panel" in request.args,
        most=try_panel.MOST_TIMES,
        **words_of(phone),
        **try_panel.read_carrier(phone),
    )
    return keep(phone, make_response(page))


@try_it.get("/messages")
def show_messages() -> Response:
    """The message list alone, with an ETag; 304 while nothing has changed, 403 without a phone."""
    phone = phone_of_visitor() or abort(403)
    answer = ask("GET", f"{phone.path}/messages")
    messages = answer.json()["messages"]
    found = make_response(render_template("try_it/messages.html", messages=messages, **words_of(phone)))
    found.set_etag(f"{answer.headers['ETag'].strip(chr(34))}-{phone.language}-{phone.channel}")
    found.make_conditional(request)
    return found


@try_it.post("/texts")
def write() -> AnyResponse:
    """The visitor writes."""
    text = request.form.get("text", "").strip()
    return act("texts", {"text": text}) if 0 < len(text) <= LONGEST_TEXT else back()


@try_it.post("/presses")
def press() -> AnyResponse:
    """The visitor presses a button of a message."""
    return act("presses", {"data": request.form.get("data", "")})


@try_it.post("/media")
def send_media() -> AnyResponse:
    """The visitor sends a voice note or a photo."""
    return act("media", {"kind": request.form.get("kind", "")})


@try_it.post("/phone")
def change_phone() -> AnyResponse:
    """Another phone, another channel or another language of the page."""
    phone, form = demand_phone(), request.form
    if "new" in form:
        phone = phone.renew(CHANCE)
    language, channel = form.get("language", phone.language), form.get("channel", phone.channel)
    if language not in LANGUAGES or channel not in CHANNELS:
        abort(400)
    changed = Phone(phone.number, phone.telegram, language, channel)
    return keep(changed, redirect(url_for("try_it.show"), 303))


@try_it.errorhandler(Away)
def apologise(_: Away) -> tuple[str, int]:
    """A kind page while the simulator is not there."""
    return render_template("try_it/away.html", **words_of(phone_of_visitor() or Phone.new(CHANCE))), 503


@try_it.after_request
def add_policy(answer: Response) -> Response:
    """Nothing from elsewhere is loaded, run, framed or kept."""
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def act(deed: str, asked: dict[str, object]) -> AnyResponse:
    """Act on the visitor's phone and go back to the page. What the phone cannot do is left undone."""
    ask("POST", f"{demand_phone().path}/{deed}", asked)
    return back()


def words_of(phone: Phone) -> dict[str, Any]:
    """What every template of the page needs."""
    return {"phone": phone, "words": WORDS[phone.language], "media": MEDIA.get(phone.channel, ())}
