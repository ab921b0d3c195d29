# SPDX-License-Identifier: Apache-2.0
"""What workers tell each other adds up, whatever they do and whoever dies, and turns are one order for all of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.routing import Board, BoardError
from daulat.gateway.routing.board import ABSENT_S
from daulat.gateway.routing.fair import FairQueue

WORKERS, MODELS = 3, ["small", "large"]
LARGEST = 500

places = st.tuples(st.integers(0, WORKERS - 1), st.sampled_from(MODELS))
events = st.lists(st.tuples(st.sampled_from(["take", "release", "die"]), places), max_size=80)
calls = st.lists(
    st.tuples(st.integers(0, WORKERS - 1), st.sampled_from("abc"), st.integers(1, LARGEST)), max_size=60
)  # fmt: skip


@pytest.fixture
def board():
    made = Board.make(MODELS, WORKERS)
    yield made
    made.close()


@given(events)
def test_sums_are_right_after_any_sequence_of_takes_releases_and_deaths(events):
    board = Board.make(MODELS, WORKERS)
    rows = [board.row(number) for number in range(WORKERS)]
    held = dict.fromkeys([(number, model) for number in range(WORKERS) for model in MODELS], 0)
    for what, (number, model) in events:
        if what == "take":
            rows[number].columns[model].counts[number] += 1
            held[number, model] += 1
        elif what == "release" and held[number, model]:
            rows[number].columns[model].counts[number] -= 1
            held[number, model] -= 1
        elif what == "die":
            board.clear(number)
            held |= dict.fromkeys([(number, each) for each in MODELS], 0)
        for each in MODELS:
            total = sum(count for (_, of), count in held.items() if of == each)
            assert [sum(row.columns[each].counts) for row in rows] == [total] * WORKERS
    board.close()


def test_the_next_call_is_the_most_urgent_then_the_one_whose_turn_comes_first(board):
    row = board.row(0)
    column = row.columns["small"]
    for number, turn in enumerate([(1, 5.0), (1, 4.0), (2, 0.0)]):
        board.row(number).look(100.0)
        board.row(number).tell(board.row(number).columns["small"], turn, 100.0)
    assert row.first(column, 100.0) == 1
    board.row(2).tell(board.row(2).columns["small"], (0, 1e12), 100.0)  # emergency, however late its turn
    assert row.first(column, 100.0) == 2
    assert row.first(row.columns["large"], 100.0) == -1


def test_a_worker_that_no_longer_looks_holds_nobody_up(board):
    row = board.row(0)
    column = row.columns["small"]
    row.tell(column, (2, 9.0), 100.0)
    board.row(1).look(100.0)
    board.row(1).tell(board.row(1).columns["small"], (0, 0.0), 100.0)
    assert row.first(column, 100.0) == 1
    assert row.first(column, 100.0 + ABSENT_S) == 0


def test_a_worker_that_died_leaves_nothing_behind(board):
    row = board.row(1)
    queue = FairQueue(row)
    queue.push("call", "lane", priority="interactive", flow="a", cost=700)
    queue.push("call", "lane", priority="interactive", flow="a", cost=700)
    assert queue.pop(["lane"])
    row.waiting[1] = 2
    row.columns["large"].counts[1] = 5
    row.tell(row.columns["large"], (0, 1.0), 100.0)
    board.clear(1)
    other = board.row(0)
    assert not any(other.waiting)
    assert not any(other.columns["large"].counts)
    assert not any(other.columns["large"].turns)
    assert other.start(1, "a") == 0.0


def test_a_worker_of_another_declaration_does_not_misread_it(board):
    for models in (["small", "other"], ["large", "small"], ["small"]):
        with pytest.raises(BoardError):
            Board.join(board.pass_on(0), models)
    assert Board.join(board.pass_on(0), MODELS).number == 0


def test_where_no_memory_can_be_shared_the_operator_is_told(monkeypatch):
    monkeypatch.setattr("daulat.gateway.routing.board.SHARED_MEMORY", Path("/proc"))  # no file can be made there
    with pytest.raises(BoardError) as none:
        Board.make(MODELS, WORKERS)
    assert none.value.code == "up.no_board"


def test_no_file_is_left_where_the_memory_was(board):
    assert Path(f"/proc/self/fd/{board.memory}").readlink().name.endswith("(deleted)")


@given(calls, st.integers(0, 60))
def test_while_two_both_wait_they_get_the_same_tokens_whichever_workers_their_calls_came_to(items, served):
    # As for one queue (Goyal et al. 1997, theorem 1): to within one call of each.
    board = Board.make(MODELS, WORKERS)
    rows = [board.row(number) for number in range(WORKERS)]
    queues = [FairQueue(row) for row in rows]
    for index, (number, flow, cost) in enumerate(items):
        queues[number].push((flow, cost, index), "lane", priority="interactive", flow=flow, cost=cost)
    taken = []
    for _ in range(min(served, len(items))):
        for row, queue in zip(rows, queues, strict=True):
            row.look(1.0)
            row.tell(row.columns["small"], queue.next_turn(["lane"]), 1.0)
        taken.append(queues[rows[0].first(rows[0].columns["small"], 1.0)].pop(["lane"]))
    left = [(flow, index) for index, (_, flow, _) in enumerate(items) if index not in {each[2] for each in taken}]
    got = {flow: sum(cost for each, cost, _ in taken if each == flow) for flow in "abc"}
    waiting = [flow for flow in "abc" if any(each == flow for each, _ in left)]
    largest = {flow: max((cost for _, each, cost in items if each == flow), default=0) for flow in "abc"}
    for one in waiting:
        for other in waiting:
            assert abs(got[one] - got[other]) <= largest[one] + largest[other]
    board.close()


def test_a_worker_whose_queue_has_emptied_does_not_set_the_time_back(board):
    here, there = FairQueue(board.row(0)), FairQueue(board.row(1))
    for _ in range(20):
        here.push("a", "lane", priority="batch", flow="a", cost=500)
    there.push("a", "lane", priority="batch", flow="a", cost=500)  # from 10,000 on
    while here.pop(["lane"]):
        pass
    for _ in range(20):
        there.push("b", "lane", priority="batch", flow="b", cost=500)  # from 9,500 on, not from 0
    assert [there.pop(["lane"]) for _ in range(3)] == ["b", "a", "b"]


def test_of_two_whose_turn_comes_together_the_one_that_waits_longer_goes_first(board):
    for number, now in ((2, 10.0), (0, 20.0), (1, 30.0)):
        board.row(number).look(30.0)
        board.row(number).tell(board.row(number).columns["small"], (1, 7.0), now)
    assert board.row(1).first(board.row(1).columns["small"], 30.0) == 2


HOLD_AND_NOTE = """
import sys, time
from daulat.gateway.routing import Board, Declared, Post, Residency
from daulat.gateway.routing.shared import SharedRouter
from daulat.models import FakeEngine

row = Board.join(sys.argv[1], ["small"])
small = Post(Declared("small", FakeEngine(["small"]), concurrency=1))
router = SharedRouter(row, [small], [], Residency(), clock=time.monotonic)
sys.stdin.readline()
notes = []
for _ in range(40_000):
    if router._take(small, 0.0):
        held = time.monotonic_ns()
        while time.monotonic_ns() < held + 5_000:
            pass
        notes.append((held, time.monotonic_ns()))
        router._give_back(small)
print(len(notes))
for begin, end in notes:
    print(begin, end)
"""


def test_of_processes_that_reach_for_the_last_place_at_once_never_one_too_many_holds_it():
    board = Board.make(["small"], 4)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD_AND_NOTE, board.pass_on(number)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=board.descriptors,
        )
        for number in range(4)
    ]  # fmt: skip
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    changes = []
    for worker in workers:
        lines = worker.communicate(timeout=120)[0].splitlines()
        assert int(lines[0]) == len(lines) - 1
        for line in lines[1:]:
            begin, end = map(int, line.split())
            changes += [(begin, 1), (end, -1)]
    held = most = 0
    for _, change in sorted(changes):  # of an end and a beginning at the same moment the end goes first
        held += change
        most = max(most, held)
    assert most == 1
    assert sum(board.counts) == 0
    board.close()
