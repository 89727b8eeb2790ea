"""That the suite sees what it is for: with a guard taken away, the case that stands for it fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentpkg import acceptance, apply, header, ledger, mirror, remote, sources, terminal, text, trees, undo
from agentpkg import git as door
from agentpkg.folder import Folders
from agentpkg.ops import approval
from tests.hostile.attacks import mark, option_for_url
from tests.hostile.case import run_case
from tests.hostile.room import Room
from tests.hostile.test_cases import CASES

pytestmark = pytest.mark.hostile

Patch = pytest.MonkeyPatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A guard that is taken away, the case (its id) that must fail then, and how (a pattern)."""

    guard: str
    without: Callable[[Patch], None]
    case: str
    fails: str


def _any_url(patch: Patch) -> None:
    for door_of in (remote, ledger, sources):
        patch.setattr(door_of, "git_url", lambda given, root: given)


def _any_environment(patch: Patch) -> None:
    patch.setattr(door, "_fenced", lambda **_: nullcontext())


def _links(patch: Patch) -> None:
    patch.setattr(trees, "_PLAIN_FILES", ("100644", "100755", "120000"))


def _no_fsck(patch: Patch) -> None:
    options = tuple(word.replace("fsckObjects=true", "fsckObjects=false") for word in door._OPTIONS)
    patch.setattr(door, "_OPTIONS", options)


def _any_size(patch: Patch) -> None:
    read = mirror.Mirror.read
    patch.setattr(mirror.Mirror, "read", lambda self, name, most, called="": read(self, name, 1 << 30, called))


def _hidden_text(patch: Patch) -> None:
    def nothing(given: str) -> Iterator[int]:
        return iter(())

    patch.setattr(text, "find_hidden", nothing)


def _lenient(patch: Patch) -> None:
    patch.setattr(header._Tree, "read", lambda self: yaml.load(self.source, Loader=yaml.BaseLoader))
    init = header._Tree.__init__

    def keep(self: Any, source: str, where: str, first: int) -> None:
        init(self, source, where, first)
        self.source = source

    patch.setattr(header._Tree, "__init__", keep)


def _any_place(patch: Patch) -> None:
    patch.setattr(apply, "is_place", lambda path, *, user: True)


def _links_on_the_way(patch: Patch) -> None:
    patch.setattr(Folders, "_open_below", lambda self, name: os.open(name, os.O_RDONLY, dir_fd=self._open[-1]))


def _no_ledger(patch: Patch) -> None:
    patch.setattr(acceptance, "_check", lambda *given: ())


def _any_signer(patch: Patch) -> None:
    patch.setattr(remote, "check_signed", lambda *given: None)


def _all_approved(patch: Patch) -> None:
    patch.setattr(approval, "find_gains", lambda *given: ())


def _any_record(patch: Patch) -> None:
    patch.setattr(undo, "_seal", lambda *given: b"")


def _raw(patch: Patch) -> None:
    for module in (door, terminal):
        patch.setattr(module, "escape", lambda given: given)


MUTANTS = (
    Mutant(guard="urls", without=_any_url, case="59 ext::sh -c touch% {outside}/ran", fails="exit 8, expected 2"),
    Mutant(guard="GIT_*", without=_any_environment, case="64 GIT_*, late", fails="expected 0"),
    Mutant(guard="links", without=_links, case="17 link", fails="is a link"),
    Mutant(guard="fsck", without=_no_fsck, case="14 agents / .. / evil.md", fails="hasDotdot"),
    Mutant(guard="sizes", without=_any_size, case="31 one byte too many", fails="has 262,145 bytes"),
    Mutant(guard="hidden text", without=_hidden_text, case="26 tags in a prompt", fails="exit 0, expected 3"),
    Mutant(guard="strict headers", without=_lenient, case="5 duplicate key", fails="exit 0, expected 3"),
    Mutant(guard="strict headers", without=_lenient, case="7 alias", fails="exit 0, expected 3"),
    Mutant(guard="places", without=_any_place, case="57 journal .claude/settings.json", fails="exit 0, expected 3"),
    Mutant(guard="places", without=_any_place, case="51 lock .git/hooks/post-checkout", fails="exit 0, expected 3"),
    Mutant(guard="ledger", without=_no_ledger, case="35 version rewritten", fails="exit 0, expected 5"),
    Mutant(guard="ledger", without=_no_ledger, case="41 force push", fails="exit 0, expected 5"),
    Mutant(guard="signatures", without=_any_signer, case="44 revoked, backdated", fails="exit 0, expected 5"),
    Mutant(guard="approval", without=_all_approved, case="56 approval by hand", fails="exit 0, expected 4"),
    Mutant(guard="approval", without=_all_approved, case="61 local registry", fails="exit 0, expected 4"),
    Mutant(guard="seals", without=_any_record, case="57 record of another machine", fails="exit 0, expected 1"),
    Mutant(guard="escapes", without=_raw, case="50 page", fails="reached the terminal"),
    Mutant(guard="links on the way", without=_links_on_the_way, case="66 swapped folder", fails="exit 0, expected 9"),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.guard}: {mutant.case}")
def test_a_case_fails_without_its_guard(
    mutant: Mutant, tmp_path: Path, capsys: pytest.CaptureFixture[str], tally: Callable[[str, int], None]
) -> None:
    [case] = [case for case in CASES if case.id == mutant.case]
    with pytest.MonkeyPatch.context() as patch:
        mutant.without(patch)
        with pytest.raises(AssertionError, match=mutant.fails):
            run_case(case, tmp_path, capsys)
    tally("guards taken away", 1)


def test_without_the_dashes_a_url_is_an_option(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tally: Callable[[str, int], None],
) -> None:
    run = door.run

    def undashed(folder: Path, *words: str, **options: Any) -> tuple[int, bytes]:
        return run(folder, *(word for word in words if word != "--"), **options)

    with ExitStack() as stack:
        room = Room(tmp_path / "room", capsys, monkeypatch, stack)
        trial = option_for_url(room)
        monkeypatch.setattr(mirror, "run", undashed)
        trial.ours()
        assert mark(room).exists()
    tally("guards taken away", 1)
