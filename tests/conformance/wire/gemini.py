"""The content protocol of Gemini. It has no call ids; a call is known by its place in the conversation."""

from __future__ import annotations

import re

from tests.conformance.wire import Asked, Call, Json, Reply, Wire, dump, events, reply, text_of

_USAGE = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
_MODEL = re.compile(r"/models/([^:/]+):")


def _read(path: str, body: Json) -> Asked:
    contents = body.get("contents", [])
    parts = [part for one in contents for part in one.get("parts", [])]
    declared = [one for tool in body.get("tools") or [] for one in tool.get("functionDeclarations") or []]
    returned = [part["functionResponse"] for part in parts if "functionResponse" in part]
    model = _MODEL.search(path)
    return Asked(
        path=path,
        model=model[1] if model else "",
        system=text_of((body.get("systemInstruction") or {}).get("parts")),
        said="\n".join(text_of(one.get("parts")) for one in contents if one.get("role") == "user"),
        tools={one["name"]: dump(one) for one in declared},
        answers={str(one.get("id") or place): dump(one.get("response")) for place, one in enumerate(returned)},
    )


def _write(body: Json, asked: Asked, calls: tuple[Call, ...]) -> Reply:
    if asked.path.endswith(":countTokens"):
        return reply({"totalTokens": 1})
    parts: list[Json] = [{"text": "done"}]
    if calls:
        parts = [{"functionCall": {"id": one.id, "name": one.name, "args": one.arguments}} for one in calls]
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
    answer = {"candidates": [candidate], "usageMetadata": _USAGE}
    return events([answer]) if asked.path.endswith(":streamGenerateContent") else reply(answer)


WIRE = Wire(speaks=lambda path: bool(_MODEL.search(path)), read=_read, write=_write)
