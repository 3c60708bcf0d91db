"""Where the threads look first."""

import threading
from uuid import UUID

from bot.threads import Hints


def test_a_hint_given_twice_is_taken_once() -> None:
    """A set, not a list: a person who writes five times is looked at once."""
    hints = Hints()
    hints.offer(UUID(int=1))
    hints.offer(UUID(int=1))
    assert hints.take(0) == UUID(int=1)
    hints.put_down(UUID(int=1))
    assert hints.take(0) is None


def test_a_conversation_is_in_one_pair_of_hands_at_a_time() -> None:
    """Offered again while somebody looks at it, it waits until that look is over, and is not lost."""
    hints = Hints()
    hints.offer(UUID(int=1))
    assert hints.take(0) == UUID(int=1)
    hints.offer(UUID(int=1))
    hints.offer(UUID(int=2))
    assert hints.take(0) == UUID(int=2)
    assert hints.take(0) is None
    hints.put_down(UUID(int=1))
    assert hints.take(0) == UUID(int=1)


def test_a_full_set_drops_hints_and_says_nothing() -> None:
    """The database holds the facts: the sweep finds what was dropped."""
    hints = Hints(most=2)
    for number in range(5):
        hints.offer(UUID(int=number))
    assert [hints.take(0) for _ in range(3)] == [UUID(int=0), UUID(int=1), None]


def test_no_hint_is_lost_or_doubled_between_threads() -> None:
    """Four takers and two givers: each conversation that was offered is taken, never by two at once."""
    hints, held, seen, clash = Hints(), set[UUID](), set[UUID](), []
    guard, done = threading.Lock(), threading.Event()

    def take() -> None:
        while not (done.is_set() and (found := hints.take(0.05)) is None):
            found = found if done.is_set() else hints.take(0.05)
            if found is None:
                continue
            with guard:
                clash.extend([found] if found in held else [])
                held.add(found)
            with guard:
                held.discard(found)
                seen.add(found)
            hints.put_down(found)

    takers = [threading.Thread(target=take) for _ in range(4)]
    for taker in takers:
        taker.start()
    for number in range(2_000):
        hints.offer(UUID(int=number % 100))
    done.set()
    for taker in takers:
        taker.join(10)
    assert not clash
    assert seen == {UUID(int=number) for number in range(100)}
