"""A bundle: a named, versioned set of agents with the skills and MCP servers that they need."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from agentpkg.agent import Agent, parse_agent, with_variant
from agentpkg.errors import ContentRefused
from agentpkg.fields import Fields, parse_toml
from agentpkg.files import content_digest, find_clash
from agentpkg.grants import Grants
from agentpkg.header import read_header
from agentpkg.limits import LIMITS, Limits
from agentpkg.requirement import check_name, check_specifier, is_device, is_version
from agentpkg.text import check_line, decode
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = ("bundle", "requires", "mcp")
ABOUT_KEYS = ("name", "version", "description", "license", "authors", "keywords")
SERVER_KEYS = ("command", "args", "env", "url", "headers")
_SKILL_KEYS = frozenset(["name", "description", "license", "compatibility", "metadata"])
SERVER_NAME = r"(?a)\w[\w.-]*\Z"
SERVER_URL = r"https?://\S+\Z"
SERVER_COMMAND = r"(?!\S*://)"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*\Z"
# What some host would put an environment variable or a file in the place of, named or not in `env`.
REFERENCE = re.compile(r"\$\{|\$\(|\$[A-Za-z_]|\{(env|file):|%[A-Za-z_]+%|`")
_PROSE = (".md", ".txt")
_RUN = re.compile(rb"!`|```!")  # what follows is run before a model reads the skill, by hosts that do so
_COMPONENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?<!\.)\Z")
_KNOWN = re.compile(
    r"(bundle\.toml|README\.md|LICENSE|CHANGELOG\.md|agents/[^/]+\.md|variants/[^/]+/[^/]+\.md|skills/[^/]+/.+)\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """An MCP server that a bundle brings: a command that a host starts, or the URL of one that runs elsewhere.

    `env` and the values of `headers` are names of environment variables, never values.
    """

    name: str
    command: str | None = None
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    url: str | None = None
    headers: Mapping[str, str]

    @property
    def power(self) -> str:
        """The server as a power, so that a change of what it runs or reaches is a change of powers."""
        target = shlex.join([self.command, *self.args]) if self.command else self.url
        secrets = sorted([*self.env, *self.headers.values()])
        return f"mcp-server:{self.name} {target}" + (f" (env {', '.join(secrets)})" if secrets else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """An agent skill: a folder of text files, copied as it is to the hosts that read skills."""

    name: str
    description: str
    files: Mapping[str, bytes]

    @property
    def powers(self) -> tuple[str, ...]:
        """The skill as powers: itself, since every session of the host may take it up, and what in it may be run."""
        runnable = (path for path, text in sorted(self.files.items()) if not path.endswith(_PROSE) or _RUN.search(text))
        return (f"skill:{self.name}", *(f"skill:{self.name}/{path}" for path in runnable))


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFile:
    """The values of a `bundle.toml`: what a bundle says about itself, without its agents."""

    name: str
    version: str
    description: str
    license: str | None
    authors: tuple[str, ...]
    keywords: tuple[str, ...]
    requires: Mapping[str, str]
    mcp: Mapping[str, McpServer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle(BundleFile):
    """One version of a bundle. `digest` is its identity: `sha256:` over the sorted path, size and hash of its files."""

    agents: tuple[Agent, ...]
    skills: tuple[Skill, ...]
    digest: str

    def servers_of(self, agent: Agent) -> tuple[McpServer, ...]:
        """Return the servers of this bundle that the agent's tools name: all, where it has no tool list."""
        if not self.mcp:
            return ()
        named = self.mcp.keys() if agent.tools is None else {tool.server for tool in agent.tools}
        return tuple(server for name, server in sorted(self.mcp.items()) if name in named)

    def grants_of(self, agent: Agent) -> Grants:
        """Return the powers that the agent holds: its tools, the servers brought for it, and the bundle's skills."""
        servers = (server.power for server in self.servers_of(agent))
        return Grants.of(agent.tools, (*servers, *(power for skill in self.skills for power in skill.powers)))


def parse_bundle_file(data: bytes, where: str, *, any_version: bool = False) -> BundleFile:
    """Return what a `bundle.toml` says, or raise `ContentRefused`.

    `any_version`: it was made here, of an agent in a repository that knows no versions.
    """
    fields = parse_toml(decode(data, where), where)
    fields.reject_unknown(*KEYS)
    about = fields.table("bundle")
    about.reject_unknown(*ABOUT_KEYS)
    version = about.text("version")
    if not (any_version or is_version(version)):
        raise ContentRefused(
            f"{about.where}: version {version!r} is not three numbers and an optional pre-release",
            hint="write it as 1.2.0 or 2.0.0rc1",
        )
    wanted = fields.table("requires")
    requires = {name: wanted.text_or_none(name) or "" for name in wanted}
    for name, specifier in requires.items():
        check_name(name, f"{where}: [requires]", ContentRefused)
        check_specifier(specifier, f"{where}: [requires] {name}", ContentRefused)
    description, licence = about.text("description"), about.text_or_none("license")
    for text in (description, licence or "", *about.texts("authors"), *about.texts("keywords")):
        check_line(text, about.where)
    return BundleFile(
        name=check_name(about.text("name"), about.where, ContentRefused),
        version=version,
        description=description,
        license=licence,
        authors=about.texts("authors"),
        keywords=about.texts("keywords"),
        requires=requires,
        mcp={name: parse_server(name, table) for name, table in fields.table("mcp").tables()},
    )


def with_version(data: bytes, version: str) -> bytes:
    """Return the bytes of a `bundle.toml` with another version in it, comments and spacing as they were."""
    import tomlkit

    document = tomlkit.parse(data.decode())
    about: Any = document["bundle"]
    about["version"] = version
    return tomlkit.dumps(document).encode()


def parse_bundle(
    files: Mapping[str, bytes], where: str, *, any_version: bool = False, limits: Limits = LIMITS
) -> Bundle:
    """Return the bundle that `files` make up: paths below the version's folder, and their bytes.

    `where` names the bundle in messages, `any_version` is as for `parse_bundle_file`. Raises `ContentRefused` for what
    does not belong in a bundle.
    """
    _check_files(files, where, limits)
    if "bundle.toml" not in files:
        raise ContentRefused(
            f"{where}: bundle.toml is missing", hint="agentpkg new NAME makes one, with all that must be in it"
        )
    about = parse_bundle_file(files["bundle.toml"], f"{where}/bundle.toml", any_version=any_version)
    agents = _agents(files, where)
    if not agents:
        raise ContentRefused(f"{where}: there is no agent", hint="put one into agents/NAME.md")
    return Bundle(
        name=about.name,
        version=about.version,
        description=about.description,
        license=about.license,
        authors=about.authors,
        keywords=about.keywords,
        requires=about.requires,
        mcp=about.mcp,
        agents=agents,
        skills=_skills(files, where),
        digest=content_digest(files),
    )


def _check_files(files: Mapping[str, bytes], where: str, limits: Limits) -> None:
    if sum(map(len, files.values())) > limits.bundle_bytes:
        raise ContentRefused(
            f"{where}: larger than {limits.bundle_bytes:,} bytes",
            hint="move what agents do not need out of the bundle, or raise max_bundle_bytes of its registry",
        )
    for path, data in files.items():
        if len(data) > limits.file_bytes:
            raise ContentRefused(
                f"{where}/{path}: larger than {limits.file_bytes:,} bytes",
                hint="split it, or raise max_file_bytes of the bundle's registry",
            )
        if not _KNOWN.match(path):
            raise ContentRefused(
                f"{where}: {path!r} has no place in a bundle",
                hint="agents/NAME.md, variants/HOST/NAME.md, skills/NAME/…, README.md, LICENSE and CHANGELOG.md do",
            )
        for component in path.split("/"):
            if not _COMPONENT.match(component) or is_device(component):
                raise ContentRefused(
                    f"{where}: {path!r} is not a portable path",
                    hint="use letters, digits, _, . and -, and no name that Windows keeps for a device",
                )
    clash = find_clash(files)
    if clash:
        raise ContentRefused(
            f"{where}: {clash[0]!r} and {clash[1]!r} are one where case does not count",
            hint="give one of them another name",
        )


def parse_server(name: str, fields: Fields) -> McpServer:
    """Return the MCP server that a table declares, or raise `ContentRefused` naming what is wrong with it."""
    fields.reject_unknown(*SERVER_KEYS)
    if ("command" in fields) == ("url" in fields):
        raise fields.error(
            f"{fields.where} needs a command or a url, and not both",
            hint="command is what a host starts, url is where a server runs",
        )
    if not re.match(SERVER_NAME, name):
        raise fields.error(
            f"{fields.where}: {name!r} is not a name that a tool could be written with",
            hint="use letters, digits, _, . and -",
        )
    server = McpServer(
        name=name,
        command=fields.text("command") if "command" in fields else None,
        args=fields.texts("args"),
        env=fields.texts("env"),
        url=fields.text("url") if "url" in fields else None,
        headers=fields.table("headers").text_table(),
    )
    for text in (server.command or server.url or "", *server.args, *server.headers):
        check_line(text, fields.where)
        if REFERENCE.search(text):
            raise fields.error(
                f"{fields.where}: {text!r} refers to a variable or a file, and some hosts would put it there",
                hint="name variables under env, or as values of headers",
            )
    if not re.match(SERVER_URL if server.url else SERVER_COMMAND, server.url or server.command or ""):
        raise fields.error(
            f"{fields.where}: {server.url or server.command!r} is no {'url' if server.url else 'command'}",
            hint="url is where a server runs, and begins with https://; command is what a host starts",
        )
    for variable in (*server.env, *server.headers.values()):
        if not re.match(VARIABLE, variable):
            raise fields.error(
                f"{fields.where}: {variable!r} is not the name of an environment variable",
                hint="name the variable; its value never stands in a bundle",
            )
    return server


def _agents(files: Mapping[str, bytes], where: str) -> tuple[Agent, ...]:
    agents: dict[str, Agent] = {}
    for path in sorted(files):
        if path.startswith("agents/"):
            stem = path[len("agents/") : -len(".md")]
            agents[stem] = parse_agent(decode(files[path], f"{where}/{path}"), f"{where}/{path}", stem)
    for path in sorted(files):
        if path.startswith("variants/"):
            _, host, name = path[: -len(".md")].split("/")
            if name not in agents:
                raise ContentRefused(
                    f"{where}/{path}: there is no agent {name!r} in this bundle",
                    hint="name the file after an agent of the bundle",
                )
            text = decode(files[path], f"{where}/{path}")
            agents[name] = with_variant(agents[name], host, text, f"{where}/{path}")
    return tuple(agents.values())


def _skills(files: Mapping[str, bytes], where: str) -> tuple[Skill, ...]:
    folders: dict[str, dict[str, bytes]] = {}
    for path, data in sorted(files.items()):
        if path.startswith("skills/"):
            _, name, inner = path.split("/", 2)
            folders.setdefault(name, {})[inner] = decode(data, f"{where}/{path}").encode()
    return tuple(_skill(name, inner, f"{where}/skills/{name}") for name, inner in folders.items())


def _skill(name: str, files: Mapping[str, bytes], where: str) -> Skill:
    check_name(name, where, ContentRefused)
    if "SKILL.md" not in files:
        raise ContentRefused(
            f"{where}: SKILL.md is missing", hint="write it, with name and description between two lines of ---"
        )
    header, _ = read_header(files["SKILL.md"].decode(), f"{where}/SKILL.md")
    fields = Fields(header, f"{where}/SKILL.md")
    unknown = sorted(header.keys() - _SKILL_KEYS)
    if unknown:
        raise ContentRefused(
            f"{where}/SKILL.md: {unknown[0]!r} is not a key that a skill may have here",
            hint=f"these are: {', '.join(sorted(_SKILL_KEYS))}; others, such as hooks, may add power",
        )
    if fields.text("name") != name:
        raise ContentRefused(
            f"{where}/SKILL.md: name is {fields.text('name')!r}, but the folder is {name}", hint="give both one name"
        )
    description = fields.text("description")
    if len(description) > 1024:
        raise ContentRefused(
            f"{where}/SKILL.md: the description has {len(description)} characters, 1024 are allowed",
            hint="say when to use the skill, and leave the rest to its text",
        )
    return Skill(name=name, description=description, files=files)
