"""The carriers of simulator/, as the bench needs them: all of them in one, each side with its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from simulator.carrier.faults import Faults
from simulator.carrier.phones import Phones
from simulator.serve import Running
from simulator.settings import Pace, Settings
from tests.channels.bench import ENDINGS, Carrier
from webhooks.outcomes import Then

NOWHERE = "https://127.0.0.1:1"
"""Where the program says it is: webhooks of these carriers reach nobody, the bench makes its own."""

ONCE = Pace(receipt_s=0.01, retry_first_s=3600.0, zalo_retry_s=(), smsgate_retry_s=())


class Simulated(Protocol):
    """What the carriers of simulator/ have in common."""

    faults: Faults
    phones: Phones


@dataclass(frozen=True)
class Line:
    """One simulated carrier. `greet` is what a person does before they can be written to."""

    url: str
    carrier: Simulated
    greet: Callable[[str], object]

    def meet(self, address: str) -> None:
        """They do it."""
        self.greet(address)

    def screen(self, address: str) -> list[str]:
        """What their phone shows of us."""
        return [bubble.text for bubble in self.carrier.phones.screen(address) if bubble.sender == "line"]

    def spoil(self, fault: str, size: float | None = None) -> None:
        """A fault of the simulator's own table."""
        self.carrier.faults.add(fault, size=size)

    def mend(self) -> None:
        """Forget all faults, be up."""
        self.carrier.faults.clear()


def usual(carrier: str) -> dict[str, Then]:
    """Every fault of a send that the simulated carrier knows, and what usually follows."""
    return {fault.name: ENDINGS[fault.name] for fault in Faults(carrier).known if fault.moment == "send"}


@contextmanager
def simulated(
    settings: Settings, pick: Callable[[Running], tuple[Simulated, Callable[[str], object]]]
) -> Iterator[Carrier]:
    """Open the simulator; `pick` gives the carrier out of it, and what people do first."""
    with Running(settings) as running:
        yield Line(running.url, *pick(running))
