"""The plan is a truth table over L (last written), D (on disk) and N (to be there now)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.files import CONFLICT_SUFFIX, DiskFile, file_digest
from agentpkg.lockfile import NO_RENDERING, LockedFile
from agentpkg.plan import Action, Ground, Kind, Plan, decide, make_plan, waiting
from agentpkg.targets import Target
from tests.unit.builders import ODD_FILE, a_digest, a_disk_file, a_locked_file, a_target

PATH = ".inn/agents/a.md"
BESIDE = PATH + CONFLICT_SUFFIX


def ground(
    last: LockedFile | str | None,
    disk: DiskFile | str | None,
    new: str | None,
    *,
    beside: DiskFile | str | None = None,
    known: tuple[str, ...] = (),
    merged: str | None = None,
    keep_deleted: bool = False,
) -> Ground:
    """Return the ground for one path; texts stand for files that hold them."""
    found = {PATH: disk, BESIDE: beside}
    return Ground(
        targets={} if new is None else {PATH: a_target(new)},
        locked={} if last is None else {PATH: a_locked_file(last) if isinstance(last, str) else last},
        disk={
            path: a_disk_file(one) if isinstance(one, str) else one for path, one in found.items() if one is not None
        },
        known=frozenset(file_digest(text.encode()) for text in known),
        merges=None if merged is None else {PATH: merged.encode()},
        keep_deleted=keep_deleted,
    )


def actions(ground: Ground) -> dict[str, Action]:
    return {action.path: action for action in make_plan(ground).actions}


def entry(ground: Ground) -> LockedFile | None:
    return make_plan(ground).files.get(PATH)


TABLE = [
    # what the case is                             L      D       N      what happens
    ("nothing there yet", None, None, "new", Kind.CREATE),
    ("deleted by hand, unchanged", "old", None, "old", Kind.CREATE),
    ("deleted by hand, changed", "old", None, "new", Kind.CREATE),
    ("untouched, unchanged", "old", "old", "old", Kind.KEEP),
    ("already what it should become", "old", "new", "new", Kind.KEEP),
    ("not in the lock, but as it should be", None, "new", "new", Kind.ADOPT),
    ("untouched, changed", "old", "old", "new", Kind.UPDATE),
    ("edited, unchanged", "old", "edit", "old", Kind.EDITED),
    ("edited, changed", "old", "edit", "new", Kind.CONFLICT),
    ("not in the lock, and not ours", None, "edit", "new", Kind.FOREIGN),
    ("no more wanted, untouched", "old", "old", None, Kind.DELETE),
    ("no more wanted, edited", "old", "edit", None, Kind.RELEASE),
    ("no more wanted, gone already", "old", None, None, Kind.FORGET),
]


@pytest.mark.parametrize(("last", "disk", "new", "kind"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_row_of_the_truth_table(last: str | None, disk: str | None, new: str | None, kind: Kind) -> None:
    assert decide(PATH, ground(last, disk, new)) is kind


WRITES = [
    ("create", ground(None, None, "new"), b"new"),
    ("update", ground("old", "old", "new"), b"new"),
    ("merge", ground("old", "edit", "new", merged="both"), b"both"),
    ("keep", ground("old", "old", "old"), None),
    ("adopt", ground(None, "new", "new"), None),
    ("edited", ground("old", "edit", "old"), None),
    ("conflict", ground("old", "edit", "new"), None),
    ("foreign", ground(None, "edit", "new"), None),
    ("delete", ground("old", "old", None), None),
    ("release", ground("old", "edit", None), None),
    ("forget", ground("old", None, None), None),
]


@pytest.mark.parametrize(("given_ground", "content"), [row[1:] for row in WRITES], ids=[row[0] for row in WRITES])
def test_each_action_carries_what_it_writes_to_the_file(given_ground: Ground, content: bytes | None) -> None:
    assert actions(given_ground)[PATH].content == content


def test_an_action_carries_the_bytes_that_stand_there_before() -> None:
    assert actions(ground("old", "old", "new"))[PATH].before == b"old"
    assert actions(ground("old", "old", None))[PATH].before == b"old"
    assert actions(ground(None, None, "new"))[PATH].before is None


def test_changes_are_the_actions_that_write_or_delete() -> None:
    assert [action.kind for action in make_plan(ground("old", "old", "new")).changes] == [Kind.UPDATE]
    assert [action.kind for action in make_plan(ground("old", "old", None)).changes] == [Kind.DELETE]
    assert make_plan(ground("old", "edit", "old")).changes == ()


def test_of_picks_actions_by_kind() -> None:
    plan = make_plan(ground("old", "edit", None))
    assert [action.path for action in plan.of(Kind.RELEASE, Kind.FORGET)] == [PATH]
    assert plan.of(Kind.DELETE) == ()


# What the user deleted


@pytest.mark.parametrize(
    ("last", "new", "kind"),
    [("old", "old", Kind.ABSENT), ("old", "new", Kind.CREATE), (None, "new", Kind.CREATE)],
)
def test_keep_deleted_leaves_a_file_away_only_while_its_rendering_is_the_one_deleted(
    last: str | None, new: str, kind: Kind
) -> None:
    assert decide(PATH, ground(last, None, new, keep_deleted=True)) is kind


def test_a_deletion_that_was_accepted_stays_so_whatever_comes() -> None:
    gone = replace(a_locked_file("old"), kept=NO_RENDERING)
    assert entry(ground("old", None, "old", keep_deleted=True)) == gone
    assert decide(PATH, ground(gone, None, "new")) is Kind.ABSENT
    assert entry(ground(gone, None, "new")) == replace(a_locked_file("new"), kept=NO_RENDERING)


# What the user accepted


def test_an_accepted_edit_is_as_it_should_be_and_stays_accepted() -> None:
    kept = ground(a_locked_file("old", kept="edit"), "edit", "old")
    assert decide(PATH, kept) is Kind.KEEP
    assert entry(kept) == a_locked_file("old", kept="edit")


def test_an_edit_after_the_accepted_one_is_an_edit_and_the_accepted_one_is_remembered() -> None:
    again = ground(a_locked_file("old", kept="edit"), "another edit", "old")
    assert decide(PATH, again) is Kind.EDITED
    assert entry(again) == a_locked_file("old", kept="edit")


def test_an_accepted_edit_is_merged_with_a_new_rendering_and_not_replaced_by_it() -> None:
    assert decide(PATH, ground(a_locked_file("old", kept="edit"), "edit", "new")) is Kind.CONFLICT
    assert decide(PATH, ground(a_locked_file("old", kept="edit"), "edit", "new", merged="both")) is Kind.MERGE


def test_a_merge_counts_as_an_accepted_edit_of_the_new_rendering() -> None:
    assert entry(ground("old", "edit", "new", merged="both")) == a_locked_file("new", kept="both")


def test_putting_an_accepted_edit_back_forgets_it() -> None:
    assert entry(ground(a_locked_file("old", kept="edit"), "old", "old")) == a_locked_file("old")


# Bytes that agentpkg rendered at some time


@pytest.mark.parametrize("new", ["old", "new"])
def test_an_older_rendering_of_ours_is_no_edit_and_is_brought_up_to_date(new: str) -> None:
    assert decide(PATH, ground("old", "older", new, known=("older",))) is Kind.UPDATE


def test_an_older_rendering_that_the_lock_does_not_know_is_not_ours() -> None:
    assert decide(PATH, ground(None, "older", "new", known=("older",))) is Kind.FOREIGN


# Files that are no plain files


@pytest.mark.parametrize(
    ("last", "new", "kind"),
    [
        ("old", "old", Kind.FOREIGN),
        ("old", "new", Kind.FOREIGN),
        (None, "new", Kind.FOREIGN),
        ("old", None, Kind.RELEASE),
    ],
)
def test_a_link_or_a_folder_in_the_place_of_a_file_is_never_touched(
    last: str | None, new: str | None, kind: Kind
) -> None:
    odd = ground(last, ODD_FILE, new)
    assert decide(PATH, odd) is kind
    assert make_plan(odd).changes == ()


# Line endings


def test_a_file_with_crlf_is_not_an_edit() -> None:
    assert decide(PATH, ground("a\nb\n", "a\r\nb\r\n", "a\nb\n")) is Kind.KEEP
    assert decide(PATH, ground("a\nb\n", "a\r\nb\r\n", None)) is Kind.DELETE


def test_an_update_keeps_the_line_endings_of_the_file() -> None:
    assert actions(ground("a\nb\n", "a\r\nb\r\n", "a\nc\n"))[PATH].content == b"a\r\nc\r\n"


def test_a_merge_keeps_the_line_endings_of_the_file() -> None:
    merged = ground("a\nb\n", "A\r\nb\r\n", "a\nc\n", merged="A\nc\n")
    assert actions(merged)[PATH].content == b"A\r\nc\r\n"
    assert entry(merged) == a_locked_file("a\nc\n", kept="A\nc\n")


MIXED = [  # what a file holds           what should be in it         and what then stands there
    ("a\r\nb\n", "a\nc\n", "a\r\nc\n"),
    ("a\r\nb\nc\r\n", "a\nb\nc\nd\n", "a\r\nb\nc\r\nd\r\n"),
    ("a\nb\r\nc\nd", "new\nb\nc\nd\n", "new\nb\r\nc\nd\n"),
    ("a\r\nb\r\nc\nd", "a\nb\nd\nc\n", "a\r\nb\r\nd\r\nc\n"),
    ("a\r\nb\r\nc\n", "a\nb", "a\r\nb"),
    ("a\rb\r\nc\n", "a\rb\nd\n", "a\rb\r\nd\n"),
]


@pytest.mark.parametrize(("disk", "new", "written"), MIXED)
def test_where_line_endings_are_mixed_each_line_that_stays_keeps_its_own(disk: str, new: str, written: str) -> None:
    assert actions(ground("old", disk, new, merged=new))[PATH].content == written.encode()


# The new rendering beside a conflict


def test_a_conflict_leaves_the_file_and_writes_the_new_rendering_beside_it() -> None:
    found = actions(ground("old", "edit", "new"))
    assert found[PATH] == Action(kind=Kind.CONFLICT, path=PATH, before=b"edit")
    assert found[BESIDE] == Action(kind=Kind.CREATE, path=BESIDE, content=b"new")


def test_the_new_rendering_beside_has_the_line_endings_of_the_file() -> None:
    assert actions(ground("old", "a\r\nedit\r\n", "a\nnew\n"))[BESIDE].content == b"a\r\nnew\r\n"


def test_the_lock_remembers_what_the_file_in_conflict_still_rests_on() -> None:
    assert entry(ground("old", "edit", "new")) == a_locked_file("new", base="old")
    assert entry(ground(a_locked_file("old", kept="edit"), "edit", "new")) == a_locked_file(
        "new", base="old", kept="edit"
    )


def test_a_conflict_that_lasts_is_planned_once() -> None:
    lasting = ground(a_locked_file("new", base="old"), "edit", "new", beside="new")
    assert decide(PATH, lasting) is Kind.CONFLICT
    assert make_plan(lasting).changes == ()
    assert entry(lasting) == a_locked_file("new", base="old")


def test_a_new_rendering_beside_is_replaced_by_a_newer_one() -> None:
    found = actions(ground(a_locked_file("new", base="old"), "edit", "newer", beside="new"))
    assert found[BESIDE] == Action(kind=Kind.UPDATE, path=BESIDE, content=b"newer", before=b"new")


def test_a_newer_rendering_in_conflict_still_rests_on_what_was_written_last() -> None:
    assert entry(ground(a_locked_file("new", base="old"), "edit", "newer", beside="new")) == a_locked_file(
        "newer", base="old"
    )


@pytest.mark.parametrize("beside", ["somebody's work", ODD_FILE], ids=["text", "link"])
def test_a_file_beside_that_holds_somebodys_bytes_is_left_alone(beside: DiskFile | str) -> None:
    assert BESIDE not in actions(ground("old", "edit", "new", beside=beside))
    assert BESIDE not in actions(ground(a_locked_file("new", base="old"), "edit", "newer", beside=beside))
    assert BESIDE not in actions(ground(a_locked_file("new", base="old"), "new", "new", beside=beside))


@pytest.mark.parametrize(
    ("disk", "new", "merged"),
    [("new", "new", None), ("old", "new", None), ("edit", "new", "both"), ("edit", "old", None), ("edit", None, None)],
    ids=["took the new one", "put the old one back", "merged", "rolled back", "no more wanted"],
)
def test_the_new_rendering_beside_goes_once_the_conflict_is_over(
    disk: str, new: str | None, merged: str | None
) -> None:
    over = ground(a_locked_file("new", base="old"), disk, new, beside="new", merged=merged)
    assert actions(over)[BESIDE] == Action(kind=Kind.DELETE, path=BESIDE, before=b"new")


def test_taking_the_new_rendering_settles_a_conflict_in_the_lock() -> None:
    assert entry(ground(a_locked_file("new", base="old"), "new", "new")) == a_locked_file("new")


def test_a_file_beside_without_a_conflict_is_nobodys_business() -> None:
    assert BESIDE not in actions(ground("old", "old", "new", beside="old"))


# What the lock holds afterwards


@pytest.mark.parametrize(
    ("last", "disk", "new"),
    [("old", "edit", None), ("old", None, None), ("old", "old", None), (None, "edit", "new")],
    ids=["released", "forgotten", "deleted", "foreign"],
)
def test_a_file_that_is_not_ours_has_no_place_in_the_lock(last: str | None, disk: str | None, new: str | None) -> None:
    assert entry(ground(last, disk, new)) is None


@pytest.mark.parametrize(
    ("last", "disk", "new"), [(None, None, "new"), ("old", "old", "new"), (None, "new", "new"), ("old", "new", "new")]
)
def test_a_file_that_is_as_it_should_be_is_locked_by_its_rendering_alone(
    last: str | None, disk: str | None, new: str
) -> None:
    assert entry(ground(last, disk, new)) == a_locked_file(new)


def test_actions_are_sorted_by_path() -> None:
    several = Ground(
        targets={path: a_target("new") for path in ("b", "c", "a")}, locked={"aa": a_locked_file("old")}, disk={}
    )
    assert [action.path for action in make_plan(several).actions] == ["a", "aa", "b", "c"]


# A lock that moves on while the files stay


def test_a_waiting_file_rests_on_what_was_written_last() -> None:
    assert waiting({PATH: a_locked_file("old")}, {PATH: a_locked_file("new")}) == {
        PATH: a_locked_file("new", base="old")
    }


def test_a_file_that_waits_twice_still_rests_on_what_was_written() -> None:
    assert waiting({PATH: a_locked_file("new", base="old")}, {PATH: a_locked_file("newer")}) == {
        PATH: a_locked_file("newer", base="old")
    }


def test_a_waiting_file_that_returns_to_what_was_written_waits_no_more() -> None:
    assert waiting({PATH: a_locked_file("new", base="old")}, {PATH: a_locked_file("old")}) == {
        PATH: a_locked_file("old")
    }


def test_waiting_keeps_what_the_user_accepted() -> None:
    before = {PATH: a_locked_file("old", kept="edit")}
    assert waiting(before, {PATH: a_locked_file("old")}) == before
    assert waiting(before, {PATH: a_locked_file("new")}) == {PATH: a_locked_file("new", base="old", kept="edit")}


def test_a_file_that_is_to_go_waits_without_a_rendering_and_is_deleted_by_the_next_sync() -> None:
    after = waiting({PATH: a_locked_file("old")}, {})
    assert after == {PATH: replace(a_locked_file("old"), sha256=NO_RENDERING, base=a_digest("old"))}
    assert decide(PATH, ground(after[PATH], "old", None)) is Kind.DELETE
    assert decide(PATH, ground(after[PATH], "edit", None)) is Kind.RELEASE


def test_a_file_that_was_to_go_and_is_wanted_again_is_kept() -> None:
    after = waiting({PATH: a_locked_file("old")}, {})
    assert entry(ground(after[PATH], "old", "old")) == a_locked_file("old")


@pytest.mark.parametrize(
    ("disk", "kind"),
    [("old", Kind.UPDATE), ("new", Kind.KEEP), ("edit", Kind.CONFLICT), (None, Kind.CREATE)],
)
def test_the_sync_after_waiting_does_what_the_update_would_have_done(disk: str | None, kind: Kind) -> None:
    after = waiting({PATH: a_locked_file("old")}, {PATH: a_locked_file("new")})
    assert decide(PATH, ground(after[PATH], disk, "new")) is kind


def test_a_file_that_was_never_written_is_created_even_where_deleted_ones_stay_deleted() -> None:
    after = waiting({}, {PATH: a_locked_file("new")})
    assert decide(PATH, ground(after[PATH], None, "new", keep_deleted=True)) is Kind.CREATE


def test_a_new_rendering_beside_is_brought_up_to_date_after_the_lock_has_moved_on() -> None:
    after = waiting({PATH: a_locked_file("new", base="old")}, {PATH: a_locked_file("newer")})
    found = actions(ground(after[PATH], "edit", "newer", beside="new", known=("old", "new")))
    assert found[BESIDE].content == b"newer"


# Whatever the ground


TEXTS = st.sampled_from(["a\n", "a\nb\n", "b\n", "c\n", "d\n", "edit\n", "own\n"])
PATHS = ["x", "y", "z"]


@st.composite
def grounds(draw: st.DrawFn) -> Ground:
    """Return any ground over three paths, and so every row of the table and every mixture of them."""

    def disk_file() -> DiskFile:
        if draw(st.integers(0, 9)) == 0:
            return ODD_FILE
        text = draw(TEXTS)
        return a_disk_file(text.replace("\n", "\r\n") if draw(st.booleans()) else text)

    def locked_file() -> LockedFile:
        base, kept = draw(st.none() | TEXTS), draw(st.none() | TEXTS)
        locked = a_locked_file(draw(TEXTS), base=base, kept=kept)
        return replace(locked, sha256=NO_RENDERING) if base and draw(st.integers(0, 4)) == 0 else locked

    some = st.lists(st.sampled_from(PATHS), unique=True)
    beside = [path + CONFLICT_SUFFIX for path in draw(some)]
    return Ground(
        targets={path: a_target(draw(TEXTS)) for path in draw(some)},
        locked={path: locked_file() for path in draw(some)},
        disk={path: disk_file() for path in [*draw(some), *beside]},
        known=frozenset(file_digest(text.encode()) for text in draw(st.lists(TEXTS, max_size=2))),
        merges={path: f"merged {path}\n".encode() for path in draw(some)},
        keep_deleted=draw(st.booleans()),
    )


def apply_in_memory(ground: Ground, plan: Plan) -> Ground:
    disk = dict(ground.disk)
    for action in plan.changes:
        there = disk.get(action.path)
        assert (there.content if there else None) == action.before
        assert not (there and there.odd)
        if action.content is None:
            del disk[action.path]
        else:
            disk[action.path] = DiskFile(content=action.content, sha256=file_digest(action.content))
    return replace(ground, locked=plan.files, disk=disk, merges={})


def ours(ground: Ground, path: str) -> set[str | None]:
    """Return the digests of bytes at `path` that are no work of the user's: L, N, and all that we ever rendered."""
    path = path.removesuffix(CONFLICT_SUFFIX)
    locked, target = ground.locked.get(path), ground.targets.get(path)
    digests: set[str | None] = set(ground.known)
    if locked:
        digests |= {locked.sha256, locked.base}
    return digests | ({target.sha256} if target else set())


@given(grounds())
def test_no_plan_overwrites_or_deletes_the_users_bytes_except_by_a_merge(ground: Ground) -> None:
    for action in make_plan(ground).changes:
        if action.before is not None and action.kind is not Kind.MERGE:
            assert file_digest(action.before) in ours(ground, action.path)


@given(grounds())
def test_a_file_that_is_in_nobodys_lock_is_never_changed(ground: Ground) -> None:
    for action in make_plan(ground).changes:
        if action.before is not None:
            assert action.path.removesuffix(CONFLICT_SUFFIX) in ground.locked


@given(grounds())
def test_a_second_plan_after_the_first_changes_nothing(ground: Ground) -> None:
    first = make_plan(ground)
    after = apply_in_memory(ground, first)
    second = make_plan(after)
    assert second.changes == ()
    assert second.files == first.files


@given(grounds())
def test_every_target_is_in_the_lock_unless_somebody_elses_file_stands_there(ground: Ground) -> None:
    plan = make_plan(ground)
    foreign = {action.path for action in plan.of(Kind.FOREIGN)}
    assert plan.files.keys() == ground.targets.keys() - foreign


def test_the_builders_speak_of_the_same_targets() -> None:
    assert isinstance(a_target("x"), Target)
    assert a_target("x").sha256 == a_disk_file("x").sha256
