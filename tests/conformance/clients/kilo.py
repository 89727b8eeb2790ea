"""Kilo Code. It prints the agents of its configuration, and starts them with its `task` tool, as OpenCode does."""

from __future__ import annotations

from tests.conformance.client import EVERY_ASPECT, Client, Models
from tests.conformance.clients.opencode import CLIENT as OPENCODE
from tests.conformance.clients.opencode import Program, run

_ENVIRONMENT = {
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
}


_PROGRAM = Program(
    binary="node_modules/@kilocode/cli-*/bin/kilo",
    variable="KILO_CONFIG_CONTENT",
    environment=_ENVIRONMENT,
    agent="code",
    providers={"suite": "@ai-sdk/openai-compatible"},
)
_OWN_TOOLS = (
    "board_post",
    "board_read",
    "cancel_wakeup",
    "cron_create",
    "cron_delete",
    "cron_list",
    "goal",
    "kilo_local_recall",
    "link_pr",
    "schedule_wakeup",
)

CLIENT = Client(
    host="kilo",
    run=lambda room: run(room, _PROGRAM),
    sees=EVERY_ASPECT,
    powers={**OPENCODE.powers, "background_process": ("shell",), **dict.fromkeys(_OWN_TOOLS, ("*",))},
    # What is looked for there, but for agents, which no sub-agent may start.
    expects={tool: names for tool, names in OPENCODE.expects.items() if tool != "delegate"},
    models=Models(session="suite/main"),
    spell=OPENCODE.spell,
)
