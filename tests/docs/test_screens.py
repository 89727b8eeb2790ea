"""What a person at a terminal sees: the harness itself, and questions that are asked there alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import screens
from tests.docs.pages import read_page
from tests.docs.run import rewrite, run_section
from tests.docs.screens import Screen, terminal
from tests.docs.world import World

pytestmark = pytest.mark.docs


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.begin("shop")
    return world


@pytest.fixture
def screen(world: World) -> Iterator[Screen]:
    with terminal(world) as screen:
        yield screen


def test_a_screen_is_looked_at(screen: Screen) -> None:
    assert (
        screen.run("stty size; tty > /dev/null && echo yes") == "$ stty size; tty > /dev/null && echo yes\n40 100\nyes"
    )
    assert screen.run("printf 'a%.0s' {1..150}; echo").splitlines()[-1] == "a" * 150
    screen.begin("read -p 'Name? ' name; echo \"hello $name\"")
    screen.wait("Name?")
    screen.type("Ann")
    screen.press("Enter")
    assert screen.end().splitlines()[-1] == "hello Ann"


def test_what_never_comes_fails_with_the_screen(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "_SECONDS", 0.2)
    screen.begin("echo something else; cat")
    with pytest.raises(AssertionError, match=r"waited in vain for 'this'; the screen shows:\n(?s:.*)something else"):
        screen.wait("this")


def test_powers_are_asked_about_and_a_no_changes_nothing(world: World, screen: Screen) -> None:
    world.run("agentpkg install data-engineer~=1.0 --host claude")
    before = (world.folder / "agentpkg.lock").read_bytes()
    screen.begin("agentpkg update --latest; echo code $?")
    screen.wait("Approve data-engineer 2.0.0? [y/N]:")
    screen.press("n", "Enter")
    assert screen.end().splitlines()[-1] == "code 4"
    assert (world.folder / "agentpkg.lock").read_bytes() == before


def test_a_yes_brings_what_was_asked_about(world: World, screen: Screen) -> None:
    world.run("agentpkg install data-engineer~=1.0 --host claude")
    screen.begin("agentpkg update --latest; echo code $?")
    shown = screen.wait("Approve data-engineer 2.0.0? [y/N]:")
    assert "would gain mcp-server:context7" in shown
    screen.press("y", "Enter")
    assert screen.end().splitlines()[-1] == "code 0"
    assert world.run("agentpkg sync --check").output == ("in sync",)


PAGE = """\
<!-- new scratch: shop -->
<!-- terminal: read -p 'Name? ' name; read -p 'Age? '; echo "hello $name in $PWD" -->

```text
$ read …
Name?
```

<!-- keys: A n n Enter -->

```text
…
Age?
```

<!-- keys: Enter -->

```text
…
hello Ann in /tmp/shop
```

```console
$ pwd
/tmp/shop
```
"""


def test_a_page_does_not_leave_before_the_command_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "_SECONDS", 1.0)
    (tmp_path / "page.md").write_text(PAGE.partition("<!-- keys: Enter")[0])
    (section,) = read_page(tmp_path / "page.md")
    with tempfile.TemporaryDirectory() as base, pytest.raises(AssertionError, match="the end of the command"):
        run_section(section, Path(base).resolve())


@pytest.mark.parametrize(
    ("right", "wrong"), [("", ""), ("hello Ann", "hello Ada"), ("\nName?\n", "\nNome?\n"), ("\nAge?\n", "\nAge!\n")]
)
def test_screens_of_a_page_are_compared_and_put_right(
    right: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if right != wrong:
        monkeypatch.setattr(screens, "_SECONDS", 1.0)
    text = PAGE.replace(right, wrong)
    (tmp_path / "page.md").write_text(text)
    (section,) = read_page(tmp_path / "page.md")
    with tempfile.TemporaryDirectory() as base:
        found = run_section(section, Path(base).resolve())
    assert len(found) == (right != wrong)
    assert right in rewrite(text, found)
