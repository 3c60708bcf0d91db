"""The simulator as one Flask application, and Running: the same in a thread, for tests."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from random import Random, SystemRandom
from types import TracebackType
from typing import Any, Self, TypeVar

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from simulator.carrier.lanes import Lanes
from simulator.carrier.posting import Postman
from simulator.control.acting import phone
from simulator.control.deeds import Carrier
from simulator.control.watching import Calls, watching
from simulator.settings import Settings
from simulator.smsgate import Smsgate
from simulator.smsgate.http import smsgate_api
from simulator.telegram import Telegram
from simulator.telegram.http import telegram_api
from simulator.twilio import Twilio
from simulator.twilio.http import twilio_api
from simulator.world import World
from simulator.zalo import Zalo
from simulator.zalo.http import zalo_api

C = TypeVar("C", Zalo, Smsgate)
LARGEST_REQUEST = 1 << 20
UNDERSCORED = ("access_token", "secret_key")  # Zalo's headers, which a server of WSGI drops for their underscore
LOOK_S = 0.02  # how often a server looks whether it is to end
BLUEPRINTS = {"twilio": twilio_api, "telegram": telegram_api, "zalo": zalo_api, "smsgate": smsgate_api}
log = logging.getLogger(__name__)


def tell_time() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class Simulator(Flask):
    """The application. Failures are logged by kind alone: paths hold addresses and tokens."""

    def log_exception(self, exc_info: Any) -> None:
        """Log the kind of a failure, never its content."""
        log.error("a request to the simulator failed: %s", exc_info[0].__name__)


class QuietHandler(WSGIRequestHandler):
    """Serves requests without a line about each: the paths hold telephone numbers and the bot's token."""

    protocol_version = "HTTP/1.1"

    def make_environ(self) -> dict[str, Any]:
        """As the parent, with Zalo's headers."""
        found = {f"HTTP_{name.upper()}": self.headers[name] for name in UNDERSCORED if name in self.headers}
        return super().make_environ() | found

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


def create_simulator(carriers: Mapping[str, Carrier]) -> Simulator:
    """The application that speaks for these carriers, by their names in BLUEPRINTS, and for their people's phones."""
    app = Simulator(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.extensions |= carriers
    for blueprint in (*(BLUEPRINTS[name] for name in carriers), phone, watching):
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, show_error)
    return app


def show_error(error: HTTPException) -> tuple[Response, int]:
    """Everything else that goes wrong, as JSON."""
    return jsonify({"error": error.description}), error.code or 500


class NoSuchCarrier(LookupError):
    """The simulator was given no settings for this carrier."""


def demand(carrier: C | None) -> C:
    """The carrier; raises NoSuchCarrier when it is None."""
    if carrier is None:
        raise NoSuchCarrier("the simulator has no settings for this carrier")
    return carrier


class Running:
    """A simulator that serves in threads until it is closed; use it in a with-block.

    `url` is its address; `twilio`, `telegram`, `zalo` and `smsgate` are the carriers' states, to look at and to
    command directly; those without settings are not there (NoSuchCarrier). The same `chance` gives the same
    sids and ids again, as long as everything happens in the same order.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        chance: Random | None = None,
        now: Callable[[], datetime] = tell_time,
    ) -> None:
        self.settings, self.lanes, self._postman = settings, Lanes(), Postman()
        world = World(settings, self.lanes, self._postman, chance or SystemRandom(), now)
        self.twilio, self.telegram = Twilio(world), Telegram(world)
        self._zalo = Zalo(settings.zalo, world) if settings.zalo else None
        self._smsgate = Smsgate(settings.smsgate, world) if settings.smsgate else None
        carriers: dict[str, Carrier] = {"twilio": self.twilio, "telegram": self.telegram}
        carriers |= {"zalo": self._zalo} if self._zalo else {}
        carriers |= {"smsgate": self._smsgate} if self._smsgate else {}
        app = create_simulator(carriers)
        app.extensions["calls"] = Calls(now)
        self._server = make_server(settings.host, settings.port, app, threaded=True, request_handler=QuietHandler)
        self._server.daemon_threads = True  # type: ignore[attr-defined]  # ThreadedWSGIServer has it, its parent lacks it
        self.url = f"http://{settings.host}:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(LOOK_S,), name="simulator", daemon=True
        )

    @property
    def zalo(self) -> Zalo:
        """The Official Account; NoSuchCarrier when there is none."""
        return demand(self._zalo)

    @property
    def smsgate(self) -> Smsgate:
        """The telephone with the SMSGate app; NoSuchCarrier when there is none."""
        return demand(self._smsgate)

    def point_at(self, public_url: str) -> None:
        """Say where the program under talk is, when that was not known before."""
        self.twilio.webhook_url = replace(self.settings, public_url=public_url).twilio_webhook
        if self._zalo is not None:
            self._zalo.webhooks.url = f"{public_url}/webhooks/zalo"
        if self._smsgate is not None:
            self._smsgate.webhooks.url = f"{public_url}/webhooks/smsgate"

    def settle(self, timeout: float = 5.0) -> bool:
        """Wait until every webhook and receipt is delivered or given up; False after `timeout` seconds."""
        return self.lanes.settle(timeout)

    def close(self) -> None:
        """Stop serving and delivering."""
        self.lanes.close()
        if self._thread.ident is not None:  # a server that never served would wait for its end for ever
            self._server.shutdown()
        self._server.server_close()
        self._postman.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        self._thread.join(5.0)
