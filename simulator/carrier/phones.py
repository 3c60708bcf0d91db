"""What the simulated people see. A carrier may redact or delete its own record; the phone keeps its own."""

import hashlib
import json
import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime

LONGEST = 500  # bubbles kept for one phone


@dataclass(frozen=True)
class Bubble:
    """One message on a screen. `kind`: text, press, or a file's kind. `buttons`: (label, data) pairs."""

    id: str
    sender: str  # "person" or "line"
    text: str
    at: datetime
    status: str
    kind: str = "text"
    buttons: tuple[tuple[str, str], ...] = ()
    segments: int = 0

    def to_json(self) -> dict[str, object]:
        """As the control API shows it: id, from, text, kind, buttons, segments, at (ISO 8601), status."""
        return {
            "id": self.id,
            "from": self.sender,
            "text": self.text,
            "kind": self.kind,
            "buttons": [list(button) for button in self.buttons],
            "segments": self.segments,
            "at": self.at.isoformat(timespec="milliseconds"),
            "status": self.status,
        }


class Phones:
    """The screens of one carrier's people, by address. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._screens: dict[str, deque[Bubble]] = {}

    def show(self, address: str, bubble: Bubble) -> None:
        """Put a bubble at the end of a phone's screen."""
        with self._lock:
            self._screens.setdefault(address, deque(maxlen=LONGEST)).append(bubble)

    def change(self, address: str, bubble_id: str, *, status: str | None = None, text: str | None = None) -> None:
        """Change a bubble's status or text; a bubble that is not there is left alone."""
        with self._lock:
            screen = self._screens.get(address, deque())
            for place, bubble in enumerate(screen):
                if bubble.id == bubble_id:
                    status_now = bubble.status if status is None else status
                    screen[place] = replace(bubble, status=status_now, text=bubble.text if text is None else text)

    def screen(self, address: str) -> list[Bubble]:
        """The bubbles of one phone, oldest first."""
        with self._lock:
            return list(self._screens.get(address, ()))


def tag_of(bubbles: list[Bubble]) -> str:
    """A short fingerprint of a screen, the same exactly while nothing on it has changed."""
    shown = json.dumps([bubble.to_json() for bubble in bubbles], ensure_ascii=True)
    return hashlib.sha256(shown.encode()).hexdigest()[:16]
