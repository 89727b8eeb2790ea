"""The chat completions protocol of OpenAI, which many clients speak to any provider."""

from __future__ import annotations

from tests.conformance.wire import Asked, Call, Json, Reply, Wire, dump, events, reply, text_of

_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def _read(path: str, body: Json) -> Asked:
    messages = body.get("messages", [])
    declared = [tool.get("function") or tool.get("custom") or tool for tool in body.get("tools") or []]
    return Asked(
        path=path,
        model=body.get("model", ""),
        system="\n".join(text_of(one.get("content")) for one in messages if one["role"] in ("system", "developer")),
        said="\n".join(text_of(one.get("content")) for one in messages if one["role"] == "user"),
        tools={tool["name"]: dump(tool) for tool in declared},
        answers={one["tool_call_id"]: text_of(one.get("content")) for one in messages if one["role"] == "tool"},
    )


def _write(body: Json, asked: Asked, calls: tuple[Call, ...]) -> Reply:
    said: Json = {"role": "assistant", "content": "done"}
    if calls:
        said = {
            "role": "assistant",
            "content": None,
            "tool_calls": [_call(place, one) for place, one in enumerate(calls)],
        }
    reason = "tool_calls" if calls else "stop"
    base = {"id": "c", "created": 1, "model": asked.model}
    if not body.get("stream"):
        choice = {"index": 0, "message": said, "finish_reason": reason}
        return reply({**base, "object": "chat.completion", "choices": [choice], "usage": _USAGE})
    base["object"] = "chat.completion.chunk"
    first = {**base, "choices": [{"index": 0, "delta": said, "finish_reason": None}]}
    last = {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": _USAGE}
    return events([first, last], end="[DONE]")


def _call(place: int, call: Call) -> Json:
    function = {"name": call.name, "arguments": dump(call.arguments)}
    return {"index": place, "id": call.id, "type": "function", "function": function}


WIRE = Wire(speaks=lambda path: path.endswith("/chat/completions"), read=_read, write=_write)
