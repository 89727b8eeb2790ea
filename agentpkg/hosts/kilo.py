"""Kilo Code: the CLI and the extensions, which grew out of OpenCode and read the same files from another folder.

A file with a key of the wrong type is skipped, and not the end of the program. Agents of one name from several folders
are merged, rule by rule: one below the home folder that allows more adds to what the project's allows. A model whose
provider is not set up fails when the agent starts, and which one a user has is nothing that an id tells.

`{file:…}` in a prompt is replaced by the file. `{env:…}` in a project's prompt makes Kilo drop the agent, and in a
user's it is replaced by the variable; so is it in the project's settings, where one reference is the end of all of
them. A server that Kilo starts has its whole environment.

Before it was OpenCode's, it kept agents as modes of one file, as Roo Code did.
"""

from agentpkg.hosts.base import HostField, Models, ServerSettings, ServerShape, TextHazard
from agentpkg.hosts.clients import Client, Question, Switch
from agentpkg.hosts.opencode import HOST as OPENCODE
from agentpkg.hosts.opencode import SETTINGS
from agentpkg.hosts.zoo import HOST as ZOO
from agentpkg.values import replace

HOST = replace(
    OPENCODE,
    name="kilo",
    title="Kilo Code",
    checked="2026-11-21, Kilo CLI 7.7.9",
    sources=(
        "the client's resolved configuration and sub-agent requests",
        "Kilo-Org/kilocode: packages/opencode/src/config",
    ),
    marks=(".kilo", ".kilocode", "kilo.json", "kilo.jsonc"),
    agents=".kilo/agents/{name}.md",
    user_agents=".config/kilo/agents/{name}.md",
    also_agents=(".kilo/agent/{name}.md", ".kilocode/agents/{name}.md", ".kilocode/agent/{name}.md"),
    models=Models(accepts=r"[a-z0-9-]+/\S+"),
    fields=(*OPENCODE.fields, HostField(name="displayName")),
    reserved=OPENCODE.reserved | {"ask", "code", "debug", "orchestrator"},
    # No more than what opens them: what follows may hold another.
    hazards=(
        TextHazard(pattern=r"\{env:", replacement="{ env:", why="Kilo Code would drop the agent"),
        TextHazard(pattern=r"\{file:", replacement="{ file:", why="Kilo Code would put a file there"),
    ),
    settings=ServerSettings(
        file="kilo.json",
        key="mcp",
        shape=ServerShape(stdio={"type": "local"}, remote={"type": "remote"}, joined=True, inherits=True),
    ),
    earlier=(
        replace(
            SETTINGS, name="kilo", title="Kilo Code", agents="kilo.json#{name}", also_agents=("kilo.jsonc#{name}",)
        ),
        replace(ZOO, name="kilo", title="Kilo Code", agents=".kilocodemodes#{name}", fields=()),
    ),
    client=Client(
        command="kilo",
        question=Question(
            arguments=("debug", "config"),
            environment={
                **dict.fromkeys(
                    [
                        "KILO_DISABLE_AUTOUPDATE",
                        "KILO_DISABLE_DEFAULT_PLUGINS",
                        "KILO_DISABLE_LSP_DOWNLOAD",
                        "KILO_DISABLE_MODELS_FETCH",
                        "KILO_DISABLE_SHARE",
                        "KILO_PURE",
                    ],
                    "1",
                ),
                "KILO_TELEMETRY_LEVEL": "off",
            },
            answer=("agent",),
            keyed=True,
        ),
    ),
    switches=tuple(
        Switch(file=file, user_file=f".config/kilo/{file}", keys=("agent", "{name}", "disable"), off=True)
        for file in ("kilo.json", "kilo.jsonc")
    ),
)
