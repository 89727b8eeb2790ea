"""The house: imports run downwards, and what is dangerous or particular stands in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import agentpkg
from agentpkg.hosts import HOSTS

PACKAGE = Path(agentpkg.__file__).parent
MODULES = {
    ".".join(("agentpkg", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if "_registry" not in path.parts
}

# From the top to the ground. A module imports from its own layer and from those below it, and nothing else.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("agentpkg.__main__",),
    ("agentpkg.cli",),
    (
        "agentpkg.commands",
        "agentpkg.picker",
        "agentpkg.completing",
        "agentpkg.shells",
        "agentpkg.console",
        "agentpkg.loudness",
        "agentpkg.progress",
        "agentpkg.terminal",
    ),
    ("agentpkg.ops",),
    (
        "agentpkg.apply",
        "agentpkg.exclusive",
        "agentpkg.journal",
        "agentpkg.folder",
        "agentpkg.undo",
        "agentpkg.workshop",
        "agentpkg.registries",
        "agentpkg.remote",
        "agentpkg.fetches",
        "agentpkg.builtin",
        "agentpkg.glance",
        "agentpkg.unreachable",
        "agentpkg.registry",
        "agentpkg.version_folder",
        "agentpkg.acceptance",
        "agentpkg.direct",
        "agentpkg.local",
        "agentpkg.publishing",
        "agentpkg.history",
        "agentpkg.site.folder",
        "agentpkg.site.pages",
        "agentpkg.cache",
        "agentpkg.ledger",
        "agentpkg.mirror",
        "agentpkg.signatures",
        "agentpkg.survey",
        "agentpkg.clients",
        "agentpkg.programs",
        "agentpkg.scratch",
        "agentpkg.tracking",
        "agentpkg.project",
        "agentpkg.settled",
        "agentpkg.git",
        "agentpkg.apart",
        "agentpkg.objects",
        "agentpkg.summaries",
        "agentpkg.store",
        "agentpkg.packs",
    ),
    (
        "agentpkg.adoption",
        "agentpkg.joining",
        "agentpkg.audit",
        "agentpkg.doctor",
        "agentpkg.checks",
        "agentpkg.review",
        "agentpkg.lifts",
        "agentpkg.narrowing",
        "agentpkg.drift",
        "agentpkg.plan",
        "agentpkg.targets",
        "agentpkg.features",
        "agentpkg.site",
        "agentpkg.render",
        "agentpkg.overlap",
        "agentpkg.compare",
        "agentpkg.cost",
        "agentpkg.freshness",
        "agentpkg.graph",
        "agentpkg.release",
        "agentpkg.verification",
        "agentpkg.proposal",
        "agentpkg.workflow",
        "agentpkg.semver",
        "agentpkg.schemas",
        "agentpkg.leaks",
        "agentpkg.alike",
        "agentpkg.carry",
        "agentpkg.respell",
        "agentpkg.servers",
        "agentpkg.hostfields",
        "agentpkg.foreign",
        "agentpkg.foreign_tools",
        "agentpkg.foreign_rules",
        "agentpkg.foreign_names",
        "agentpkg.foreign_servers",
        "agentpkg.foreign_strays",
        "agentpkg.foreign_forms",
        "agentpkg.foreign_tables",
        "agentpkg.found",
        "agentpkg.companions",
        "agentpkg.importing",
        "agentpkg.scaffold",
        "agentpkg.traits",
        "agentpkg.places",
        "agentpkg.canonical",
        "agentpkg.emit",
        "agentpkg.resolve",
        "agentpkg.shelf",
        "agentpkg.walk",
        "agentpkg.backtrack",
        "agentpkg.thorough",
        "agentpkg.ranking",
        "agentpkg.layout",
        "agentpkg.trees",
    ),
    ("agentpkg.hosts",),
    (
        "agentpkg.lockfile",
        "agentpkg.manifest",
        "agentpkg.overrides",
        "agentpkg.registry_tables",
        "agentpkg.registry_file",
        "agentpkg.bundle",
        "agentpkg.agent",
        "agentpkg.tolerant",
        "agentpkg.repair",
        "agentpkg.restrictions",
        "agentpkg.header",
        "agentpkg.grants",
        "agentpkg.withheld",
        "agentpkg.requirement",
        "agentpkg.sources",
        "agentpkg.losses",
        "agentpkg.findings",
        "agentpkg.shared",
        "agentpkg.files",
        "agentpkg.fields",
        "agentpkg.text",
        "agentpkg.hidden",
        "agentpkg.limits",
        "agentpkg.trail",
    ),
    ("agentpkg.errors", "agentpkg.credentials", "agentpkg.values"),
    ("agentpkg",),
)
TOP = (
    "agentpkg.__main__",
    "agentpkg.cli",
    "agentpkg.commands",
    "agentpkg.completing",
    "agentpkg.shells",
    "agentpkg.picker",
    "agentpkg.console",
)
# Who may import what heavy or dangerous library.
LIBRARIES = {
    "git": ("agentpkg.git",),
    "click": TOP,
    "questionary": ("agentpkg.picker",),
    "prompt_toolkit": ("agentpkg.picker",),
    "subprocess": ("agentpkg.clients",),
    "resolvelib": ("agentpkg.backtrack",),
    "frontmatter": ("agentpkg.header",),
    "yaml": ("agentpkg.header",),
    "filelock": ("agentpkg.exclusive",),
    "dataclasses": ("agentpkg.values", "agentpkg.ops.pages", "agentpkg.commands.doctor"),
    "jinja2": ("agentpkg.site.pages",),
}
# Who may change a file. Only `apply` does so in a project, by `folder`; the others work in the cache.
WRITERS = (
    "agentpkg.exclusive",
    "agentpkg.remote",
    "agentpkg.publishing",
    "agentpkg.cache",
    "agentpkg.ledger",
    "agentpkg.signatures",
    "agentpkg.mirror",
    "agentpkg.summaries",
    "agentpkg.apply",
    "agentpkg.journal",
    "agentpkg.folder",
    "agentpkg.undo",
    "agentpkg.settled",
    "agentpkg.store",
    "agentpkg.packs",
    "agentpkg.site.folder",  # a site that it made itself, and an empty folder
    "agentpkg.workshop",  # an author's bundle folders, by no path that a bundle or a registry gives
    "agentpkg.scratch",  # folders that are gone before the command ends
    "agentpkg.clients",  # likewise, what a client said
    "agentpkg.tracking",  # likewise
    "agentpkg.registries",
    "agentpkg.git",
    "agentpkg.cli",
)
CHANGES = {
    "os": {
        "replace",
        "rename",
        "renames",
        "unlink",
        "remove",
        "rmdir",
        "removedirs",
        "symlink",
        "link",
        "truncate",
        "mkdir",
        "makedirs",
    },
    "shutil": {"rmtree", "move", "copy", "copy2", "copyfile", "copytree"},
}
METHODS = {"write_bytes", "write_text", "unlink", "rmdir", "rename", "touch", "mkdir", "symlink_to", "hardlink_to"}
# Where a host's name may stand outside its own file, and why.
NAMES_ALLOWED: dict[str, set[str]] = {
    "agentpkg.leaks": {r"example|your|placeholder|xxxx|@localhost|@127\.|\*{3}|(.)\1{7}"},  # a plain word
}


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def nodes_of(module: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree_of(module)))


def within(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or (name != "agentpkg" and module.startswith(f"{name}.")) for name in names)


@cache
def layer_of(module: str) -> int:
    found = [place for place, names in enumerate(LAYERS) if within(module, names)]
    assert found, f"{module} stands in no layer; add it to LAYERS"
    return found[0]


@cache
def imports_of(module: str) -> tuple[tuple[str, int], ...]:
    """Return every module that `module` imports anywhere, in functions and for types too, with the line."""
    found = []
    for node in nodes_of(module):
        if isinstance(node, ast.Import):
            found += [(name.name, node.lineno) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively"
            for name in node.names:
                full = f"{node.module}.{name.name}"
                found.append((full if full in MODULES else str(node.module), node.lineno))
    return tuple(found)


def test_imports_run_downwards_only() -> None:
    upwards = [
        f"{module}:{line} imports {name}"
        for module in MODULES
        for name, line in imports_of(module)
        if name.partition(".")[0] == "agentpkg" and layer_of(name) < layer_of(module)
    ]
    assert upwards == []


def test_every_module_that_is_imported_is_there() -> None:
    missing = [
        f"{module}:{line} imports {name}"
        for module in MODULES
        for name, line in imports_of(module)
        if name.partition(".")[0] == "agentpkg" and name not in MODULES
    ]
    assert missing == []


def test_heavy_and_dangerous_libraries_stand_in_one_place() -> None:
    strays = [
        f"{module}:{line} imports {name}"
        for module in MODULES
        for name, line in imports_of(module)
        if name.partition(".")[0] in LIBRARIES and not within(module, LIBRARIES[name.partition(".")[0]])
    ]
    assert strays == []


def test_nobody_but_apply_reaches_for_what_changes_a_project() -> None:
    reaching = {module for module in MODULES if "agentpkg.folder" in {name for name, _ in imports_of(module)}}
    assert reaching == {"agentpkg.apply"}


def test_hosts_know_nothing_but_what_a_host_is_and_each_other() -> None:
    for name in HOSTS:
        imported = {name for name, _ in imports_of(f"agentpkg.hosts.{name}")} - {"agentpkg.values", "__future__"}
        assert {one for one in imported if not within(one, ("agentpkg.hosts",))} == set()


def is_change(call: ast.Call) -> bool:
    """Say whether a call changes the file system, as far as a reader can tell."""
    function = call.func
    if isinstance(function, ast.Name):
        return function.id == "open" and opens_to_write(call, 1)
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    if owner in CHANGES:
        return function.attr in CHANGES[owner]
    if function.attr == "replace":
        return len(call.args) == 1 and not call.keywords  # Path.replace(target); a text's replace takes two
    return function.attr in METHODS or (function.attr == "open" and owner != "os" and opens_to_write(call, 0))


def opens_to_write(call: ast.Call, position: int) -> bool:
    modes = [*call.args[position : position + 1], *(word.value for word in call.keywords if word.arg == "mode")]
    return any(not isinstance(mode, ast.Constant) or set(str(mode.value)) & set("wax+") for mode in modes)


def test_only_apply_changes_files_of_a_project() -> None:
    changes = [
        f"{module}:{node.lineno} {ast.unparse(node)}"
        for module in MODULES
        if module not in WRITERS
        for node in nodes_of(module)
        if isinstance(node, ast.Call) and is_change(node)
    ]
    assert changes == []


def docstrings(module: str) -> set[ast.AST]:
    """Return the nodes that are docstrings."""
    return {
        node.body[0].value
        for node in nodes_of(module)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def words_of(module: str) -> Iterator[tuple[str, int]]:
    """Return every text and every identifier of a module but its docstrings, with the line."""
    skipped = docstrings(module)
    for node in nodes_of(module):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped:
            yield node.value, line
        for attribute in ("id", "attr", "name", "arg", "module"):
            if isinstance(value := getattr(node, attribute, None), str):
                yield value, line


def test_a_host_is_named_nowhere_but_in_its_own_file() -> None:
    found = [
        f"{module}:{line} {word!r}"
        for module in MODULES
        if not module.startswith("agentpkg.hosts")
        for word, line in words_of(module)
        if any(host in word.lower() for host in HOSTS) and word not in NAMES_ALLOWED.get(module, set())
    ]
    assert found == []


def test_nothing_is_decided_by_the_name_of_a_host() -> None:
    """Differences between hosts are data: what a host is called is looked up and shown, and never compared."""
    found = []
    for module, node in ((name, node) for name in MODULES for node in nodes_of(name)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            names = [ast.unparse(side) for side in sides]
            constant = any(isinstance(side, ast.Constant) for side in sides)
            if any(name == "host.name" for name in names) or (constant and "host" in names):
                found.append(f"{module}:{node.lineno} {ast.unparse(node)}")
        elif isinstance(node, ast.Match) and ast.unparse(node.subject) in ("host", "host.name"):
            found.append(f"{module}:{node.lineno} match {ast.unparse(node.subject)}")
    assert found == []


WORDS_NOT_USED = ("plugin", "helper", "util", "utils")


def test_one_thing_has_one_word() -> None:
    found = [
        f"{module}: {word}"
        for module in MODULES
        for name in (
            *module.split("."),
            *(node.name.lower() for node in nodes_of(module) if isinstance(node, ast.FunctionDef | ast.ClassDef)),
        )
        for word in name.split("_")
        if word in WORDS_NOT_USED
    ]
    assert found == []
