"""Rows 34 to 50: what a registry, or whoever stands between it and its users, may do to them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

from tests.hostile.case import Build, Case
from tests.hostile.room import Act, Room
from tests.support.cli import Result
from tests.support.gitserver import HttpsServer, Trouble, cut, say, status
from tests.support.registry import Registry, agent_text, git, introduce, make_bare, write_bundle

EVIL = "\x1b[31mEVIL\x1b[0m\r\n\x1b]0;title\x07\x9b2J\u202e"
SPEAKING = {"page": status(403, EVIL), "refusal": say(EVIL, 0), "remark": say(EVIL, 2), "fatal": say(EVIL, 3)}


def seen(attack: Callable[[Registry], object]) -> Build:
    """Let something happen to a registry that holds more than was installed, and install from it."""

    def build(room: Room) -> Act:
        room.registry.publish("tool").publish("other")
        room.fetch()
        attack(room.registry)
        return room.command("install", "tool")

    return build


def rewrite(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.0.0/agents/tool.md").write_text(agent_text("tool", body="evil"))
    registry.commit("rewrite")


def begin_anew(registry: Registry) -> None:
    git(registry.path, "checkout", "-q", "--orphan", "fresh")
    registry.commit("orphan")
    git(registry.path, "branch", "-q", "-M", "main")


def move_on(registry: Registry) -> None:
    registry.publish("another")


def changed(number: int, name: str, attack: Callable[[Registry], object], *says: str) -> Case:
    """Return a case of a registry in which what was seen is no longer so; its twin moves on."""
    return Case(number=number, name=name, hostile=seen(attack), benign=seen(move_on), exit=5, says=says)


def other_machine(attack: Callable[[Registry], object]) -> Build:
    """Take the project to a machine that has seen nothing yet, where only the lock tells what is right."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        assert room.command("install", "tool")().code == 0
        attack(room.registry)
        for name in ("cache", "state"):
            shutil.rmtree(room.root / name)
        room.fetch()
        (room.project / ".claude/agents/tool.md").unlink()
        return room.command("sync")

    return build


def from_ref(ref: str) -> Build:
    """Install an agent of a plain repository from a ref that then moves, and update."""

    def build(room: Room) -> Act:
        source = room.root / "plain"
        agents = source / ".claude/agents"
        agents.mkdir(parents=True)
        git(room.root, "init", "-q", "plain")
        for body in ("Look.", "Look again."):
            (agents / "scout.md").write_text(agent_text("scout", body=body, tools="Read"))
            git(source, "add", "-A")
            git(source, "commit", "-q", "-m", body)
            git(source, "tag", "-f", "v1")
            if body == "Look.":
                assert room.command("install", "scout", "--from", f"{source}@{ref}")().code == 0
        return room.command("update")

    return build


def yanked(*, yank: bool) -> Build:
    """Lose a file of a version that was then yanked, and sync."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        assert room.command("install", "tool")().code == 0
        if yank:
            room.registry.yank("tool", "1.0.0", "it broke")
        room.fetch(filtered=False)
        (room.project / ".claude/agents/tool.md").unlink()
        return room.command("sync")

    return build


def newest_yanked(*, yank: bool) -> Build:
    """Install where the newest version was yanked, or is not there."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        if yank:
            room.registry.publish("tool", "1.0.1", body="Broken.").yank("tool", "1.0.1")
        room.fetch()
        return room.command("install", "tool")

    return build


def yank_taken_back(*, back: bool) -> Build:
    """Take a yank away that was seen."""

    def build(room: Room) -> Act:
        room.registry.publish("tool").yank("tool", "1.0.0", "it broke").publish("tool", "1.0.1")
        assert room.command("update")().code == 0
        if back:
            room.registry.delete("bundles/tool/yanked.toml")
        return room.command("install", "tool")

    return build


def signed(by: str, *, revoked: bool = False, missing: bool = False, date: str = "2026-01-01T00:00:00Z") -> Build:
    """Publish a version signed by somebody's key, where a project trusts Ada's and lists revoked keys or not."""

    def build(room: Room) -> Act:
        for name in ("ada", "eve"):
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(room.root / name)]
            subprocess.run(words, check=True)
        kind, key, _ = (room.root / "ada.pub").read_text().split()
        room.write("signers", f"ada@example.com {kind} {key}\n")
        after = git(room.registry.path, "rev-parse", "HEAD").strip()
        lines = f'signers = "signers"\nsigned_after = "{after}"\n'
        if revoked or missing:
            lines += 'revoked = "revoked"\n'
        if revoked:
            room.write("revoked", (room.root / "ada.pub").read_text())
        url = f'url = "{room.registry.url}"\n'
        room.edit("agentpkg.toml", url, url + lines)
        room.registry.publish("tool")
        if by:
            settings = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={room.root / by}")
            git(room.registry.path, *settings, "commit", "-q", "--amend", "--no-edit", "-S", date=date)
        return room.command("install", "tool")

    return build


def of_format(number: int) -> Build:
    """Publish in a registry of this format."""

    def build(room: Room) -> Act:
        (room.registry.folder / "registry.toml").write_text(f'format = {number}\nname = "test"\n')
        room.registry.publish("tool")
        return room.command("install", "tool")

    return build


def published(version: str) -> Build:
    """Publish a version of a bundle of which there is 1.0.0."""

    def build(room: Room) -> Act:
        introduce()
        room.registry.publish("tool")
        bare = make_bare(room.registry, room.served / "registry.git")

        def publish(name: str, version: str) -> Act:
            folder = write_bundle(room.outside / name, name, version, body="Look again.")
            return room.command("publish", str(folder), "--registry", str(bare))

        assert publish("first", "1.0.0")().code == 0
        return publish("tool", version)

    return build


def requiring(other: str) -> Build:
    """Publish two bundles, of which the second requires `other`."""

    def build(room: Room) -> Act:
        room.registry.publish("third").publish("one", requires={"two": ""}).publish("two", requires={other: ""})
        room.fetch()
        return room.command("install", "one")

    return build


def served(trouble: Trouble | None, *, known: bool = True) -> Build:
    """Serve a registry over https, which then has a new version and, with `trouble`, misbehaves.

    It is in the cache already if it is `known`, and stays there as it was.
    """

    def build(room: Room) -> Act:
        server = room.stack.enter_context(HttpsServer(room.root / "https"))
        room.monkeypatch.setenv("GIT_SSL_CAINFO", str(server.certificate))
        (room.root / "home/.gitconfig").write_text("[http]\n\tlowSpeedLimit = 1\n\tlowSpeedTime = 1\n")
        room.write("agentpkg.toml", room.manifest(server.serve(room.registry)))
        assert room.command("install", "base")().code == 0
        server.serve(room.registry.publish("tool"))
        server.trouble = trouble
        if not known:
            shutil.rmtree(room.root / "cache")
        return _with_same_heads(room, room.command("install", "tool")) if trouble else room.command("install", "tool")

    return build


def _with_same_heads(room: Room, act: Act) -> Act:
    """See that mirrors give out what they gave out before."""

    def heads() -> list[str]:
        return [path.read_text() for path in sorted((room.root / "cache").rglob("refs/agentpkg/head"))]

    def acted() -> Result:
        before = heads()
        result = act()
        assert heads() == before
        return result

    return acted


CASES = (
    Case(
        number=34,
        name="content and digest",
        hostile=other_machine(rewrite),
        benign=other_machine(move_on),
        exit=5,
        says=("tool 1.0.0 is not what the lock recorded",),
    ),
    changed(35, "version rewritten", rewrite, "bundles/tool/1.0.0/agents/tool.md"),
    Case(
        number=36,
        name="tag moved",
        hostile=from_ref("v1"),
        benign=from_ref("main"),
        exit=5,
        says=("the tag v1 was moved",),
    ),
    changed(37, "version deleted", lambda registry: registry.delete("bundles/tool/1.0.0"), "bundles/tool/1.0.0"),
    changed(37, "bundle deleted", lambda registry: registry.delete("bundles/other"), "bundles/other/1.0.0"),
    Case(
        number=38,
        name="yanked and locked",
        hostile=yanked(yank=True),
        benign=yanked(yank=False),
        exit=0,
        says=("tool 1.0.0 was yanked: it broke",),
    ),
    Case(
        number=38,
        name="yanked, a new choice",
        hostile=newest_yanked(yank=True),
        benign=newest_yanked(yank=False),
        exit=0,
    ),
    Case(
        number=39,
        name="yank taken back",
        hostile=yank_taken_back(back=True),
        benign=yank_taken_back(back=False),
        exit=0,
        says=("tool 1.0.0 is no longer yanked",),
    ),
    changed(
        40, "rollback", lambda registry: git(registry.path, "reset", "-q", "--hard", "HEAD~1"), "history was rewritten"
    ),
    changed(41, "force push", begin_anew, "history was rewritten", "another repository"),
    Case(
        number=42,
        name="unsigned",
        hostile=signed(""),
        benign=signed("ada"),
        exit=5,
        says=("not signed", "no signature|unsigned|not signed"),
    ),
    Case(
        number=43,
        name="wrong principal",
        hostile=signed("eve"),
        benign=signed("ada"),
        exit=5,
        says=("not signed by a listed key",),
    ),
    Case(
        number=44,
        name="revoked, backdated",
        hostile=signed("ada", revoked=True, date="2020-01-01T00:00:00Z"),
        benign=signed("ada", date="2020-01-01T00:00:00Z"),
        exit=5,
        says=("not signed by a listed key",),
    ),
    Case(
        number=45,
        name="revocations missing",
        hostile=signed("ada", missing=True),
        benign=signed("ada"),
        exit=5,
        says=("revoked",),
    ),
    Case(
        number=46,
        name="format 2",
        hostile=of_format(2),
        benign=of_format(1),
        exit=3,
        says=("registry.toml has format 2", "hint: upgrade agentpkg"),
    ),
    Case(
        number=47,
        name="1.0.0+x",
        hostile=published("1.0.0+x"),
        benign=published("1.0.1"),
        exit=3,
        says=(r"'1\.0\.0\+x' is not three numbers",),
    ),
    Case(number=48, name="cycle", hostile=requiring("one"), benign=requiring("third"), exit=3, says=("one", "two")),
    Case(
        number=49,
        name="pack cut",
        hostile=served(cut(100)),
        benign=served(None),
        exit=8,
        says=("could not fetch", "try again"),
    ),
    Case(
        number=49,
        name="pack stalls",
        hostile=served(cut(100, stalls=True)),
        benign=served(None),
        exit=8,
        says=("could not fetch", "try again"),
    ),
    *(
        Case(
            number=50,
            name=name,
            hostile=served(trouble, known=False),
            benign=served(None, known=False),
            exit=8,
            says=("could not fetch", r"(\\x1b|\?)\[31mEVIL"),
        )
        for name, trouble in SPEAKING.items()
    ),
)
