"""The Messages protocol of Anthropic."""

from __future__ import annotations

from tests.conformance.wire import Asked, Call, Json, Reply, Wire, dump, events, reply, text_of

_USAGE = {"input_tokens": 1, "output_tokens": 1}


def _read(path: str, body: Json) -> Asked:
    messages = body.get("messages", [])
    parts = [part for one in messages if isinstance(one["content"], list) for part in one["content"]]
    return Asked(
        path=path,
        model=body.get("model", ""),
        system="\n".join([text_of(body.get("system")), *_said_by("system", messages)]),
        said="\n".join(_said_by("user", messages)),
        tools={tool["name"]: dump(tool) for tool in body.get("tools", [])},
        answers={part["tool_use_id"]: text_of(part.get("content")) for part in parts if "tool_use_id" in part},
    )


def _said_by(role: str, messages: list[Json]) -> list[str]:
    return [text_of(one["content"]) for one in messages if one["role"] == role]


def _write(body: Json, asked: Asked, calls: tuple[Call, ...]) -> Reply:
    blocks: list[Json] = [{"type": "text", "text": "done"}]
    if calls:
        blocks = [{"type": "tool_use", "id": one.id, "name": one.name, "input": one.arguments} for one in calls]
    stop = "tool_use" if calls else "end_turn"
    message = {"id": "m", "type": "message", "role": "assistant", "model": asked.model, "usage": _USAGE}
    if not body.get("stream"):
        return reply({**message, "content": blocks, "stop_reason": stop, "stop_sequence": None})
    steps: list[Json] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None, "stop_sequence": None}}
    ]
    for index, block in enumerate(blocks):
        empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block.get("text", "")}
        if calls:
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": dump(block["input"])}
        steps.append({"type": "content_block_start", "index": index, "content_block": empty})
        steps.append({"type": "content_block_delta", "index": index, "delta": delta})
        steps.append({"type": "content_block_stop", "index": index})
    steps.append({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": _USAGE})
    return events([*steps, {"type": "message_stop"}], named=True)


WIRE = Wire(speaks=lambda path: path.endswith("/messages"), read=_read, write=_write)
