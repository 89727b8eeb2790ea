"""The model that every client talks to: a server on the loopback that follows a script and records what it is asked.

The script is the same for all: the first agent that can start others is told to start each agent of the suite, some at
once; every started agent says one word and is done.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.conformance.wire import Asked, Call, Json, Reply, reply
from tests.conformance.wire.anthropic import WIRE as ANTHROPIC
from tests.conformance.wire.augment import WIRE as AUGMENT
from tests.conformance.wire.chat import WIRE as CHAT
from tests.conformance.wire.gemini import WIRE as GEMINI
from tests.conformance.wire.responses import WIRE as RESPONSES

WIRES = (ANTHROPIC, CHAT, RESPONSES, GEMINI, AUGMENT)
START = "Start every agent of the suite."  # what the session itself is told
_WHO = {"userId": "suite", "orgId": "suite"}  # whom a client that wants to know is talking for
_STARTED = re.compile(r"You are started as <<([a-z0-9-]+)>>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How a client's model starts agents.

    `tool` is the tool that starts one, `arguments` what it takes for an agent's name and a prompt. A client with a tool
    for each agent says with `own` what that is called. `at_once` agents are started in one turn. `first` is a call that
    every started agent makes, `finish` the one by which it ends, if a word of text does not do. Who offers the tool
    `aside` asks for something of its own, such as a title. A client that goes on while its agents start is kept waiting
    for them, `patience` seconds a turn at most.
    """

    agents: tuple[str, ...]
    tool: str
    arguments: Callable[[str, str], Mapping[str, object]]
    own: Callable[[str], str] | None = None
    at_once: int = 8
    first: Call | None = None
    finish: Call | None = None
    aside: str | None = None
    patience: float = 0


@dataclass(slots=True)
class Stub:
    """What a client asked: `session` by the session itself, `started` by each agent's first request.

    `answers` holds what the client returned for starting an agent, `returned` what for the first call of one, both by
    the agent's name.
    """

    script: Script
    url: str = ""
    session: list[Asked] = field(default_factory=list)
    started: dict[str, Asked] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    returned: dict[str, str] = field(default_factory=dict)
    _turn: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def decide(self, asked: Asked) -> tuple[Call, ...]:
        """Record `asked`; return the calls that the model makes, none for a word of text."""
        if self.script.aside in asked.tools:
            return ()
        started = _STARTED.search(asked.said)
        if started:
            return self._decide_for(started[1], asked)
        with self._lock:
            self.session.append(asked)
        if START not in asked.said or not any(self._tool(name, asked) for name in self.script.agents):
            return ()
        self._read_answers(asked)
        self._wait()
        with self._lock:
            first = self._turn * self.script.at_once
            self._turn += 1
            names = self.script.agents[first : first + self.script.at_once]
        calls = [self._call(first + place, name, asked) for place, name in enumerate(names)]
        return tuple(call for call in calls if call)

    def _decide_for(self, name: str, asked: Asked) -> tuple[Call, ...]:
        first, finish = self.script.first, self.script.finish
        with self._lock:
            self.started.setdefault(name, asked)
            if first and first.id in asked.answers:
                self.returned[name] = asked.answers[first.id]
        if first and first.id not in asked.answers:
            return (first,)
        return (finish,) if finish else ()

    def _tool(self, name: str, asked: Asked) -> str | None:
        """Return the tool that starts an agent, as the client spells it; None if it is not offered."""
        wanted = self.script.own(name) if self.script.own else self.script.tool
        return next((one for one in asked.tools if one.rpartition(".")[2] == wanted), None)

    def _call(self, place: int, name: str, asked: Asked) -> Call | None:
        tool = self._tool(name, asked)
        prompt = f"You are started as <<{name}>>. Say one word."
        return Call(id=f"call_{place:04}", name=tool, arguments=self.script.arguments(name, prompt)) if tool else None

    def _read_answers(self, asked: Asked) -> None:
        for key, text in asked.answers.items():
            place = key.removeprefix("call_")
            if place.isdecimal() and int(place) < len(self.script.agents):
                self.answers[self.script.agents[int(place)]] = text

    def _wait(self) -> None:
        due = set(self.script.agents[: self._turn * self.script.at_once])
        end = time.monotonic() + self.script.patience
        while due - self.started.keys() and time.monotonic() < end:
            time.sleep(0.05)


@contextmanager
def serve(script: Script) -> Iterator[Stub]:
    """Yield a stub that answers on the loopback until the block ends."""
    stub = Stub(script)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stub))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is none of our worry
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()


def _respond(stub: Stub, path: str, body: Json) -> Reply:
    wire = next((one for one in WIRES if one.speaks(path)), None)
    if wire is None:
        return reply({})
    asked = wire.read(path, body)
    return wire.write(body, asked, stub.decide(asked))


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            path = self.path.partition("?")[0]
            data = self._body()
            try:
                body = json.loads(data)
            except ValueError:
                body = {}
            self._send(_respond(stub, path, body))

        def do_GET(self) -> None:
            self._send(reply({"object": "list", "data": [], "models": [], "has_more": False, **_WHO}))

        def do_HEAD(self) -> None:
            self._send(Reply(content=b""))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _body(self) -> bytes:
            if self.headers.get("transfer-encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("content-length") or 0))
            data = b""
            while size := int(self.rfile.readline().strip() or b"0", 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data

        def _send(self, answer: Reply) -> None:
            self.send_response(200)
            self.send_header("content-type", answer.kind)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

    return Handler
