"""The table of faults, what a carrier has waiting, and how webhooks and receipts go wrong, without any carrier."""

import threading
import time
from collections import Counter

import pytest

from simulator.carrier.faults import DOWN, TABLE, Fault, Faults, UnknownFault
from simulator.carrier.lanes import Lanes
from simulator.carrier.misbehave import Inbound, Step, plan, report

SENDS = {"500_before", "500_after_accepting", "time_out_before", "time_out_after_accepting", "slow", "429"}
SENDS |= {"wrong_json", "blocked"}
INBOUND = {"duplicate", "reorder", "delay", "drop"}
RECEIPTS = {"drop_receipts", "late_receipts", "duplicate_receipts"}
FAILING = {"contradictory_receipts", "undelivered"}
STATUSES = ("queued", "sent", "delivered")


@pytest.mark.parametrize(
    ("carrier", "names"),
    [
        ("twilio", SENDS | INBOUND | RECEIPTS | FAILING),
        ("smsgate", SENDS | INBOUND | RECEIPTS | FAILING),
        ("zalo", SENDS | INBOUND | RECEIPTS | {"window_closed", "token_expired"}),
        ("telegram", SENDS | INBOUND),
    ],
)
def test_a_carrier_knows_the_faults_that_its_provider_can_have(carrier: str, names: set[str]) -> None:
    """Telegram has no receipts, only Zalo has a window and a token that expires; the rest is common to all."""
    faults = Faults(carrier)
    assert {fault.name for fault in faults.known} == names
    for name in TABLE.keys() - names:
        with pytest.raises(UnknownFault, match=carrier):
            faults.add(name)


def test_a_fault_strikes_as_often_as_ordered_at_its_own_moment_and_in_order() -> None:
    """What waits can be read without being taken; size and moment can be changed; clear forgets all."""
    faults = Faults("twilio")
    faults.add("429", times=2, size=7)
    faults.add("duplicate")
    faults.add("500_before", moment="list")
    assert [(fault.name, times) for fault, times in faults.waiting().items()] == [
        ("429", 2),
        ("duplicate", 1),
        ("500_before", 1),
    ]
    taken = [faults.take(moment) for moment in ("send", "list", "send", "send", "receipt")]
    assert [fault and (fault.name, fault.size) for fault in taken] == [
        ("429", 7),
        ("500_before", 0),
        ("429", 7),
        None,
        None,
    ]
    faults.add(DOWN)
    faults.clear()
    assert (faults.is_down, faults.waiting()) == (False, Counter())


class Line:
    """Webhooks of one carrier that only note what was posted, and how many copies of it."""

    def __init__(self) -> None:
        self.lanes, self.faults = Lanes(), Faults("twilio")
        self.inbound = Inbound(self.faults, self.lanes)
        self.posted: list[tuple[str, int]] = []
        self.dropped: list[str] = []
        self.refusing: dict[str, int] = {}
        self._lock = threading.Lock()

    def put(self, name: str, lane: str = "a") -> None:
        """Put a webhook on its way; refused as often as `refusing` says."""
        self.inbound.put(lane, lambda copies: self._post(name, copies), lambda: self.dropped.append(name))

    def _post(self, name: str, copies: int) -> float | None:
        with self._lock:
            self.posted.append((name, copies))
            self.refusing[name] = self.refusing.get(name, 0) - 1
            return 0.01 if self.refusing[name] >= 0 else None

    def names(self) -> list[str]:
        """What was posted, in order, once everything is."""
        assert self.lanes.settle(5)
        self.lanes.close()
        return [name for name, _ in self.posted]


@pytest.fixture
def line() -> Line:
    """A line nobody has used."""
    return Line()


def test_without_a_fault_webhooks_go_in_order_and_are_repeated_in_place(line: Line) -> None:
    """Those behind a refused one wait for it."""
    line.refusing["1"] = 2
    for name in "123":
        line.put(name)
    assert line.names() == ["1", "1", "1", "2", "3"]


def test_a_held_webhook_comes_right_after_the_next_one_of_its_person(line: Line) -> None:
    """Another person's webhook does not free it; one that was refused does not either."""
    line.faults.add("reorder", size=5)
    line.put("1")
    time.sleep(0.05)
    line.put("other", lane="b")
    time.sleep(0.05)
    assert line.posted == [("other", 1)]
    line.refusing["2"] = 1
    line.put("2")
    assert line.names() == ["other", "2", "2", "1"]


def test_two_held_webhooks_come_in_reverse(line: Line) -> None:
    """Each waits for the one behind it."""
    line.faults.add("reorder", times=2, size=5)
    for name in "123":
        line.put(name)
    assert line.names() == ["3", "2", "1"]


def test_a_held_webhook_that_nothing_follows_comes_when_its_time_is_over(line: Line) -> None:
    """`size` is the longest wait."""
    line.faults.add("reorder", size=0.1)
    line.put("1")
    assert not line.posted
    assert line.names() == ["1"]


def test_a_delayed_webhook_holds_those_behind_it(line: Line) -> None:
    """Late by `size` seconds, still in order."""
    line.faults.add("delay", size=0.15)
    begun = time.monotonic()
    for name in "12":
        line.put(name)
    assert line.names() == ["1", "2"]
    assert time.monotonic() - begun >= 0.15


def test_a_dropped_webhook_is_never_tried_and_a_doubled_one_only_once_doubled(line: Line) -> None:
    """drop tells the carrier instead; the repeats of a duplicate are single."""
    line.refusing["2"] = 1
    for name in ("drop", "duplicate"):
        line.faults.add(name)
    for name in "123":
        line.put(name)
    assert line.names() == ["2", "2", "3"]
    assert (line.dropped, [copies for _, copies in line.posted]) == (["1"], [2, 1, 1])


def test_no_fault_is_used_up_while_the_carrier_is_down(line: Line) -> None:
    """Down comes first; what waited strikes once it is up."""
    line.faults.add(DOWN)
    line.faults.add("duplicate")
    line.put("1")
    assert not line.lanes.settle(0.15)
    assert len(line.faults.waiting()) == 1
    line.faults.up()
    assert line.names() == ["1"]
    assert line.posted == [("1", 2)]


def told(steps: list[Step]) -> list[tuple[str, float]]:
    """What the program hears, and when."""
    return [(step.status, step.after) for step in steps for _ in range(step.copies)]


def kept(steps: list[Step]) -> list[str]:
    """What the carrier's own record goes through."""
    return [step.status for step in steps if step.kept]


@pytest.mark.parametrize(
    ("fault", "heard", "record"),
    [
        (None, [("queued", 0), ("sent", 1), ("delivered", 2)], STATUSES),
        ("drop_receipts", [], STATUSES),
        ("late_receipts", [("queued", 5), ("sent", 6), ("delivered", 7)], STATUSES),
        ("duplicate_receipts", [(name, at) for at, name in enumerate(STATUSES) for _ in "12"], STATUSES),
        (
            "contradictory_receipts",
            [("queued", 0), ("sent", 1), ("delivered", 2), ("failed", 3), ("delivered", 4)],
            STATUSES,
        ),
        ("undelivered", [("queued", 0), ("sent", 1), ("undelivered", 2)], ("queued", "sent", "undelivered")),
    ],
)
def test_receipts_go_wrong_as_ordered(fault: str | None, heard: list[tuple[str, float]], record: list[str]) -> None:
    """What the program hears and what the carrier's record says are two things; the record never goes backwards."""
    steps = plan(TABLE[fault] if fault else None, STATUSES, 1.0, "undelivered")
    assert told(steps) == heard
    assert kept(steps) == list(record)
    assert {step.code for step in steps} <= {0, 30003, 30008}
    assert all(bool(step.code) == (step.status in ("failed", "undelivered")) for step in steps)


def test_receipts_wait_while_the_carrier_is_down_and_can_be_repeated() -> None:
    """take() may ask to be called again; the steps behind wait for it."""
    lanes, faults, taken = Lanes(), Faults("smsgate"), list[str]()

    def take(step: Step) -> float | None:
        taken.append(step.status)
        return 0.01 if taken == ["sent"] else None

    faults.add(DOWN)
    report(faults, lanes, "a", ("sent", "delivered"), 0.01, take)
    assert not lanes.settle(0.1)
    faults.up()
    assert lanes.settle(5)
    lanes.close()
    assert taken == ["sent", "sent", "delivered"]


def test_the_table_has_a_moment_and_a_sensible_size_for_each_fault() -> None:
    """Only three moments; seconds, copies and codes are never negative."""
    assert {fault.moment for fault in TABLE.values()} == {"send", "inbound", "receipt"}
    assert all(isinstance(fault, Fault) and fault.size >= 0 and fault.carriers for fault in TABLE.values())
