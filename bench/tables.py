"""The tables of the page, each made of the results alone."""

from __future__ import annotations

from bench.goals import judged
from bench.million import SIZES
from bench.results import Entry, Results
from bench.words import count, size, table, time, times

TITLES = {
    "python": "`python -c pass`",
    "agentpkg": "**agentpkg**",
    "frozen": "agentpkg, `--frozen`",
    "apm": "apm-cli",
    "read": "read and hash the same files",
    "shell": "a shell loop over the same files",
}
PARTS = {
    "python": "bare Python",
    "standard": "imports: standard library",
    "click": "imports: Click",
    "agentpkg": "imports: agentpkg's own",
    "others": "imports: other libraries",
}
RIVALS = ("apm", "rulesync", "ruler")
_LATE = "takes longer than"


def tools(results: Results) -> str:
    """Tell who takes part, with which versions, for which hosts, and how each is given its agents."""
    rows = [
        (tool["title"], tool["version"], ", ".join(tool["hosts"]), tool["note"]) for tool in results.document["tools"]
    ]
    return table(("tool", "version", "hosts", "agents are given as"), rows)


def goals(results: Results) -> str:
    """Tell each goal, what came out, and whether it is met."""
    rows = [
        (goal.title, goal.words, "no figure" if found is None else times(found), "yes" if met else "**no**")
        for goal, found, met in judged(results)
    ]
    return table(("what", "goal", "measured", "met"), rows)


def race(results: Results, name: str) -> str:
    """Tell all of a race: medians, spread, ratios, CPU and memory."""
    entries = results.entries(name)
    ours = entries["agentpkg"].wall if "agentpkg" in entries else 0
    rows = []
    for key, entry in entries.items():
        told = TITLES.get(key, key) if key in TITLES or ours else f"`{entry.shown}`"
        if entry.failed:
            rows.append((told, _why(entry), "", "", "", "", ""))
            continue
        beside = times(entry.wall / ours) if ours else ""
        spread = f"{time(entry.least)}; {time(entry.lower)} to {time(entry.upper)}"
        used = f"{entry.peak:.0f} MB" if entry.peak else ""
        rows.append((told, time(entry.wall), spread, times(entry.ratio), beside, time(entry.cpu), used))
    head = ("", "median", "fastest; quartiles", "to bare Python", "to agentpkg", "CPU", "peak memory")
    keep = [place for place, title in enumerate(head) if ours or title != "to agentpkg"]
    return table([head[place] for place in keep], [[row[place] for place in keep] for row in rows])


def grid(results: Results, group: str) -> str:
    """Tell the medians of a group of races: a row for each tool and number of hosts, a column for each of agents."""
    races = list(results.races(group))
    agents = sorted({axes["agents"] for _, axes in races})
    rows = []
    for hosts in sorted({axes["hosts"] for _, axes in races}):
        names = [name for name, axes in races if axes["hosts"] == hosts]
        told = dict.fromkeys(key for name in names for key in results.entries(name))
        for key in told:
            cells = [_cell(results, f"{group}/{number}/{hosts}", key) for number in agents]
            rows.append((count(hosts, "host"), TITLES.get(key, key), *cells))
    return table(("", "", *(count(number, "agent") for number in agents)), rows)


def by_size(results: Results, group: str) -> str:
    """Tell the medians of races that differ in size: a row for each command, a column for each size."""
    races = list(results.races(group))
    told = {key: entry.shown for name, _ in reversed(races) for key, entry in results.entries(name).items()}
    heads = [", ".join(count(number, thing.removesuffix("s")) for thing, number in axes.items()) for _, axes in races]
    rows = [(_command(key, shown), *(_cell(results, name, key) for name, _ in races)) for key, shown in told.items()]
    sizes = [(title, *(size(results.size(name, what)) for name, _ in races)) for what, title in SIZES.items()]
    return table(("", *heads), [*rows, *sizes])


def resolve(results: Results) -> str:
    """Tell what each graph took."""
    name, _ = next(iter(results.races("resolve")))
    rows = [(entry.shown, time(entry.wall)) for entry in results.entries(name).values()]
    return table(("graph", "median"), rows)


def where(results: Results) -> str:
    """Tell where the time of some commands goes."""
    races = [name for name, axes in results.document["races"].items() if name.startswith("where-")]
    rows = [(title, *(time(results.entry(name, key).wall) for name in races)) for key, title in PARTS.items()]
    rows.append(("the work", *(time(work_of(results, name)) for name in races)))
    rows.append(("**all of it**", *(time(results.entry(name, "whole").wall) for name in races)))
    heads = [f"`{results.entry(name, 'whole').shown}`" for name in races]
    return table(("", *heads), rows)


def work_of(results: Results, name: str) -> float:
    """Return what is left of a command's time without Python and imports, which are measured a little too long."""
    return max(0.0, results.entry(name, "whole").wall - sum(results.entry(name, part).wall for part in PARTS))


def slower(results: Results) -> str:
    """Tell each table in which a rival was quicker than agentpkg."""
    rows = []
    for name in results.document["races"]:
        entries = results.entries(name)
        ours = entries.get("agentpkg")
        quicker = [key for key in RIVALS if key in entries and ours and entries[key].wall < ours.wall]
        rows += [
            (_title(results, name), TITLES.get(key, key), time(entries[key].wall), time(ours.wall))
            for key in quicker
            if ours and not entries[key].failed and not ours.failed
        ]
    return table(("", "", "rival", "agentpkg"), rows) if rows else "Nowhere in this run."


def _title(results: Results, name: str) -> str:
    race = results.document["races"][name]
    axes = [count(number, thing.removesuffix("s")) for thing, number in race["axes"].items()]
    return ", ".join((race["group"], *axes))


def left_out(results: Results) -> str:
    """Tell each figure that there is not, and why."""
    found = [
        f"- {_title(results, name)}: {TITLES.get(key, key)} {_why(entry)}"
        for name in results.document["races"]
        for key, entry in results.entries(name).items()
        if entry.failed
    ]
    return "\n".join(found) or "Nothing failed, and nothing took too long."


def _command(key: str, shown: str) -> str:
    extra = {
        "first": ", first fetch",
        "again": ", cache thrown away",
        "news": ", a new version to fetch",
        "info": ", nothing to fetch",
    }
    filtered = "`filter`: " if key.startswith("filtered-") else ""
    ending = {
        "site-again": ", made again",
        "filtered-install": ", files to fetch",
        "first-search": ", the first time",
    }.get(key, "")
    return f"{filtered}`{shown}`{extra.get(key.removeprefix('filtered-'), '')}{ending}"


def _cell(results: Results, race_name: str, key: str) -> str:
    entries = results.entries(race_name) if race_name in results.document["races"] else {}
    if key not in entries:
        return "-"
    entry = entries[key]
    return _why(entry) if entry.failed else f"{time(entry.wall)}, {times(entry.ratio)}"


def _why(entry: Entry) -> str:
    if _LATE in entry.failed:
        return f"over {entry.failed.rpartition(_LATE)[2].strip()}"
    lines = [line.strip() for line in entry.failed.splitlines() if line.strip()]
    return f"failed: {lines[-1][:120]}".replace("|", "/") if lines else ""
