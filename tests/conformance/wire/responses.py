"""The responses protocol of OpenAI. A tool in a namespace is called `NAMESPACE.TOOL` here."""

from __future__ import annotations

from tests.conformance.wire import Asked, Call, Json, Reply, Wire, dump, events, reply, text_of

_USAGE = {
    "input_tokens": 0,
    "input_tokens_details": None,
    "output_tokens": 0,
    "output_tokens_details": None,
    "total_tokens": 0,
}


def _read(path: str, body: Json) -> Asked:
    items = body.get("input") or []
    items = items if isinstance(items, list) else [{"type": "message", "role": "user", "content": items}]
    messages = [one for one in items if one.get("type", "message") == "message"]
    more = [tool for one in items if one.get("type") == "additional_tools" for tool in one.get("tools", [])]
    above = [text_of(one["content"]) for one in messages if one["role"] in ("system", "developer")]
    returned = [one for one in items if one.get("type") == "function_call_output"]
    return Asked(
        path=path,
        model=body.get("model", ""),
        system="\n".join([body.get("instructions") or "", *above]),
        said="\n".join(text_of(one["content"]) for one in messages if one["role"] == "user"),
        tools=_tools([*(body.get("tools") or []), *more]),
        answers={one["call_id"]: _output(one["output"]) for one in returned},
    )


def _output(output: Json) -> str:
    return output if isinstance(output, str) else dump(output)


def _tools(declared: list[Json]) -> dict[str, str]:
    tools: dict[str, str] = {}
    for tool in declared:
        if tool.get("type") == "namespace":
            tools |= {f"{tool['name']}.{name}": text for name, text in _tools(tool["tools"]).items()}
        else:
            tools[tool.get("name") or tool["type"]] = dump(tool)
    return tools


def _write(body: Json, asked: Asked, calls: tuple[Call, ...]) -> Reply:
    done = {"type": "output_text", "text": "done", "annotations": []}
    items: list[Json] = [{"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [done]}]
    if calls:
        items = [_call(one) for one in calls]
    response = {"id": "r", "object": "response", "created_at": 1, "model": asked.model, "usage": _USAGE}
    if not body.get("stream"):
        return reply({**response, "status": "completed", "output": items})
    steps: list[Json] = [{"type": "response.created", "response": {"id": "r"}}]
    for place, item in enumerate(items):
        steps.append({"type": "response.output_item.added", "output_index": place, "item": item})
        steps.append({"type": "response.output_item.done", "output_index": place, "item": item})
    finished = {**response, "status": "completed", "output": items}
    return events([*steps, {"type": "response.completed", "response": finished}], named=True)


def _call(call: Call) -> Json:
    namespace, dot, name = call.name.rpartition(".")
    item = {"type": "function_call", "id": f"f-{call.id}", "call_id": call.id, "name": name}
    return {**item, **({"namespace": namespace} if dot else {}), "arguments": dump(call.arguments)}


WIRE = Wire(speaks=lambda path: path.endswith("/responses"), read=_read, write=_write)
