"""A tiny MCP server over standard input and output, so that tools of servers can be seen to be resolved.

    python mcp.py VARIABLE,... TOOL...

offers tools without a purpose, if it finds the variables set to the suite's word. Nothing but the standard library is
imported: a client starts it from anywhere.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

WORD = "not-a-secret"


def answer(message: dict[str, Any], tools: list[str]) -> dict[str, Any] | None:
    """Return the answer to one message, None for a notification."""
    if "id" not in message:
        return None
    results: dict[str, Any] = {
        "initialize": {
            "protocolVersion": message.get("params", {}).get("protocolVersion", "2025-03-26"),
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "suite", "version": "1"},
        },
        "ping": {},
        "tools/list": {
            "tools": [
                {"name": name, "description": f"Tool {name}", "inputSchema": {"type": "object", "properties": {}}}
                for name in tools
            ]
        },
        "tools/call": {"content": [{"type": "text", "text": "done"}]},
    }
    if message["method"] not in results:
        return {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "no such method"}}
    return {"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]}


def main() -> None:
    """Answer line by line until the input ends."""
    for name in filter(None, sys.argv[1].split(",")):
        if os.environ.get(name) != WORD:
            sys.exit(f"{name} is not set")
    for line in sys.stdin:
        said = answer(json.loads(line), sys.argv[2:])
        if said is not None:
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
