"""Who gets colour, when progress is shown, and what `--verbose` leaves out."""

from __future__ import annotations

import sys
from io import StringIO

import pytest

from agentpkg import console, loudness, progress, trail
from agentpkg.loudness import Teller
from agentpkg.progress import Progress
from agentpkg.terminal import Role, Styled, has_colour, plain, show


class Screen(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "terminal", "pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"CLICOLOR_FORCE": "0"}, True, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_the_environment_decides_over_the_stream(environment: dict[str, str], terminal: bool, pipe: bool) -> None:
    assert has_colour(Screen(), environment) is terminal
    assert has_colour(StringIO(), environment) is pipe


def test_a_stream_that_is_closed_is_no_terminal() -> None:
    stream = StringIO()
    stream.close()
    assert not has_colour(stream, {})


def test_colour_is_put_around_text_that_brings_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    pieces = (Styled("a\x1b[31mb", Role.NAME), " \x1b]0;title\x07")
    assert show(Screen(), *pieces) == "\x1b[1ma\\x1b[31mb\x1b[0m \\x1b]0;title\\x07"
    assert show(StringIO(), *pieces) == "a\\x1b[31mb \\x1b]0;title\\x07"
    assert plain(*pieces) == "a\x1b[31mb \x1b]0;title\x07"


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    return Screen()


def test_progress_comes_only_after_the_delay_and_goes(clock: Clock, screen: Screen) -> None:
    shown = Progress(screen, clock=clock, delay=0.5)
    shown.begin("fetching registry acme", None)
    clock.now = 0.49
    shown.look()
    assert screen.getvalue() == ""
    clock.now = 0.5
    shown.look()
    assert screen.getvalue() == "fetching registry acme …"
    shown.end()
    assert screen.getvalue() == "fetching registry acme …\r\x1b[K"


def test_the_delay_counts_from_the_first_step(clock: Clock, screen: Screen) -> None:
    shown = Progress(screen, clock=clock, delay=0.5)
    shown.begin("one", None)
    shown.end()
    clock.now = 0.6
    shown.begin("two", None)
    assert screen.getvalue() == "two …"


def test_a_quick_run_shows_nothing_at_all(clock: Clock, screen: Screen) -> None:
    shown = Progress(screen, clock=clock, delay=0.5)
    for _ in range(100):
        shown.begin("quick", 2)
        shown.advance()
        shown.end()
    shown.stop()
    assert screen.getvalue() == ""


def test_what_is_counted_is_counted_and_what_stands_still_is_not_written_again(clock: Clock, screen: Screen) -> None:
    shown = Progress(screen, clock=clock)
    shown.begin("reading bundles", 12)
    shown.advance()
    shown.look()
    shown.look()
    assert screen.getvalue() == "reading bundles: 0 of 12 …\r\x1b[Kreading bundles: 1 of 12 …"


def test_the_inner_step_is_shown_and_then_the_outer_one_again(clock: Clock, screen: Screen) -> None:
    shown = Progress(screen, clock=clock)
    shown.begin("outer", None)
    shown.begin("inner", None)
    shown.end()
    assert screen.getvalue().split("\r\x1b[K") == ["outer …", "inner …", "outer …"]


def test_a_line_of_progress_never_takes_two(clock: Clock, screen: Screen) -> None:
    Progress(screen, clock=clock).begin("reading " + "データ" * 20, None)
    from agentpkg.layout import width_of

    assert width_of(screen.getvalue()) < 40


def test_nothing_is_shown_once_it_has_stopped(clock: Clock, screen: Screen) -> None:
    shown = Progress(screen, clock=clock)
    shown.begin("left behind", None)
    shown.stop()
    before = screen.getvalue()
    shown.look()
    shown.end()
    assert screen.getvalue() == before == "left behind …\r\x1b[K"


def test_what_a_step_is_called_is_escaped(clock: Clock, screen: Screen) -> None:
    Progress(screen, clock=clock).begin("fetching \x1b[2J", None)
    assert screen.getvalue() == "fetching \\x1b[2J …"


def test_verbose_tells_both_ends_of_a_step_and_how_many_things_it_did() -> None:
    stream = StringIO()
    trail.listen(Teller(stream, 0.0))
    try:
        assert list(trail.counted(["a", "b"], "reading")) == ["a", "b"]
        trail.note("one\nline https://a:b@host")
    finally:
        trail.listen()
    first, second, third = (line.partition("] ")[2] for line in stream.getvalue().splitlines())
    assert first == "reading (2)"
    assert second.startswith("reading: 2 in 0.")
    assert third == r"one\nline https://***@host"


def test_nothing_is_noted_for_nobody() -> None:
    assert not trail.heard()
    trail.note("nobody hears it")
    with trail.step("nor this") as advance:
        advance()


def test_a_step_ends_also_where_it_fails() -> None:
    stream = StringIO()
    trail.listen(Teller(stream, 0.0))
    try:
        with pytest.raises(ZeroDivisionError), trail.step("dividing"):
            raise ZeroDivisionError
    finally:
        trail.listen()
    assert "dividing: 0." in stream.getvalue()


def test_a_line_of_others_takes_the_place_of_progress(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "DELAY", 0.0)
    monkeypatch.setattr(progress, "_EVERY", 1000.0)
    monkeypatch.setattr(sys, "stderr", screen)
    loudness.begin([])
    try:
        with trail.step("fetching"):
            console.warn("stale")
    finally:
        loudness.finish()
    assert screen.getvalue() == "fetching …\r\x1b[Kwarning: stale\n"


def test_a_row_of_a_table_is_a_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    console.say_table([("a\nb", "c\x1b"), ("d", "")], header=("ONE", "TWO"))
    assert capsys.readouterr().out == "a\\nb  c\\x1b\nd\n"
