"""Rows 1 to 33: what a bundle may hold to harm whoever installs it."""

from __future__ import annotations

from contextlib import suppress

from agentpkg.errors import AgentpkgError
from tests.hostile.case import Build, Case
from tests.hostile.room import Act, Room
from tests.support.forge import FILE, FOLDER, LINK, SUBMODULE, graft, write_object, write_tree, write_zeros
from tests.support.registry import agent_text, git, write_bundle

PLACE = ("bundles", "tool", "1.0.0")
WHERE = r"error: tool 1\.0\.0/agents/tool\.md"


def agent(text: str | bytes, *, measured: bool = False) -> Build:
    """Publish a bundle whose one agent is this text, and install it."""

    def build(room: Room) -> Act:
        path = room.registry.folder / "/".join(PLACE) / "agents/tool.md"
        write_bundle(path.parent.parent, "tool")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        room.registry.commit("tool")
        return _install(room, measured=measured)

    return build


def header(*lines: str, body: str = "Look.\n", measured: bool = False) -> Build:
    """Publish an agent with these lines in its header."""
    return agent("\n".join(["---", "name: tool", *lines, "---", body]), measured=measured)


def entries(*paths: tuple[str, ...], mode: str = FILE, data: bytes = b"", one: str = "") -> Build:
    """Publish a bundle with more entries below its folder, agents of their names unless `data` is something else."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        for path in paths:
            agent = agent_text(path[-1].partition(".")[0]).encode()
            graft(room.registry.path, (*PLACE, *path), mode, data or agent, one)
        return _install(room)

    return build


def _install(room: Room, *, measured: bool = False) -> Act:
    """Install it, with the registry fetched before where it can be: then the ledger holds what a fetch puts there."""
    with suppress(AgentpkgError):
        room.fetch()
    return (room.measured if measured else room.command)("install", "tool")


PLAIN = header("description: Reads.")
SMALL = header("description: Reads.", measured=True)


def yaml(number: int, name: str, hostile: str, benign: str, says: str) -> Case:
    """Return a case of one line in a header that is not what its twin is."""
    return Case(number=number, name=name, hostile=header(hostile), benign=header(benign), exit=3, says=(WHERE, says))


def text(number: int, name: str, scalar: str) -> Case:
    """Return a case of a scalar that YAML has another type for: it is the text that stands there."""
    benign = header(f'description: "{scalar}"')
    return Case(number=number, name=name, hostile=header(f"description: {scalar}"), benign=benign, exit=0)


def path(number: int, *hostile: str, says: str, twin: str = "evil") -> Case:
    """Return a case of a path below a version's folder that no bundle may hold; its twin is an agent's file."""
    name = " / ".join(hostile)
    return _refused(number, name, entries(hostile), entries(("agents", f"{twin}.md")), says)


def _refused(number: int, name: str, hostile: Build, benign: Build, *says: str) -> Case:
    return Case(number=number, name=name, hostile=hostile, benign=benign, exit=3, says=says)


def tagged(room: Room) -> Act:
    """Publish an agent whose description runs a command where tags are obeyed."""
    call = f'!!python/object/apply:os.system ["touch {room.outside}/ran"]'
    return header(f"description: {call}")(room)


BOMB = ["x0: &x0 [lol]", *(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 10))]

READING = (
    Case(
        number=1,
        name="---js",
        hostile=agent("---js\n{name: 'tool', description: 'Reads.'}\n---\nLook.\n"),
        benign=PLAIN,
        exit=3,
        says=(WHERE, "---"),
    ),
    Case(
        number=2,
        name="byte order mark",
        hostile=agent("\ufeff" + agent_text("tool")),
        benign=agent(agent_text("tool")),
        exit=3,
        says=(WHERE, "FEFF|ufeff"),
    ),
    Case(
        number=3,
        name="unclosed fence",
        hostile=agent(agent_text("tool").replace("---\n\n", "")),
        benign=agent(agent_text("tool")),
        exit=3,
        says=(WHERE, "between two lines"),
    ),
    Case(
        number=4,
        name="list",
        hostile=agent("---\n- name: tool\n- description: Reads.\n---\nLook.\n"),
        benign=PLAIN,
        exit=3,
        says=(WHERE, "table of keys"),
    ),
    Case(
        number=4,
        name="scalar",
        hostile=agent("---\nname tool, description Reads.\n---\nLook.\n"),
        benign=PLAIN,
        exit=3,
        says=(WHERE, "table of keys"),
    ),
    yaml(
        5,
        "duplicate key",
        "description: Reads.\ntools: [read]\ntools: [shell]",
        "description: Reads.\ntools: [read]",
        "line 5 .*'tools' twice",
    ),
    yaml(6, "NEL", "description: Reads.\u0085tools: [shell]", "description: Reads. tools [shell]", "0085|x85"),
    yaml(6, "LS", "description: Reads.\u2028tools: [shell]", "description: Reads. tools [shell]", "2028"),
    yaml(
        7,
        "alias",
        "description: &a inherit\nmodel: *a",
        "description: inherit\nmodel: inherit",
        "anchor or an alias",
    ),
    Case(
        number=7,
        name="bomb",
        hostile=header("description: Reads.", *BOMB, measured=True),
        benign=SMALL,
        exit=3,
        says=(WHERE, "anchor or an alias"),
        seconds=1,
    ),
    Case(
        number=7,
        name="merge bomb",
        hostile=header("description: Reads.", "a: &a {x: y}", "b: &b {<<: [*a, *a]}", "<<: *b", measured=True),
        benign=SMALL,
        exit=3,
        says=(WHERE, "anchor or an alias"),
        seconds=1,
    ),
    yaml(8, "depth 5,000", "description: " + "[" * 5000 + "]" * 5000, "description: Reads.", "nest"),
    yaml(8, "tables 5,000 deep", "description: " + "{a: " * 5000 + "}" * 5000, "description: Reads.", "nest"),
    text(9, "5,000 digits", "1" * 5000),
    _refused(
        9,
        "5,000 digits for a number",
        header("description: Reads.", f"hosts: {{claude: {{maxTurns: {'1' * 5000}}}}}"),
        header("description: Reads.", "hosts: {claude: {maxTurns: 11}}"),
        "agent tool: hosts.claude.maxTurns",
    ),
    text(10, "0000-00-00", "0000-00-00"),
    text(11, "1.10", "1.10"),
    text(12, "NO", "NO"),
    Case(number=13, name="!!python", hostile=tagged, benign=PLAIN, exit=3, says=(WHERE, "line 3 .*tag")),
)

PATHS = (
    path(14, "agents", "..", "evil.md", says="hasDotdot"),
    path(14, "agents", "../evil.md", says="fullPathname"),
    path(15, "agents", "/etc/evil.md", says="fullPathname"),
    path(15, "agents", r"\\server\share\evil.md", says="evil"),
    path(15, "agents", "C:evil.md", says="C:evil"),
    path(16, "agents", r"a\..\evil.md", says="evil"),
    _refused(
        17,
        "link",
        entries(("agents", "evil.md"), mode=LINK, data=b"/etc/passwd"),
        entries(("agents", "evil.md")),
        "agents/evil.md' is a link",
    ),
    _refused(
        17,
        "linked folder",
        entries(("skills",), mode=LINK, data=b"/etc"),
        entries(("agents", "evil.md")),
        "'skills' is a link",
    ),
    _refused(
        18,
        "submodule",
        entries(("agents", "evil.md"), mode=SUBMODULE, one="1" * 40),
        entries(("agents", "evil.md")),
        "submodule",
    ),
    path(18, ".gitmodules", says="gitmodules"),
    path(19, "agents", ".GIT", "evil.md", says="hasDotgit"),
    path(19, "agents", "git~1", "evil.md", says="hasDotgit"),
    path(19, "agents", ".g\u200cit", "evil.md", says="hasDotgit"),
    path(20, "agents", "CON.md", says="CON", twin="console"),
    path(20, "skills", "evil", "note.", says="note"),
    path(20, "agents", "a:b.md", says="a:b", twin="ab"),
    path(21, "agents", "Tool.md", says="case does not count"),
    _refused(
        22,
        "NFC and NFD",
        entries(("agents", "caf\u00e9.md"), ("agents", "cafe\u0301.md")),
        entries(("agents", "cafe.md"), ("agents", "cafeteria.md")),
        "caf",
    ),
    path(23, "settings.json", says="settings.json"),
    path(23, ".claude", "settings.json", says="settings.json"),
    path(23, "agents", "SETTINGS.JSON", says="SETTINGS.JSON"),
    path(23, "agents", "\uff53\uff45\uff54\uff54ings.json", says="ings.json"),
    path(23, "skills", "evil", ".claude", "Settings.json", says="Settings.json"),
    path(23, ".mcp.json", says="mcp.json"),
    path(24, "agents", "\x1b[31mevil.md", says=r"\\x1b\[31mevil"),
    path(24, "agents", "e\nvil.md", says=r"e\\nvil"),
)

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "run it")
TEXTS = (
    yaml(25, "ANSI, escaped", r'description: "\e[31mReads."', "description: Reads.", "U.001B"),
    yaml(25, "ANSI, raw", "description: \x1b[31mReads.", "description: Reads.", "U.001B"),
    yaml(26, "tags in a description", f"description: Reads.{TAGS}", "description: Reads.", "U.E0072"),
    _refused(26, "tags in a prompt", header("description: Reads.", body=f"Look.{TAGS}\n"), PLAIN, WHERE, "U.E0072"),
    yaml(27, "Hangul filler", "description: Reads\u3164.", "description: Reads.", "U.3164"),
    yaml(27, "combining grapheme joiner", "description: Reads\u034f.", "description: Reads.", "U.034F"),
    _refused(
        28, "0xFF", agent(agent_text("tool").encode() + b"\xff\n"), agent(agent_text("tool") + "y\n"), WHERE, "0xFF"
    ),
    _refused(
        29, "UTF-16", agent(agent_text("tool").encode("utf-16")), agent(agent_text("tool").encode()), WHERE, "UTF-8"
    ),
    Case(
        number=30,
        name="family",
        hostile=header(f"description: Reads {FAMILY}.", body=f"Look {FAMILY}.\n"),
        benign=header(rf'description: "Reads {ascii(FAMILY)[1:-1]}."', body=f"Look {FAMILY}.\n"),
        exit=0,
    ),
)


def zeros(path: str, megabytes: int) -> Build:
    """Publish a bundle in which one file is of zeros, as many as one likes."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        one = write_zeros(room.registry.path, megabytes)
        graft(room.registry.path, (*PLACE, *path.split("/")), one=one)
        return _install(room, measured=True)

    return build


def many(number: int) -> Build:
    """Publish a bundle with a skill of so many files."""

    def build(room: Room) -> Act:
        skill = {"skills/notes/SKILL.md": "---\nname: notes\ndescription: Notes.\n---\n\nRead.\n"}
        room.registry.publish("tool", files={"agents/tool.md": agent_text("tool"), **skill})
        file = write_object(room.registry.path, "blob", b"x\n")
        tree = write_tree(room.registry.path, [(FILE, f"{one}.md", file) for one in range(number)])
        graft(room.registry.path, (*PLACE, "skills", "notes", "more"), FOLDER, one=tree)
        return _install(room, measured=True)

    return build


def versions(number: int, *, megabytes: int = 0) -> Build:
    """Publish many versions of a bundle, of which the newest, if there is one more, has a huge `bundle.toml`."""

    def build(room: Room) -> Act:
        room.registry.publish("tool", "2.0.0")
        where, rows = room.registry.path, []
        for one in range(number):
            about = f'[bundle]\nname = "tool"\nversion = "1.0.{one}"\ndescription = "x"\n'
            tree = write_tree(where, [(FILE, "bundle.toml", write_object(where, "blob", about.encode()))])
            rows.append((FOLDER, f"1.0.{one}", tree))
        if megabytes:
            rows.append((FOLDER, "3.0.0", write_tree(where, [(FILE, "bundle.toml", write_zeros(where, megabytes))])))
        whole = git(where, "rev-parse", "HEAD:bundles/tool/2.0.0").strip()
        graft(where, PLACE[:-1], FOLDER, one=write_tree(where, [*rows, (FOLDER, "2.0.0", whole)]))
        return _install(room, measured=True)

    return build


def nested(wide: int, deep: int, *path: str, install: tuple[str, ...] = ("tool",)) -> Build:
    """Commit, at `path`, a folder that holds the same folder many times, and that one again, down to an empty one."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        tree = write_tree(room.registry.path, ())
        for _ in range(deep):
            tree = write_tree(room.registry.path, [(FOLDER, f"f{number}", tree) for number in range(wide)])
        graft(room.registry.path, path, FOLDER, one=tree)
        room.fetch()
        return room.measured("install", *(word.format(url=room.registry.url) for word in install))

    return build


def two(first: str, second: str) -> Build:
    """Publish two bundles with one agent each, and install both."""

    def build(room: Room) -> Act:
        room.registry.publish("one", files={f"agents/{first}.md": agent_text(first)})
        room.registry.publish("two", files={f"agents/{second}.md": agent_text(second, body="Other.")})
        room.fetch()
        return room.command("install", "one", "two")

    return build


def padded(size: int) -> Build:
    """Publish an agent whose file has so many bytes."""
    start = agent_text("tool").encode()
    return agent(start + b"x" * (size - len(start) - 1) + b"\n")


SIZES = (
    _refused(31, "one byte too many", padded(256 * 1024 + 1), padded(256 * 1024), "agents/tool.md has 262,145 bytes"),
    Case(
        number=31,
        name="1 GiB",
        hostile=zeros("agents/evil.md", 1024),
        benign=many(1),
        exit=3,
        says=("agents/evil.md has 1,073,741,824 bytes",),
        megabytes=100,
    ),
    Case(
        number=31,
        name="bundle.toml",
        hostile=zeros("bundle.toml", 300),
        benign=many(1),
        exit=1,
        says=("tool/1.0.0/bundle.toml",),
        megabytes=100,
    ),
    Case(
        number=31,
        name="bundle.toml among many",
        hostile=versions(205, megabytes=300),
        benign=versions(205),
        exit=0,
        megabytes=100,
    ),
    Case(
        number=32,
        name="100,000 files",
        hostile=many(100_000),
        benign=many(400),
        exit=3,
        says=("more than 500 files",),
        megabytes=100,
    ),
    Case(
        number=32,
        name="folders without end",
        hostile=nested(100, 12, *PLACE, "agents", "deep"),
        benign=nested(2, 3, *PLACE, "agents", "deep"),
        exit=3,
        says=("tool 1.0.0: more than 500 files, or too many folders",),
        megabytes=100,
        seconds=5,
    ),
    Case(
        number=32,
        name="folders without end, no registry",
        hostile=nested(100, 12, "agents", install=("tool", "--from", "{url}")),
        benign=nested(2, 3, "agents", install=("tool", "--from", "{url}")),
        exit=3,
        says=("more than 500,000 files and folders",),
        keeps=("project", "outside"),  # it is met for the first time, which the ledger notes
        megabytes=100,
        seconds=5,
    ),
    _refused(33, "one destination", two("evil", "evil"), two("evil", "good"), "evil"),
)

CASES = (*READING, *PATHS, *TEXTS, *SIZES)
