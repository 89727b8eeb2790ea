"""A state machine over everything that can happen to a project, and what must be true after each step of it."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path
from time import sleep

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agentpkg.files import CONFLICT_SUFFIX, file_digest
from agentpkg.lockfile import NO_RENDERING, Lockfile
from tests.soak.world import BYSTANDERS, HOSTS, NAMES, Outcome, World

OWN = frozenset(["agentpkg.toml", "agentpkg.lock"])
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # where folders come and go fast
SEEN: Counter[str] = Counter()  # what the machines of this process did

which = st.integers(0, 9)  # few, so that edits and new versions meet
edits = st.sampled_from(["append", "change", "change", "crlf", "delete"])
some_edits = st.lists(st.tuples(edits, which, which), min_size=1, max_size=3)
bundles = st.sampled_from(sorted(NAMES))
news = st.sampled_from(["line", "line", "line", "add", "drop", "power", "require"])
stops = st.just(0) | st.integers(1, 25)


class Machine(RuleBasedStateMachine):
    """One history. What the user did is in `edited` (their lines, by path), `crlf` and `gone` (paths).

    `late` are paths whose bytes they changed, be it in their line endings alone, while a change waited to be finished.
    """

    def __init__(self) -> None:
        super().__init__()
        self.world = World(Path(tempfile.mkdtemp(dir=MEMORY)))
        self.edited: dict[str, list[str]] = {}
        self.crlf: set[str] = set()
        self.gone: set[str] = set()
        self.late: set[str] = set()
        self.held: dict[str, dict[str, frozenset[str]]] = {}
        self.approved: set[str] = set()
        self.lines = 0
        SEEN["histories"] += 1

    def teardown(self) -> None:
        self.world.end()

    @initialize()
    def begin(self) -> None:
        self.run("install", "team")
        self.run("install", "tool")

    # What the user does.

    @rule(bundle=bundles, kind=news, which=which)
    def publish(self, bundle: str, kind: str, which: int) -> None:
        if (bundle, kind) != ("extra", "require"):
            self.world.publish(bundle, kind, which)

    @rule(edits=some_edits)
    def edit(self, edits: list[tuple[str, int, int]]) -> None:
        for edit in edits:
            self._edit(*edit)
        noted, read = self.world.run("sync", "--check"), self.world.run("sync", "--check", "--frozen")
        assert noted.code == read.code, "what was noted is not what is there"
        SEEN["edits of what was noted"] += (self.world.project / ".agentpkg/index").exists()

    def _edit(self, kind: str, file: int, which: int) -> str | None:
        """Change one of agentpkg's files, if there is any, and return its path."""
        there = [path for path in sorted(self.world.lock.files) if (self.world.project / path).exists()]
        if not there:
            return None
        path = there[file % len(there)]
        if kind == "delete":
            (self.world.project / path).unlink()
            self.edited.pop(path, None)
            self.crlf.discard(path)
            self.gone.add(path)
        else:
            self._rewrite(path, kind, which)
        return path

    def _rewrite(self, path: str, kind: str, which: int) -> None:
        place = self.world.project / path
        text = place.read_bytes().decode().replace("\r\n", "\n")
        if kind == "crlf":
            self.crlf.add(path)
        else:
            self.lines += 1
            mine = f"My line {self.lines}."
            lines = text.splitlines()
            prompt = [at for at, line in enumerate(lines) if line.startswith("Line ")]
            if kind == "change" and prompt:
                lines[prompt[which % len(prompt)]] = mine
            else:
                lines.append(mine)
            text = "\n".join(lines) + "\n"
            self.edited.setdefault(path, []).append(mine)
        if self.world.interrupted:
            self.late.add(path)
        place.write_bytes(text.replace("\n", "\r\n" if path in self.crlf else "\n").encode())

    @rule(hosts=st.lists(st.sampled_from(HOSTS), min_size=1, unique=True))
    def choose_hosts(self, hosts: list[str]) -> None:
        self.world.choose_hosts(tuple(hosts))

    @precondition(lambda self: not self.world.interrupted)
    @rule()
    def move_to_another_machine(self) -> None:
        self.world.move()

    @rule()
    def throw_the_cache_away(self) -> None:
        self.world.throw_cache_away()

    def _take_away_what_was_released(self) -> None:
        """Do what the user is told to do about files of theirs that stand in the way."""
        for path in self.edited.keys() - self.world.lock.files.keys():
            (self.world.project / path).unlink()
            del self.edited[path]
            self.crlf.discard(path)

    # What agentpkg does.

    @rule(bundle=bundles, stop=stops)
    def install(self, bundle: str, stop: int) -> None:
        self.run("install", bundle, stop=stop)

    @rule(accept=st.booleans(), stop=stops)
    def update(self, accept: bool, stop: int) -> None:
        self.run("update", *(["--accept-grants"] if accept else []), stop=stop)

    @rule(edits=some_edits, kind=news, which=which, accept=st.booleans(), stop=stops)
    def edit_and_update(
        self, edits: list[tuple[str, int, int]], kind: str, which: int, accept: bool, stop: int
    ) -> None:
        """Have edits and a new version of what was edited meet."""
        path = self._edit(*edits[0])
        for edit in edits[1:]:
            self._edit(*edit)
        if path:
            self.publish(self.world.lock.files[path].bundle, kind, which)
        self.update(accept, stop)

    @rule(bundle=bundles, stop=stops)
    def remove(self, bundle: str, stop: int) -> None:
        if bundle in self.world.lock.bundles:
            self.run("remove", bundle, stop=stop)

    @rule(file=which, stop=stops)
    def keep(self, file: int, stop: int) -> None:
        mine = sorted((self.edited.keys() | self.gone) & self.world.lock.files.keys())
        if mine:
            self.run("keep", str(self.world.project / mine[file % len(mine)]), stop=stop)

    @rule(stop=stops)
    def sync(self, stop: int) -> None:
        if self.run("sync", stop=stop).code in (0, 6) and not self.world.interrupted:
            self.run("sync")
            sleep(0.03)  # after which what is there can be noted
            before = self.world.files
            self.run("sync")
            assert self.world.files == before, "a sync after a sync changed something"

    def run(self, *words: str, stop: int = 0) -> Outcome:
        """Run a command, and look at how it ended."""
        before, pending = self.world.files, self.world.interrupted
        if "--accept-grants" in words:
            self.approved |= NAMES.keys()
        elif words[0] == "install":
            self.approved |= {words[1], "extra"}
        outcome = self.world.run(*words, stop_at=stop)
        SEEN["stops" if outcome.code is None else "commands"] += 1
        files = self.world.files  # one may have been taken away by what was pending, and come back
        self.crlf = {path for path in self.crlf & files.keys() if not pending or b"\r\n" in files[path]}
        if outcome.code is not None:
            self._check_outcome(outcome, pending)
            assert pending or outcome.done or self.world.files == before, outcome
        if "stand where agentpkg would write" in outcome.output:
            self._take_away_what_was_released()
        if outcome.done and words[0] != "keep":
            self._forget_what_came_back()
        return outcome

    def _check_outcome(self, outcome: Outcome, pending: bool) -> None:
        allowed = {0, 6}
        if "--accept-grants" not in outcome.words:
            allowed.add(4)
        if outcome.words[0] == "remove" or pending:  # what it names may not be asked for, or no longer be ours
            allowed.add(2)
        assert outcome.code in allowed, outcome

    def _forget_what_came_back(self) -> None:
        lock = self.world.lock
        self.gone = {path for path in self.gone if path in lock.files and lock.files[path].kept == NO_RENDERING}

    # What must be true.

    @invariant()
    def nothing_of_the_users_is_lost(self) -> None:
        SEEN["steps"] += 1
        files = self.world.files
        for path, content in BYSTANDERS.items():
            assert files.get(path) == content, f"{path} is not ours, and changed"
        for path, lines in self.edited.items():
            assert path in files, f"{path} holds edits, and is gone"
            assert all(line in files[path].decode() for line in lines), f"{path} lost an edit"
        for path in self.crlf & files.keys():
            assert files[path].count(b"\r\n") == files[path].count(b"\n"), f"{path} lost its line endings"

    @invariant()
    def every_file_is_of_the_version_in_the_lock(self) -> None:
        if self.world.interrupted:
            return
        files, lock = self.world.files, self.world.lock
        for path, entry in lock.files.items():
            if path not in self.edited and path not in self.gone:
                assert path in files, f"{path} is missing"
                assert file_digest(files[path]) == (entry.base or entry.sha256), f"{path} is no rendering"
                assert entry.base is None or path in self.crlf, f"{path} was left behind"
                version = lock.bundles[entry.bundle].version
                assert entry.base or f"Of {entry.bundle} {version}." in files[path].decode(), f"{path} is not {version}"
        self._check_for_rubbish(files, lock)

    def _check_for_rubbish(self, files: dict[str, bytes], lock: Lockfile) -> None:
        known = BYSTANDERS.keys() | OWN | lock.files.keys() | self.edited.keys() | self.late
        beside = {f"{path}{CONFLICT_SUFFIX}" for path in self.edited.keys() | self.gone}
        left = files.keys() - known - beside
        assert not left, f"{left} was left behind"

    @invariant()
    def powers_grow_only_with_approval(self) -> None:
        now = {
            bundle: {agent: frozenset(powers) for agent, powers in one.grants.items()}
            for bundle, one in self.world.lock.bundles.items()
        }
        for bundle, agents in now.items():
            before = self.held.get(bundle)
            everything = frozenset[str]().union(*(before or {}).values())
            gained = {agent for agent, powers in agents.items() if powers - (before or {}).get(agent, everything)}
            assert bundle in self.approved or (before is not None and not gained), f"{bundle} gained powers"
        self.held = now
        if not self.world.interrupted:
            self.approved = set()
