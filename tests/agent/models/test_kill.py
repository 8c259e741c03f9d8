"""Real processes, killed with SIGKILL around real requests, whose number the server knows."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openai_server import OpenAIServer, Step, completion

from hotloop.agent.models.journal import Journal

SPENDER = Path(__file__).with_name("spender.py")
CALLS = 20


class Victims:
    """Starts the spender again and again; `kill` ends the one that runs now."""

    def __init__(self, url: str, journal: Path) -> None:
        self.command = [sys.executable, str(SPENDER), url, str(journal), str(CALLS)]
        self.process: subprocess.Popen[bytes] | None = None
        self.killed = 0

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.killed += 1

    def run(self) -> dict[str, str | None] | None:
        """The replies, or None when it was killed."""
        with subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as self.process:
            out, err = self.process.communicate(timeout=60)
        assert self.process.returncode in {0, -9}, err.decode()
        return json.loads(out) if self.process.returncode == 0 else None


def run_to_the_end(victims: Victims, most: int) -> dict[str, str | None]:
    for _ in range(most):
        replies = victims.run()
        if replies is not None:
            return replies
    raise AssertionError(f"not done after {most} processes")


def number_of(body: dict[str, Any]) -> int:
    return int(body["messages"][0]["content"].split()[1])


def later(action: Callable[[], None], seconds: float) -> None:
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()


def test_killed_at_any_point_no_reply_is_paid_twice_and_every_request_is_counted(tmp_path: Path) -> None:
    rng = random.Random(7)
    # Where to kill: with the request in hand, or so many seconds after the reply has left.
    fatal: dict[int, float | None] = {
        number: rng.choice([None, 0.0, 0.001, 0.003, 0.01]) for number in rng.sample(range(CALLS), 5)
    }
    asked: Counter[int] = Counter()
    victims: Victims

    def answer(body: dict[str, Any]) -> Step:
        number = number_of(body)
        asked[number] += 1
        if asked[number] == 1 and number in fatal:
            delay = fatal[number]
            if delay is None:
                victims.kill()
                time.sleep(0.05)
            else:
                later(victims.kill, delay)
        return completion(f"reply {number}.{asked[number]}", usage=(100, 10))

    with OpenAIServer(answer=answer) as server:
        victims = Victims(server.url, tmp_path)
        replies = run_to_the_end(victims, 10)
        requests = len(server.chats)
        again = victims.run()

    assert victims.killed >= 3
    assert again == replies
    assert len(server.chats) == requests, "a finished run asks for nothing again"
    assert set(asked) == set(range(CALLS))
    assert max(asked.values()) <= 2
    # Whoever got a reply got that of the last request, and it is the one on disk.
    assert replies == {f"{n:03d}-coder-00-01": f"reply {n}.{asked[n]}" for n in range(CALLS)}
    journal = Journal(tmp_path)
    assert journal.spent().turns >= requests
    entries = {entry.key: entry for entry in journal.entries()}
    for number in range(CALLS):
        entry = entries[f"{number:03d}-coder-00-01"]
        assert len(entry.sends) >= asked[number]
        lost = sum(send.worst_usd or 0.0 for send in entry.sends[:-1])
        assert entry.reply is not None
        assert abs(entry.spent().usd - lost - 110e-6) < 1e-12


def test_killed_twice_in_one_call_it_is_not_sent_a_third_time(tmp_path: Path) -> None:
    asked: Counter[int] = Counter()
    victims: Victims

    def answer(body: dict[str, Any]) -> Step:
        number = number_of(body)
        asked[number] += 1
        if number == 3:
            victims.kill()
            time.sleep(0.05)
        return completion(f"reply {number}")

    with OpenAIServer(answer=answer) as server:
        victims = Victims(server.url, tmp_path)
        replies = run_to_the_end(victims, 4)
    assert victims.killed == 2
    assert asked[3] == 2
    assert replies["003-coder-00-01"] is None
    assert replies["004-coder-00-01"] == "reply 4"
    assert all(count == 1 for number, count in asked.items() if number != 3)
    assert Journal(tmp_path).spent().turns == CALLS + 1


def test_killed_at_any_time_by_the_clock_what_was_sent_is_on_disk(tmp_path: Path) -> None:
    rng = random.Random(11)
    asked: Counter[int] = Counter()
    victims: Victims
    begun = threading.Event()

    def answer(body: dict[str, Any]) -> Step:
        asked[number_of(body)] += 1
        if not begun.is_set():
            begun.set()
            later(victims.kill, rng.uniform(0.0, 0.1))
        return completion("reply")

    with OpenAIServer(answer=answer) as server:
        victims = Victims(server.url, tmp_path)
        for _ in range(3):
            begun.clear()
            victims.run()
            assert Journal(tmp_path).spent().turns >= len(server.chats)
        begun.set()
        replies = run_to_the_end(victims, 1)
    assert set(replies.values()) <= {"reply", None}
    assert max(asked.values()) <= 2
