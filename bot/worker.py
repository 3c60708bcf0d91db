"""The jobs: answer what came in, send what is due, fetch what we missed, erase what must go.

Every job looks at the database and does what it finds there, so it may be lost, doubled or late without harm. No
transaction is open while a carrier is called.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import structlog

from bot import asking, sending
from bot.parts import Parts
from bot.turn import Overtaken, hand_to_person, take_turn
from logs import describe
from storage import arriving, audit, carriers, erasing, errands, inbox, outbox, people
from storage.database import Unavailable
from storage.outbox import Waiting
from storage.vault import Forgotten

HINT_LOST_AFTER = timedelta(seconds=5)
SWEEP_ROWS = 500
MOST_TURNS = 10
FAILURES_BEFORE_A_PERSON = 5

log = structlog.get_logger(__name__)


class Jobs(Parts):
    """The worker's jobs, each of which may be called at any time."""

    def answer(self, conversation_id: UUID) -> str | None:
        """Take turns until nothing is unanswered; the channel to send on, or None when nothing was said.

        A turn that fails leaves the conversation for the sweep, longer each time, and at last to a human.
        """
        channel = None
        try:
            for _ in range(MOST_TURNS):
                said_on = take_turn(self.database, self.vault, self.mind, conversation_id, self.now(), self.new_id)
                if said_on is None:
                    break
                channel = said_on
        except (Overtaken, Unavailable) as error:
            log.warning("turn put off", conversation=str(conversation_id), **describe(error))
        except Exception as error:
            log.error("turn failed", conversation=str(conversation_id), **describe(error))
            channel = self._note_failure(conversation_id)
        return channel

    def _note_failure(self, conversation_id: UUID) -> str | None:
        with self.database.write() as session:
            failures = people.note_failure(session, conversation_id, self.now())
        if failures < FAILURES_BEFORE_A_PERSON:
            return None
        return hand_to_person(self.database, self.vault, self.mind, conversation_id, self.now(), self.new_id)

    def sweep(self, rows: int = SWEEP_ROWS) -> tuple[list[UUID], list[Waiting]]:
        """Conversations whose hint was lost: those to answer, and those with something to send, so many a channel."""
        now = self.now()
        with self.database.read() as session:
            to_answer = inbox.waiting_conversations(session, now - HINT_LOST_AFTER, now, rows)
            resting = carriers.resting(session, now)
            to_send = [
                waiting
                for channel in self.channels  # each by itself: a long queue on one must not hide the others
                for waiting in outbox.waiting_to_send(session, channel, channel in resting, now, rows)
            ]
            return to_answer, to_send

    def send(self, conversation_id: UUID, go_on: Callable[[], bool] = lambda: True) -> float:
        """Send what is due in a conversation, as long as `go_on` says so.

        How many seconds the channel's pace asks us to wait; 0 when nothing is left to do here.
        """
        return sending.send_due(self, conversation_id, go_on)

    def settle_abandoned(self) -> None:
        """Settle what a sender left in mid-send, and what a carrier can still be asked about."""
        asking.settle_abandoned(self)

    def tend(self, channel: str) -> bool:
        """Do what keeps a channel going; False when it is to be tried again soon."""
        return asking.tend(self, self.channels[channel])

    def fetch_missed(self) -> list[UUID]:
        """Keep what people sent while we could not; the conversations to look at."""
        return asking.fetch_all_missed(self)

    def run_errands(self) -> None:
        """Have carriers redact or delete their copies."""
        asking.run_errands(self)

    def erase_due(self) -> tuple[int, list[UUID]]:
        """Forget people who asked for it, and those silent for 30 days.

        How many, and the conversations of those who wrote again after asking.
        """
        now = self.now()
        with self.database.read() as session:
            asked, silent = erasing.to_forget(session, now), erasing.past_keeping(session, now)
        anew: list[UUID] = []
        for person_id in asked:
            anew += self._erase(person_id, self._begin_anew)
        for person_id in silent:
            self._erase(person_id, self._forget_if_silent)
        return len(asked) + len(silent), anew

    def keep_house(self) -> None:
        """Chain the audit lines, and drop the hashes and errands whose time is over."""
        with self.database.write() as session:
            audit.chain(session, self.vault.system("audit"))
            inbox.forget_seen(session, self.now().date())
            errands.give_up(session, self.now())

    def _begin_anew(self, person_id: UUID) -> list[UUID]:
        with self.database.write() as session:
            return arriving.begin_anew(session, self.vault, person_id, self.now(), self.new_id)

    def _forget_if_silent(self, person_id: UUID) -> list[UUID]:
        with self.database.write() as session:
            erasing.forget_if_silent(session, self.vault, person_id, self.now(), self.new_id)
        return []

    def _erase(self, person_id: UUID, erase: Callable[[UUID], list[UUID]]) -> list[UUID]:
        """One person's trouble must not keep the next from being erased."""
        try:
            return erase(person_id)
        except (Forgotten, people.Gone):
            return []
        except Exception as error:
            log.error("not erased yet", **describe(error))
            return []
