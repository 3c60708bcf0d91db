"""How the server runs: one process that answers carriers and staff and, without a broker, does the work too.

Read by gunicorn in the folder of app.py. HOST and PORT choose the address.
"""

import os
import sys
import traceback
from importlib import import_module
from typing import Any

from gunicorn.glogging import Logger

HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")


class SilentLogger(Logger):
    """gunicorn's own log without what it knows of those who call: no address, no request line, no values.

    gunicorn writes the caller's IP address and the malformed line itself when it refuses a request, and the
    URL with the text of the exception when a request fails outside Flask.
    """

    def debug(self, msg: object, *args: object, **kwargs: Any) -> None:
        """Log a detail, but of a request neither the method nor the path: whoever calls has chosen them."""
        if msg != "%s %s":
            super().debug(msg, *args, **kwargs)

    def warning(self, msg: object, *args: object, **kwargs: Any) -> None:
        """Log a warning, but of a refused request only that there was one."""
        if str(msg).startswith("Invalid request"):
            msg, args = "Refused a malformed request", ()
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: object, *args: object, **kwargs: Any) -> None:
        """Log a failure with its place; of a failed request neither the URL nor the text of the exception."""
        if not str(msg).startswith(("Error handling", "Socket error")):
            super().exception(msg, *args, **kwargs)
            return
        error = sys.exc_info()[1]
        places = "".join(traceback.format_tb(error.__traceback__)) if error else ""
        self.error("A request failed: %s\n%s", type(error).__name__, places)


def start_workers(worker: Any) -> None:
    """Start the threads of the application in the process that has just loaded it, never in the master."""
    import_module("app").start_workers(worker.app.callable)


def stop_workers(_server: Any, worker: Any) -> None:
    """Let the threads finish the work in hand, after the last request. Nothing to do if loading failed."""
    if worker.app.callable is not None:
        import_module("app").stop_workers(worker.app.callable)


wsgi_app = "app:create_app()"
bind = f"[{HOST}]:{PORT}" if ":" in HOST else f"{HOST}:{PORT}"

# SQLite has one writer: two processes that write wait for each other by sleeping, and the slowest writes take
# 0.2 to 0.5 s. The worker's threads live in this process as well. For more of either there is BROKER_URL.
workers = 1
worker_class = "gthread"
threads = 16

# After SIGTERM: requests in hand, then the threads, then the end, all within this many seconds.
graceful_timeout = 20
keepalive = 5

# Larger than anything that a carrier sends; bodies are limited by the doors themselves.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# Host and X-Forwarded-* are never believed, from loopback neither: our address is PUBLIC_URL.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

accesslog = None
errorlog = "-"
logger_class = SilentLogger

# A socket in the home folder through which a second program could command this one; nobody needs it.
control_socket_disable = True

# The database, its journal and any temporary file belong to this account alone.
os.umask(0o077)

post_worker_init = start_workers
worker_exit = stop_workers
