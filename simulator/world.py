"""What all carriers of one simulator share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

from simulator.carrier.lanes import Lanes
from simulator.carrier.posting import Postman
from simulator.settings import Settings


@dataclass(frozen=True)
class World:
    """Settings, background work, the way out, chance and time. `now` gives times in UTC."""

    settings: Settings
    lanes: Lanes
    postman: Postman
    chance: Random
    now: Callable[[], datetime]
