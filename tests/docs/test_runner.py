"""What runs the pages sees what is wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.compare import same, show
from tests.docs.pages import Left, Misread, Section, Shown, read_page, read_steps
from tests.docs.run import main, rewrite, run_section

pytestmark = pytest.mark.docs
PAGE = """\
# A page

<!-- new scratch: shop -->
<!-- run:
mkdir sub
echo hidden > sub/a.txt
-->

```console
$ pwd
/tmp/shop

$ cd sub

$ cat a.txt > b.txt
> cat b.txt; echo talk >&2; false
hidden
talk
[exit 1]
```

```toml title="conf/x.toml"
a = 1
```

```console
$ cat conf/x.toml
a = 1
```

<!-- not run: it takes a year -->

```console
$ sleep 31536000
```
"""


def sections(text: str, tmp_path: Path) -> tuple[Section, ...]:
    path = tmp_path / "page.md"
    path.write_text(text)
    return read_page(path)


def wrong_in(text: str, tmp_path: Path) -> list[str]:
    return [one.shown.command for section in sections(text, tmp_path) for one in run_section(section, tmp_path)]


def test_a_page_that_is_right_passes(tmp_path: Path) -> None:
    assert wrong_in(PAGE, tmp_path) == []
    (section,) = sections(PAGE, tmp_path)
    assert [step.why for step in section.steps if isinstance(step, Left)] == ["it takes a year"]
    assert [step.line for step in section.steps if isinstance(step, Shown)] == [10, 13, 15, 27]


@pytest.mark.parametrize(
    ("right", "wrong", "command"),
    [
        ("/tmp/shop\n", "/tmp/shed\n", "pwd"),
        ("hidden\ntalk", "talk\nhidden", "cat a.txt > b.txt\ncat b.txt; echo talk >&2; false"),
        ("[exit 1]\n", "", "cat a.txt > b.txt\ncat b.txt; echo talk >&2; false"),
        ("$ cd sub\n", "$ cd sub\nmoved\n", "cd sub"),
        ("$ cat conf/x.toml\na = 1\n", "$ cat conf/x.toml\n", "cat conf/x.toml"),
        ("$ cat conf/x.toml\na = 1\n", "$ cat conf/x.toml\na = 1\n…\n", "cat conf/x.toml"),
    ],
)
def test_a_wrong_output_fails_and_is_put_right(right: str, wrong: str, command: str, tmp_path: Path) -> None:
    assert PAGE.count(right) == 1
    text = PAGE.replace(right, wrong)
    (section,) = sections(text, tmp_path)
    found = run_section(section, tmp_path)
    assert [one.shown.command for one in found] == [command]
    assert rewrite(text, found) == PAGE


def test_nothing_of_the_person_who_runs_it_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "AGENTPKG_CACHE_DIR", "XDG_CONFIG_HOME", "NO_COLOR"):
        monkeypatch.setenv(name, "/nowhere")
    text = (
        "```console\n$ env | grep -c nowhere\n0\n[exit 1]\n\n$ git config --get-all user.name\nAnn Ames\n\n"
        "$ echo ~; read; git fetch https://git.example/x.git\n/home/ann\nfatal: …\n[exit 128]\n```\n"
    )
    assert wrong_in(text, tmp_path) == []


def test_pages_are_written_again_where_asked_but_never_with_a_bug(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.md"
    path.write_text("```console\n$ echo a\nb\n\n$ echo error: this is a bug in agentpkg 1\nall is well\n```\n")
    before = path.read_text()
    assert main([str(path)]) == 1
    assert "page.md:2: $ echo a\n    a\n" in capsys.readouterr().out
    assert path.read_text() == before
    assert main([str(path), "--write"]) == 1
    assert path.read_text() == before.replace("\nb\n", "\na\n")
    path.write_text("```console\n$ echo a\na\n```\n")
    assert main([str(path)]) == 0


def test_both_streams_stand_in_the_order_of_a_terminal(tmp_path: Path) -> None:
    program = "import sys; print(1); print(2, file=sys.stderr); print(3)"
    assert wrong_in(f"```console\n$ python -c '{program}'\n1\n2\n3\n```\n", tmp_path) == []


def test_sections_know_nothing_of_each_other(tmp_path: Path) -> None:
    text = "```console\n$ echo a > a; ls\na\n```\n\n<!-- new scratch: b -->\n\n```console\n$ ls\n\n$ pwd\n/tmp/b\n```\n"
    assert len(sections(text, tmp_path)) == 2
    assert wrong_in(text, tmp_path) == []


def test_keys_need_a_terminal(tmp_path: Path) -> None:
    (section,) = sections("<!-- keys: Enter -->\n\n```text\n```\n", tmp_path)
    with pytest.raises(Misread, match="line 3: keys are pressed where no command runs"):
        run_section(section, tmp_path)


def test_a_page_without_commands_has_no_section(tmp_path: Path) -> None:
    assert sections("# A page\n\n```text\n$ ls\n```\n", tmp_path) == ()


def test_what_cannot_be_made_ready_fails(tmp_path: Path) -> None:
    (section,) = sections("<!-- run: false; true -->\n", tmp_path)
    with pytest.raises(AssertionError, match=r"page\.md:1 cannot be made ready"):
        run_section(section, tmp_path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<!-- runs: x -->\n", "line 1: no comment is called 'runs'"),
        ("\n```console\nls\n```\n", "line 3: a console begins with"),
        ("- x\n\n  ```console\n  $ ls\n  ```\n", "line 3: a console that is indented"),
    ],
)
def test_a_page_that_cannot_be_meant_so_is_refused(text: str, why: str) -> None:
    with pytest.raises(Misread, match=why):
        list(read_steps(text))


def test_a_fence_shows_comments_and_a_comment_holds_fences() -> None:
    assert list(read_steps("````text\n<!-- nonsense: x -->\n```console\n````\n")) == []
    (step,) = read_steps("<!-- run:\ncat > a.md <<'E'\n```console\n$ ls\n```\nE\n-->\n")
    assert "```console" in getattr(step, "script", "")


@pytest.mark.parametrize(
    ("shown", "real", "fits"),
    [
        ("a b", "a b", True),
        ("a b", "a b c", False),
        ("a … b", "a x b y b", True),  # taken to pieces at blanks
        ("… b", "a b", True),
        ("… b", "a x b", True),
        ("… c …", "a c b", True),
        ("a …", "a", False),
        ("a … b", "a b", False),
        ("… a … c", "b a c", False),
        ("a … a", "a", False),
        ("a … b … d", "a b c d", False),
        ("… b … b", "a b b b", True),
        ("in…id", "inside", False),
        ("", "", True),
    ],
)
def test_a_line_of_three_dots_stands_for_lines(shown: str, real: str, fits: bool) -> None:
    if shown == "in…id":
        assert same(["in…de"], ["inside"])
        assert not same(["inside…"], ["inside"])
    assert same(shown.split(), real.split()) is fits


@pytest.mark.parametrize(
    ("shown", "real", "better"),
    [
        ("a … z", "b c z", "b … z"),
        ("a …", "b c", "b …"),
        ("a …", "b", "b"),
        ("a b … y z", "a B c d Y z", "a B … Y z"),
        ("a b", "c", "c"),
        ("a", "", ""),
        ("a … c", "a b C d", "a … d"),
    ],
)
def test_what_was_elided_stays_elided(shown: str, real: str, better: str) -> None:
    assert show(shown.split(), real.split()) == better.split()
    assert same(better.split(), real.split())
