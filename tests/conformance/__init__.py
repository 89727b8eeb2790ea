"""Conformance: the real clients, offline, over every agent of the registry and a number of hard ones.

`make conformance` installs the clients that `clients.toml` pins and runs this folder. What each file is for:

- `clients.toml`, `pins.py`, `install.py`: which version of which client, and how it comes here
- `cases.py`, `suite.py`: the agents, and what agentpkg writes of them for one host
- `room.py`: the home and the processes of a client; `stub.py` and `wire/`: the model that it talks to; `mcp.py` and
  `mcp_http.py`: the MCP servers that it starts or calls
- `client.py`, `clients/`: one module a client; `trial.py` runs one; `checks.py` judges all alike; `known.py` lists what
  clients are known to do differently
- `report.py`: the page `docs/conformance.md`

To add a client:

1. Pin it in `clients.toml`, under the name of its host in `agentpkg.hosts`.
2. Write `clients/HOST.py` with a `CLIENT`. Its `run` gets a `Room` with the project, and returns an `Observed` with one
   `Seen` an agent. Start the client once for all agents if it allows that: `serve(Script(...))` is a model that starts
   them one after the other; it needs the name of the tool that starts an agent, and its arguments.
3. Say in `sees` what of every agent the client shows. Where an agent cannot be started, that is less: only a
   description, or also the `tools` as the client loaded them. The page shows a `-` for the rest; what is promised in
   `sees` and not shown fails.
4. List every tool name that turns up in `powers`, with the canonical tools that it gives: `("*",)` for a tool that no
   list can hold, and none only for one that reaches nothing. In `expects` stand the tools that an agent must have if
   its list says so.
5. Map a tier and an id to models of the host in `suite.MAPPED`.
6. `make conformance-all WITHOUT="every other client"`. Read every complaint: it is a fault of the host's table, of the
   module, or of the client. Only the last may go into `known.py`, with the reason.
7. Break the host's table in `test_broken.py`, and see that it is noticed.
"""
