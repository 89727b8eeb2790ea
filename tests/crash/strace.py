"""Running a scene's command under strace: to see its calls, to kill it at one of them, or to make one of them fail."""

from __future__ import annotations

import subprocess

from tests.crash.calls import CHANGING, READING, Call, Point, find_points, parse_calls
from tests.crash.scenes import Scene

AGENTPKG = ("agentpkg",)


def record(
    scene: Scene, module: tuple[str, ...] = AGENTPKG, *, command: tuple[str, ...] = (), anew: bool = True
) -> list[Call]:
    """Run the scene's command (or another) to its end, and return the calls that it made."""
    if anew:
        scene.reset()
    trace = scene.template.with_name("trace")
    names = ",".join(f"?{name}" for name in {*CHANGING, *READING})
    options = ("-f", "-y", "-s", "0", "--seccomp-bpf", "-e", f"trace={names}", "-o", str(trace))
    done = scene.run("strace", *options, module=module, command=command)
    assert done.returncode == 0, done.stderr
    return parse_calls(trace.read_text())


def aim(scene: Scene, module: tuple[str, ...] = AGENTPKG, *, reading: bool = False) -> list[Point]:
    """Return every point of the scene's command that is there on each run, in order.

    What has the number of a process or chance in its name cannot be aimed at: objects that git is about to name, and
    parts of files in the cache before they are renamed.
    """
    roots = tuple(f"{scene.world / folder}/" for folder in ("project", "cache", "state"))
    read_below = roots[0] if reading else ""
    points, again = (find_points(record(scene, module), roots, reading=read_below) for _ in range(2))
    both = set(points) & set(again)
    return list(dict.fromkeys(point for point in points if point in both))


def inject(
    scene: Scene, point: Point, what: str, module: tuple[str, ...] = AGENTPKG
) -> subprocess.CompletedProcess[str]:
    """Run the scene's command anew with `what` (`signal=KILL`, `error=EIO`) happening at the point."""
    scene.reset()
    return scene.run(
        "strace", *_follow(scene, point, what), "-o", "/dev/null", "-P", point.path, "-e", f"trace={point.name}",
        "-e", f"inject={point.name}:{what}:when={point.nth}", module=module,
    )  # fmt: skip


def _follow(scene: Scene, point: Point, what: str) -> tuple[str, ...]:
    """Return how to follow a run to a point: every task counts for itself, so none that works on the same path.

    The filter in the kernel is quickest; with it strace follows all tasks, and sends no signals.
    """
    shared = "/cache/" in point.path or "/staged/" in point.path
    if what.startswith("error=") and not shared:
        return ("-f", "--seccomp-bpf")
    return () if point.whose == "main" else ("-f",)
