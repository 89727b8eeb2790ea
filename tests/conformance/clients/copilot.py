"""GitHub Copilot CLI. It is spoken to over its own JSON-RPC, and starts agents with its `task` tool."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

from tests.conformance.client import EVERY_ASPECT, Client, Models, Observed, Seen
from tests.conformance.room import SECONDS, Room, end
from tests.conformance.stub import START, Script, Stub, serve

_MODEL = "claude-sonnet-4.5"


class _Rpc:
    """One running client: messages with a Content-Length, over standard input and output."""

    def __init__(self, room: Room, environment: dict[str, str]) -> None:
        command = [
            str(room.find("node_modules/@github/copilot-*/copilot")),
            "--headless",
            "--stdio",
            "--no-auto-update",
        ]
        self.process = room.start([*command, "--log-dir", str(room.home / "log")], environment)
        self.events: list[dict[str, Any]] = []
        self._timer = threading.Timer(SECONDS, end, [self.process])
        self._timer.start()
        self._last = 0

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Return the result of a call, once it is there."""
        self._last += 1
        self._send({"jsonrpc": "2.0", "id": self._last, "method": method, "params": parameters})
        while True:
            message = self._next()
            if message.get("id") == self._last and "method" not in message:
                if "error" in message:
                    raise ConnectionError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result

    def wait_for(self, kind: str) -> None:
        """Read until an event of this kind comes."""
        while not any(event["type"] == kind for event in self.events):
            self._next()

    def close(self) -> None:
        """Stop the client."""
        self._timer.cancel()
        end(self.process)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def _next(self) -> dict[str, Any]:
        assert self.process.stdout
        size = 0
        while (line := self.process.stdout.readline()).strip():
            if line.lower().startswith(b"content-length:"):
                size = int(line.partition(b":")[2])
        if not line:
            raise ConnectionError("the client ended")
        message: dict[str, Any] = json.loads(self.process.stdout.read(size))
        if message.get("method") == "session.event":
            self.events.append(message["params"]["event"])
        if "id" in message and "method" in message:
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": {}})
        return message


def _run(room: Room) -> Observed:
    script = Script(agents=room.agents, tool="task", arguments=_arguments)
    settings = room.home / ".copilot" / "mcp-config.json"
    settings.parent.mkdir()
    servers = {
        one.name: {
            "type": "local",
            "command": one.command[0],
            "args": one.command[1:],
            "env": one.environment,
            "tools": ["*"],
        }
        for one in room.servers
    }
    settings.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    with serve(script) as stub:
        environment = {
            "COPILOT_OFFLINE": "true",
            "COPILOT_AUTO_UPDATE": "false",
            "COPILOT_PROVIDER_BASE_URL": f"{stub.url}/v1",
            "COPILOT_MODEL": _MODEL,
            "XDG_CACHE_HOME": str(room.pin.folder / "cache"),  # where it unpacks itself: once is enough
        }
        rpc = _Rpc(room, environment)
        try:
            return _talk(room, rpc, stub)
        except ConnectionError as error:
            end(rpc.process)
            assert rpc.process.stderr
            return Observed(failure=f"{error}: {rpc.process.stderr.read().decode(errors='replace')[-1500:]}")
        finally:
            rpc.close()


def _arguments(name: str, prompt: str) -> dict[str, object]:
    return {"name": name, "description": "start", "agent_type": name, "prompt": prompt, "mode": "sync"}


def _talk(room: Room, rpc: _Rpc, stub: Stub) -> Observed:
    rpc.call("connect")
    session = rpc.call(
        "session.create",
        workingDirectory=str(room.project),
        model=_MODEL,
        enableConfigDiscovery=True,
        trustWorkingDirectory="session",
        requestPermission=True,
        streaming=False,
        envValueMode="direct",
        provider={"type": "openai", "baseUrl": f"{stub.url}/v1", "apiKey": "none"},
    )["sessionId"]
    listed = {one["id"]: one for one in rpc.call("session.agent.list", sessionId=session)["agents"]}
    rpc.call("session.send", sessionId=session, prompt=START)
    rpc.wait_for("session.idle")
    problems = [
        problem
        for event in rpc.events
        if event["type"] == "session.custom_agents_updated"
        for problem in event["data"]["errors"]
    ]
    return Observed(agents={name: _seen(name, listed, problems, stub) for name in room.agents})


def _seen(name: str, listed: dict[str, dict[str, Any]], problems: list[str], stub: Stub) -> Seen:
    if name not in listed:
        return Seen(rejected="\n".join(problem for problem in problems if name in problem) or "not listed")
    asked = stub.started.get(name)
    if asked is None:
        return Seen(description=listed[name]["description"], stuck=stub.answers.get(name, "never started"))
    return Seen(
        description=listed[name]["description"], tools=tuple(asked.tools), model=asked.model, system=asked.system
    )


CLIENT = Client(
    host="copilot",
    run=_run,
    sees=EVERY_ASPECT,
    powers={
        "bash": ("shell",),
        "create": ("write",),
        "edit": ("edit",),
        "glob": ("glob",),
        "grep": ("grep",),
        "list_agents": (),
        "list_bash": ("shell",),
        "read_agent": (),
        "read_bash": ("shell",),
        "skill": ("skill",),
        "sql": (),  # a scratch database of the session
        "stop_bash": ("shell",),
        "task": ("delegate",),
        "tool_search_tool": (),
        "update_todo": ("todo",),
        "view": ("read", "list"),
        "write_agent": ("delegate",),
    },
    # Not looked for: the web, which it offers only when it is signed in, and questions, which no sub-agent may ask.
    expects={
        "read": ("view",),
        "list": ("view",),
        "write": ("create",),
        "edit": ("edit",),
        "glob": ("glob",),
        "grep": ("grep",),
        "shell": ("bash",),
        "delegate": ("task",),
        "todo": ("update_todo",),
        "skill": ("skill",),
    },
    models=Models(session=re.escape(_MODEL)),
    spell=lambda server, tool: f"{server}-{tool}",
)
