from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.sandboxes.base import ProcessEnded, ProcessTimeout
from hotloop.sandboxes.streams import READ_AHEAD, BoundedOutput, Lines


@given(st.lists(st.binary(max_size=40)), st.integers(min_value=0, max_value=60))
def test_bounded_output_is_the_beginning_and_the_end(chunks: list[bytes], limit: int) -> None:
    output = BoundedOutput(limit)
    for chunk in chunks:
        output.feed(chunk)
    whole = b"".join(chunks)
    if len(whole) <= limit:
        assert (output.value(), output.truncated) == (whole, False)
    else:
        tail = limit - limit // 2
        assert output.value() == whole[: limit // 2] + (whole[-tail:] if tail else b"")
        assert output.truncated


@given(st.binary(max_size=200), st.integers(min_value=1, max_value=7))
def test_lines_do_not_depend_on_how_they_arrive(data: bytes, size: int) -> None:
    lines = Lines()
    for begin in range(0, len(data), size):
        lines.feed(data[begin : begin + size])
    lines.feed(b"")
    for expected in data.split(b"\n")[:-1]:
        assert lines.read_line(0.0, 1000) == expected
    with pytest.raises(ProcessEnded):
        lines.read_line(0.0, 1000)


def test_a_line_longer_than_its_limit_is_refused_with_or_without_its_end() -> None:
    for data in (b"12345", b"12345\n"):
        lines = Lines()
        lines.feed(data)
        with pytest.raises(ProcessEnded, match="longer than 4"):
            lines.read_line(0.0, 4)


def test_no_line_in_time_is_a_timeout() -> None:
    with pytest.raises(ProcessTimeout):
        Lines().read_line(0.01, 10)


def test_a_flood_waits_for_its_reader_and_gives_up_with_it() -> None:
    lines = Lines()
    fed = threading.Event()

    def flood() -> None:
        lines.feed(b"x" * (READ_AHEAD + 1))
        fed.set()

    thread = threading.Thread(target=flood)
    thread.start()
    assert not fed.wait(0.05)
    lines.end()
    assert fed.wait(10.0)
    thread.join()
    before = time.monotonic()
    lines.feed(b"dropped")
    assert time.monotonic() - before < 10.0
