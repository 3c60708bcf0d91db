"""`python -m simulator`: the carriers on 127.0.0.1, port SIMULATOR_PORT (8001), until SIGTERM or SIGINT."""

import signal
import threading

from simulator.serve import Running
from simulator.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    running, told = Running(Settings.from_environment()), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    with running:
        told.wait()


if __name__ == "__main__":
    main()
