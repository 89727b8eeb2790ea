"""`python -m bench`: measure all and write results, page and pictures; `quick` is a few cases, with bounds that fail.

    python -m bench [whole | quick | page] [--results FILE] [--only PART,…]

`page` measures nothing, and makes page and pictures of the results that are there. Results of some parts go to a file
that is named, so that they never take the place of the whole.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from bench import page, place, results
from bench.cases import Bench, Race, UnableError, starts
from bench.fields import fields
from bench.goals import broken, judged
from bench.measure import Pace, Runner
from bench.scale import graphs, histories, registries
from bench.where import breakdown

Part = Callable[[Bench], Iterator[Race]]
WHOLE: Mapping[str, Part] = {
    "start": starts,
    "where": partial(breakdown, agents=100),
    "one host": partial(fields, agents=(1, 20, 100, 1000), hosts=(1,), more=(0, 0)),
    "six hosts": partial(fields, agents=(1, 20, 100, 1000), hosts=(6,), more=(100, 6)),
    "25 hosts": partial(fields, agents=(1, 20, 100, 1000), hosts=(25,), more=(0, 0)),
    "registry": partial(registries, sizes=(10, 100, 1000, 10_000), per_commit=200),
    "history": partial(histories, sizes=((100, 1000), (100, 100), (100, 10), (100, 1), (1000, 1))),
    "resolve": partial(graphs, bundles=60),
}
QUICK: Mapping[str, Part] = {
    "start": starts,
    "six hosts": partial(fields, agents=(20,), hosts=(6,), more=(0, 0)),
    "registry": partial(registries, sizes=(20,), per_commit=200),
}
_UNKNOWN = 120.0  # seconds, for a part that was never measured


def measure(
    parts: Mapping[str, Part], pace: Pace, expected: Mapping[str, float]
) -> tuple[list[Race], dict[str, float], list[str]]:
    """Run the parts, in a folder that is gone afterwards; return races, what each part took, and what ended early."""
    races: list[Race] = []
    seconds: dict[str, float] = {}
    lost: list[str] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="agentpkg-bench-") as name, Runner(Path(name)) as runner:
        bench = Bench(runner=runner, scratch=Path(name).resolve(), pace=pace)
        for number, (title, part) in enumerate(parts.items(), 1):
            start = time.monotonic()
            left = sum(expected.get(one, _UNKNOWN) for one in list(parts)[number - 1 :]) / 60
            print(f"\n{number} of {len(parts)}: {title}; about {left:.0f} min to go", flush=True)
            try:
                for race in part(bench):
                    _show(race, time.monotonic() - began)
                    races.append(race)
            except UnableError as error:
                print(f"  this part ends here: {error}", flush=True)
                lost.append(title)
            seconds[title] = time.monotonic() - start
    return races, seconds, lost


def _show(race: Race, gone: float) -> None:
    shown = results.Results(results.make_document([race], {}, ""))
    print(f"  {race.name}  ({gone / 60:.1f} min)")
    for name, entry in shown.entries(race.name).items():
        told = f"no figure: {entry.failed[-300:]}" if entry.failed else f"{entry.wall:9.1f} ms {entry.ratio:7.1f} x"
        spread = "" if entry.failed else f"  {entry.lower:.1f} to {entry.upper:.1f}, {entry.runs} runs"
        print(f"    {name:18} {told}{spread}", flush=True)


def make_page(found: results.Results, kept: Path) -> None:
    """Write the page, and draw its pictures of the same file, by the Python that has matplotlib."""
    page.FILE.write_text(page.make_page(found), encoding="utf-8")
    python = str(place.PICTURES / "bin" / "python")
    subprocess.run([python, "-m", "bench.pictures", str(kept.resolve())], cwd=place.ROOT, check=True)


def _asking() -> argparse.ArgumentParser:
    asked = argparse.ArgumentParser(prog="python -m bench", description="agentpkg beside its rivals.")
    asked.add_argument("mode", nargs="?", choices=("whole", "quick", "page"), default="whole")
    asked.add_argument("--results", type=Path, default=results.FILE, metavar="FILE", help="where results are kept")
    asked.add_argument(
        "--only", default="", metavar="PART,…", help="some parts, by commas; writes no page, and needs --results"
    )
    return asked


def _parts(asked: argparse.ArgumentParser, given: argparse.Namespace) -> Mapping[str, Part]:
    """Return what is to be measured; refuse parts that there are not, and some in the place of the whole."""
    parts = QUICK if given.mode == "quick" else WHOLE
    if not given.only:
        return parts
    titles = [title.strip() for title in given.only.split(",")]
    for title in titles:
        if title not in parts:
            asked.error(f"--only: {given.mode} has no part {title!r}, it has {', '.join(parts)}")
    if given.mode == "whole" and given.results.resolve() == results.FILE.resolve():
        asked.error(f"--only: some parts would take the place of all in {results.FILE}; name another file by --results")
    return {title: parts[title] for title in titles}


def _read(asked: argparse.ArgumentParser, given: argparse.Namespace) -> results.Results:
    if given.only:
        asked.error("--only: page measures nothing, it takes --results alone")
    try:
        found = results.read(given.results)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        asked.error(f"--results: {given.results}: {why}; name a file that `python -m bench` has written")
    missing = [title for title in WHOLE if title not in found.document["seconds"]]
    if missing:
        asked.error(f"--results: {given.results}: it holds nothing of {', '.join(missing)}; the page is of the whole")
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Do what is asked, and return the exit code: 1 if a quick run breaks a bound, 2 if it cannot be done so."""
    asked = _asking()
    given = asked.parse_args(words)
    if given.mode == "page":
        found = _read(asked, given)
        place.place_pictures()
        make_page(found, given.results)
        return 0
    parts = _parts(asked, given)
    if given.mode == "whole":
        place.place_pictures()
    place.place_tools()
    pace = Pace(rounds=5, least=2, seconds=2) if given.mode == "quick" else Pace()
    known = dict.fromkeys(QUICK, 45.0) if given.mode == "quick" else _known_seconds()
    races, seconds, lost = measure(parts, pace, known)
    found = results.Results(results.make_document(races, seconds, "make bench"))
    if given.mode == "quick":
        return _tell_broken(found, lost)
    given.results.write_text(results.as_text(found.document), encoding="utf-8")
    for goal, ratio, met in judged(found):
        told = "no figure" if ratio is None else f"{ratio:.1f} x"
        print(f"{'met' if met else 'NOT MET':8} {goal.title}: {told}, {goal.words}")
    if given.results.resolve() == results.FILE.resolve():
        make_page(found, given.results)
    return int(bool(lost))


def _known_seconds() -> dict[str, float]:
    """Return what each part took the last time."""
    return dict(results.read(results.FILE).document["seconds"]) if results.FILE.is_file() else {}


def _tell_broken(found: results.Results, lost: list[str]) -> int:
    told = [*broken(found), *(f"{title}: it could not be measured" for title in lost)]
    for line in told:
        print(f"broken: {line}")
    print(f"{len(told)} bounds broken" if told else "all bounds kept")
    return int(bool(told))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
