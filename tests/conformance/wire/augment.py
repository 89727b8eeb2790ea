"""The protocol of Augment's clients: one JSON value a line, and what the vendor's server says about itself."""

from __future__ import annotations

from tests.conformance.wire import Asked, Call, Json, Reply, Wire, dump, reply

_TEXT, _RESULT, _CALL = 0, 1, 5  # kinds of node
_ABOUT = {
    "default_model": "suite-main",
    "models": [],
    "languages": [],
    "feature_flags": {"beachhead_enable_sub_agent_tool": True},
}


def _speaks(path: str) -> bool:
    return path.endswith(("/chat-stream", "/get-models"))


def _read(path: str, body: Json) -> Asked:
    before = [node for turn in body.get("chat_history") or [] for node in turn.get("request_nodes") or []]
    nodes = [*before, *(body.get("nodes") or [])]
    results = [node["tool_result_node"] for node in nodes if node.get("type") == _RESULT]
    return Asked(
        path=path,
        model=body.get("model") or "",
        system="\n".join(body.get(key) or "" for key in ("system_prompt", "user_guidelines")),
        said="\n".join(node["text_node"]["content"] for node in nodes if node.get("type") == _TEXT),
        tools={tool["name"]: dump(tool) for tool in body.get("tool_definitions") or []},
        answers={one["tool_use_id"]: one.get("content") or "" for one in results},
    )


def _write(_body: Json, asked: Asked, calls: tuple[Call, ...]) -> Reply:
    if asked.path.endswith("/get-models"):
        return reply(_ABOUT)
    nodes = [{"id": place, "type": _CALL, "content": "", "tool_use": _use(call)} for place, call in enumerate(calls, 1)]
    said = {"text": "", "nodes": nodes} if calls else {"text": "done"}
    end = {"text": "", "stop_reason": 3 if calls else 1}
    return Reply(content=f"{dump(said)}\n{dump(end)}\n".encode(), kind="application/x-ndjson")


def _use(call: Call) -> Json:
    return {"tool_use_id": call.id, "tool_name": call.name, "input_json": dump(call.arguments)}


WIRE = Wire(speaks=_speaks, read=_read, write=_write)
