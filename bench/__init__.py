"""agentpkg beside its rivals: `make bench` measures, and makes `docs/performance.md` of what it found.

    tools.py     one value a tool: how it installs, does nothing, and all else that it can
    place.py     puts each tool below `.venv/bench`
    texts.py     the agents to measure with; registries.py: registries of them, with their history
    giving.py    how each tool is given its agents
    worlds.py    a home, a cache and a project of its own for each tool, put back before a run
    measure.py   runs commands in turn, and keeps every sample; launch.py: the bare process that starts them
    cases.py     races, and the start; fields.py: projects; scale.py: registries; where.py: imports
    graphs.py    what is hard to resolve, run by the Python that has the agentpkg to be measured
    goals.py     what must come out, and where `make bench-quick` fails
    results.py   what was measured, as JSON and as values
    page.py      the page, made of the JSON and of `page.md` alone, with tables.py and million.py; words.py: its numbers
    pictures.py  its pictures, by matplotlib

A new tool is one more `Tool` in `tools.py`, and what it is given.
"""
