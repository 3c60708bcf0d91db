"""The control API: act as a person on a simulated phone, read its screen, order misbehaviour. All JSON.

POST /phone/<carrier>/<address>/texts {"text"}, .../presses {"data"}, .../media {"kind"}, .../edits {"text"},
.../blocks {"blocked"}, .../follows {"following"}, .../echoes {"text"}; GET .../messages, with an ETag; POST /faults
{"carrier", "fault", "times", "size", "moment"}; DELETE /faults/<carrier>. `carrier` is twilio or smsgate (addresses in
E.164), telegram or zalo (a person's number); deeds.py says who can do what. Each call returns at once: webhooks
travel in the background. Only application/json is taken, so that no page of another site can act here.
"""

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.exceptions import BadRequest, NotFound, UnsupportedMediaType

from simulator.carrier.phones import tag_of
from simulator.control.deeds import CARRIERS, Carrier, check_address, deeds_of, word
from simulator.zalo import Zalo

phone = Blueprint("phone", __name__)
MOST_AT_ONCE = 10_000


@phone.errorhandler(ValueError)
def show_mistake(mistake: ValueError) -> tuple[Response, int]:
    """What cannot be done on this phone: 400 and the reason."""
    return jsonify({"error": str(mistake) if type(mistake) is not UnicodeEncodeError else "not text"}), 400


@phone.get("/healthz")
def tell_health() -> tuple[str, int]:
    """200 while the simulator lives."""
    return "ok\n", 200


@phone.post("/phone/<carrier>/<address>/<any(texts, presses, media, edits, blocks, follows, echoes):deed>")
def act(carrier: str, address: str, deed: str) -> tuple[Response, int]:
    """Do something on a phone; 202, because the program hears of it in the background."""
    found, asked = carrier_of(carrier), read_object()
    check_address(found, address)
    deeds = deeds_of(found, address, asked)
    if deed not in deeds:
        raise BadRequest(f"on this phone there are only {', '.join(deeds)}")
    return jsonify({"id": deeds[deed]()}), 202


@phone.get("/phone/<carrier>/<address>/messages")
def read_screen(carrier: str, address: str) -> Response:
    """The screen of a phone, oldest first; 304 while it has not changed."""
    found = carrier_of(carrier)
    check_address(found, address)
    bubbles = found.phones.screen(address)
    answer = jsonify({"messages": [bubble.to_json() for bubble in bubbles]})
    answer.set_etag(tag_of(bubbles))
    answer.headers["Cache-Control"] = "no-store"
    answer.make_conditional(request)
    return answer


@phone.post("/faults")
def add_fault() -> tuple[Response, int]:
    """Order misbehaviour of a carrier."""
    asked = read_object()
    times, size, moment = asked.get("times", 1), asked.get("size"), asked.get("moment")
    if type(times) is not int or not 1 <= times <= MOST_AT_ONCE:
        raise BadRequest(f"times is a number from 1 to {MOST_AT_ONCE}")
    if isinstance(size, bool) or not isinstance(size, int | float | None) or (size is not None and size < 0):
        raise BadRequest("size is a number, 0 or more")
    if not isinstance(moment, str | None):
        raise BadRequest("moment is a text")
    carrier_of(word(asked, "carrier")).fault(word(asked, "fault"), times, size, moment)
    return jsonify({}), 201


@phone.delete("/faults/<carrier>")
def clear_faults(carrier: str) -> tuple[str, int]:
    """Forget a carrier's faults; it is up again, and a webhook that Zalo disabled is enabled."""
    found = carrier_of(carrier)
    found.faults.clear()
    if isinstance(found, Zalo):
        found.enable_webhook()
    return "", 204


def carrier_of(name: str) -> Carrier:
    """A carrier by its name; 404."""
    found: Carrier | None = current_app.extensions.get(name) if name in CARRIERS else None
    if found is None:
        raise NotFound(f"the carriers are {', '.join(known for known in CARRIERS if known in current_app.extensions)}")
    return found


def read_object() -> dict[str, object]:
    """The JSON object of the request; 415 and 400."""
    if not request.is_json:
        raise UnsupportedMediaType("only application/json")
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("a JSON object is needed")
    return body
