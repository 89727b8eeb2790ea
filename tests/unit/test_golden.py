"""Golden files: for every host, the bytes of a few bundles, each chosen for what hosts differ in.

`tests/golden/bundles/<case>/` holds a bundle as its author wrote it. `tests/golden/<host>/<case>/` holds every file
that the host gets of it, at its path in a project, and `notes.txt`: what could not be carried, or why nothing was
written. To write them again after a change that is meant:

    python -m tests.unit.test_golden

and read the difference. Where the bytes of a host that was released change, raise its number in `agentpkg.hosts`, so
that projects learn of it by a plan and not by surprise.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from agentpkg.bundle import Bundle, parse_bundle
from agentpkg.errors import ContentRefused
from agentpkg.hosts import HOSTS, REVISIONS
from agentpkg.manifest import HostSettings
from agentpkg.targets import Destination, Selection, render_selections

GOLDEN = Path(__file__).parent.parent / "golden"
BUNDLES = GOLDEN / "bundles"
RECORD = GOLDEN / "revisions.json"
CASES = ("plain", "reader", "full")
AGAIN = "python -m tests.unit.test_golden"
MODELS = {"strong": "provider/strong-1"}  # what a project maps, in the bundle called `full`


def read_bundle(case: str) -> Bundle:
    folder = BUNDLES / case
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return parse_bundle(files, case)


def render(host: str, case: str) -> dict[str, bytes]:
    """Return every file that the host gets of a case, by path, with `notes.txt`."""
    selection = Selection(id=case, bundle=read_bundle(case), hosts=(host,), agents=None, renames={})
    settings = {name: HostSettings(models=MODELS if case == "full" else {}) for name in HOSTS}
    try:
        rendered = render_selections([selection], Destination(hosts=HOSTS, settings=settings, user=False))
    except ContentRefused as error:
        return {"notes.txt": "\n".join(["refused", error.message, *error.details, error.hint or "", ""]).encode()}
    notes = [
        f"{one.rendering.agent}: {note.field} {note.fidelity.word}: {note.detail}\n"
        for one in rendered.placed
        for note in one.rendering.notes
    ]
    files = {path: target.content for path, target in rendered.targets.items()}
    return {**files, "notes.txt": ("".join(notes) or "exact\n").encode()}


def read_golden(host: str, case: str) -> dict[str, bytes]:
    folder = GOLDEN / host / case
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def digest_of(host: str) -> str:
    """Return one digest over all files that the host gets, and over how each field fares, which the lockfile keeps.

    The words of notes are for people, and may change.
    """
    whole = hashlib.sha256()
    for case in CASES:
        files = render(host, case)
        lines = files.pop("notes.txt").decode().splitlines()
        files["losses"] = "\n".join(sorted({line.split(": ")[1] for line in lines if ": " in line})).encode()
        for path, content in sorted(files.items()):
            whole.update(f"{case}/{path}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()


EVERY_HOST = pytest.mark.parametrize("host", HOSTS)


@pytest.mark.parametrize("case", CASES)
@EVERY_HOST
def test_a_host_gets_the_bytes_that_it_always_got(host: str, case: str) -> None:
    assert render(host, case) == read_golden(host, case), f"if this is meant: {AGAIN}"


@EVERY_HOST
def test_other_bytes_are_another_revision(host: str) -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8")).get(host, {})
    assert record, f"{host} is new: {AGAIN}"
    if digest_of(host) != record["sha256"]:
        assert REVISIONS[host] != record["revision"], (
            f"the bytes written for {host} have changed, and its revision is still {REVISIONS[host]}: raise it in "
            f"agentpkg/hosts/__init__.py (unless no release holds {record['revision']}), then run: {AGAIN}"
        )
    assert (record["revision"], record["sha256"]) == (REVISIONS[host], digest_of(host)), f"to record this: {AGAIN}"


def test_every_golden_folder_is_one_of_a_host_and_a_case() -> None:
    folders = {path.name for path in GOLDEN.iterdir() if path.is_dir()}
    assert folders == {"bundles", *HOSTS}
    assert {path.name for path in BUNDLES.iterdir()} == set(CASES)
    for host in HOSTS:
        assert {path.name for path in (GOLDEN / host).iterdir()} == set(CASES)


def write_again() -> None:
    """Write every golden file and the record of revisions as they are now."""
    for host in HOSTS:
        shutil.rmtree(GOLDEN / host, ignore_errors=True)
        for case in CASES:
            for path, content in render(host, case).items():
                file = GOLDEN / host / case / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
    record = {host: {"revision": REVISIONS[host], "sha256": digest_of(host)} for host in HOSTS}
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_again()
