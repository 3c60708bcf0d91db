"""The panel of the /try page: have the carrier of this channel misbehave, see what waits and what happened."""

from datetime import datetime, timedelta, timezone
from typing import Any

from flask import Response, abort, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from simulator.carrier.faults import DOWN
from simulator.try_it.door import ask, back, demand_phone, phone_of_visitor
from simulator.try_it.faults import FAULTS, KINDS, MOMENTS
from simulator.try_it.phone import Phone
from simulator.try_it.words import WORDS

MOST_TIMES = 20
ROWS = 12
VIET_NAM = timezone(timedelta(hours=7))


def show_carrier() -> Response:
    """What waits and what happened, with an ETag; 304 while nothing has changed, 403 without a phone."""
    phone = phone_of_visitor() or abort(403)
    found = make_response(
        render_template("try_it/carrier.html", words=WORDS[phone.language], phone=phone, **read_carrier(phone))
    )
    found.add_etag()
    found.make_conditional(request)
    return found


def order_fault() -> AnyResponse:
    """The visitor orders a fault, once or more often. What the carrier does not know is left undone."""
    phone, times = demand_phone(), request.form.get("times", 1, type=int)
    if 1 <= times <= MOST_TIMES:
        ask("POST", "/faults", {"carrier": phone.carrier, "fault": request.form.get("fault", ""), "times": times})
    return back(panel=True)


def clear_faults() -> AnyResponse:
    """Forget what waits; the carrier is well again."""
    ask("DELETE", f"/faults/{demand_phone().carrier}")
    return back(panel=True)


def switch() -> AnyResponse:
    """Let the carrier be down, or up again."""
    phone = demand_phone()
    if request.form.get("down") == "1":
        ask("POST", "/faults", {"carrier": phone.carrier, "fault": DOWN})
    else:
        ask("DELETE", f"/faults/{phone.carrier}/down")
    return back(panel=True)


def read_carrier(phone: Phone) -> dict[str, Any]:
    """What the panel shows of the phone's carrier.

    `moments`: the faults it knows as (moment's words, [(name, label, what it shows)]); `waiting`: (times, label)
    pairs; `down`; `rows`: what passed between the carrier and the program, newest first.
    """
    faults = ask("GET", f"/faults/{phone.carrier}").json()
    attempts = ask("GET", f"/attempts/{phone.carrier}").json()["attempts"]
    words, kinds = FAULTS[phone.language], KINDS[phone.language]
    moments = [
        (legend, [(row["fault"], *words[row["fault"]]) for row in faults["known"] if row["moment"] == moment])
        for moment, legend in MOMENTS[phone.language].items()
    ]
    waiting = [(row["times"], words[row["fault"]][0]) for row in faults["waiting"]]
    rows = [row | {"what": kinds.get(row["kind"], row["kind"]), "at": clock(row["at"])} for row in attempts[:ROWS]]
    shown = [(legend, found) for legend, found in moments if found]
    return {"moments": shown, "waiting": waiting, "down": faults["down"], "rows": rows}


def clock(moment: str) -> str:
    """The time of day in Viet Nam, which keeps no summer time."""
    return datetime.fromisoformat(moment).astimezone(VIET_NAM).strftime("%H:%M:%S")
