"""`agentpkg cache`, and a cache that is damaged: it heals or fails, and never gives out wrong bytes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agentpkg.bundle import Bundle
from agentpkg.errors import AgentpkgError, IntegrityError
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.store import RenderingStore, cache_folder, state_folder
from tests.support.cli import Cli
from tests.support.registry import BODY, Registry, git
from tests.support.tree import contents


@pytest.fixture
def installed(cli: Cli, project: Path, manifest: Path, registry: Registry) -> Path:
    """A project with one bundle of one registry."""
    registry.publish("tool").publish("other")
    cli("install", "tool")
    return project


def mirror() -> Path:
    [path] = (cache_folder() / "registries").glob("*.git")
    return path


def test_info_tells_what_there_is(cli: Cli, installed: Path) -> None:
    data = cli("cache", "info", "--json").json
    assert data["format"] == 1
    assert (data["folder"], data["state"]) == (str(cache_folder()), str(state_folder()))
    assert list(data["mirrors"]) == [mirror().name]
    assert data["mirrors"][mirror().name] == sum(one.stat().st_size for one in mirror().rglob("*") if one.is_file())
    assert data["renderings"]["number"] == 1
    assert data["renderings"]["bytes"] == (installed / ".claude/agents/tool.md").stat().st_size
    out = cli("cache", "info").out
    assert f"cache: {cache_folder()}\nstate: {state_folder()}\n1 mirrors of registries, " in out


def test_an_empty_cache_is_one_too(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(tmp_path / "nowhere"))
    assert cli("cache", "info", "--json").json["mirrors"] == {}
    assert cli("cache", "verify").out == "read 0 mirrors and 0 renderings; 0 damaged\n"
    assert cli("cache", "clean").out == "threw away 0 mirrors and 0 renderings, 0 bytes\n"
    assert not (tmp_path / "nowhere").exists()


def test_clean_throws_away_what_can_be_had_again_and_nothing_else(cli: Cli, installed: Path) -> None:
    before, seen = contents(installed), contents(state_folder())
    assert seen
    data = cli("cache", "clean", "--json").json
    assert (data["mirrors"], data["renderings"]) == (1, 1)
    assert data["bytes"] > 0
    assert not list(cache_folder().rglob("*.git"))
    assert not (cache_folder() / "renderings").exists()
    assert (contents(installed), contents(state_folder())) == (before, seen)
    cli("sync", "--check")
    (installed / ".claude/agents/tool.md").unlink()
    cli("sync")
    assert contents(installed) == before


def test_clean_leaves_what_is_not_its_own(cli: Cli, installed: Path, tmp_path: Path) -> None:
    (cache_folder() / "notes.txt").write_text("mine\n")
    (cache_folder() / "registries/notes.txt").write_text("mine\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x").write_text("mine\n")
    (cache_folder() / "renderings/ff").symlink_to(tmp_path / "elsewhere")
    cli("cache", "clean")
    assert (cache_folder() / "notes.txt").exists()
    assert (cache_folder() / "registries/notes.txt").exists()
    assert (tmp_path / "elsewhere/x").exists()


def test_verify_takes_away_what_is_damaged(cli: Cli, installed: Path) -> None:
    assert cli("cache", "verify", "--json").json == {"format": 1, "mirrors": 1, "renderings": 1, "damaged": []}
    [rendering] = [path for path in (cache_folder() / "renderings").rglob("*") if path.is_file()]
    rendering.write_bytes(rendering.read_bytes()[:-1])
    damage_objects(mirror())
    name = mirror().name
    out = cli("cache", "verify").out
    assert f"{name} was damaged, and is gone\n" in out
    assert f"renderings/{rendering.parent.name}{rendering.name[:14]} was damaged, and is gone\n" in out
    assert out.endswith("read 1 mirrors and 1 renderings; 2 damaged\n")
    assert not rendering.exists()
    cli("sync", "--check")
    (installed / ".claude/agents/tool.md").unlink()
    cli("sync")
    assert cli("cache", "verify", "--json").json["damaged"] == []


def objects(path: Path) -> list[Path]:
    """Return the files in which git keeps objects, and the way to them."""
    return sorted(one for one in (path / "objects").rglob("*") if one.is_file())


def damage_objects(path: Path) -> None:
    for one in objects(path):
        flip(one, one.stat().st_size // 2)


def flip(path: Path, position: int, bits: int = 0xFF) -> None:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[position] ^= bits
    path.write_bytes(data)


PACKED = "packed"
LOOSE = "loose"
Reading = Callable[[], Bundle]


@pytest.fixture(params=[PACKED, LOOSE])
def stored(request: pytest.FixtureRequest, registry: Registry, tmp_path: Path) -> tuple[Path, Registry, str]:
    """A copy of a mirror as it should be, the registry it is of, and the digest of the version that is asked for."""
    registry.publish("tool", body=BODY).publish("tool", "1.1.0", body=BODY.replace("10", "TEN")).publish("other")
    source = RegistrySource(url=registry.url)
    bundle = Registries({"default": source}, tmp_path).load("tool", "1.1.0")
    path = mirror()
    if request.param == PACKED:
        git(path, "repack", "-q", "-a", "-d")
        assert list(path.rglob("*.pack"))
    else:
        for pack in list(path.rglob("*.pack")):
            away = pack.rename(tmp_path / pack.name)
            with away.open("rb") as data:
                subprocess.run(["git", "unpack-objects", "-q"], cwd=path, stdin=data, check=True)
        for index in path.rglob("*.idx"):
            index.unlink()
    shutil.copytree(path, tmp_path / "good.git")
    return tmp_path / "good.git", registry, bundle.digest


def loose(path: Path, name: str) -> Path:
    """Return the file in which git keeps one object of a mirror, which `name` stands for."""
    found = git(path, "rev-parse", f"refs/agentpkg/head:{name}").strip()
    return path / "objects" / found[:2] / found[2:]


@pytest.mark.parametrize("stored", [LOOSE], indirect=True)
@pytest.mark.parametrize("name", ["agents/tool.md", "agents", "bundle.toml", ""])
def test_an_object_in_the_place_of_another_is_not_taken_for_it(
    stored: tuple[Path, Registry, str], tmp_path: Path, name: str
) -> None:
    """git itself does not look, of a file."""
    _, registry, digest = stored
    one, other = (f"bundles/tool/{version}/{name}".rstrip("/") for version in ("1.1.0", "1.0.0"))
    file, place = loose(mirror(), other), loose(mirror(), one)
    place.chmod(0o644)
    shutil.copyfile(file, place)
    if name.endswith((".md", ".toml")):  # so the test can fail
        assert len({git(mirror(), "cat-file", "-p", f"refs/agentpkg/head:{path}") for path in (one, other)}) == 1
    found = read(registry, tmp_path, offline=True)
    assert isinstance(found, AgentpkgError)
    assert found.exit_code == 5
    healed = read(registry, tmp_path, offline=False)
    assert isinstance(healed, Bundle)
    assert healed.digest == digest


@pytest.mark.parametrize("stored", [LOOSE], indirect=True)
def test_nor_where_many_are_read_together(stored: tuple[Path, Registry, str], tmp_path: Path) -> None:
    _, registry, _ = stored
    source = {"default": RegistrySource(url=registry.url)}
    asked = Registries(source, tmp_path, fresh=False, offline=True).offers("tool")
    place = loose(mirror(), "bundles/tool/1.1.0/bundle.toml")
    place.chmod(0o644)
    shutil.copyfile(loose(mirror(), "bundles/other/1.0.0/bundle.toml"), place)
    with pytest.raises(IntegrityError, match="is damaged"):
        Registries(source, tmp_path, fresh=False, offline=True).offers("tool")
    assert Registries(source, tmp_path, fresh=False).offers("tool") == asked


@pytest.mark.parametrize("stored", [LOOSE], indirect=True)
@pytest.mark.parametrize("name", ["bundles", "bundles/tool", "bundles/tool/1.1.0", "bundles/tool/yanked.toml"])
def test_what_is_gone_is_not_taken_for_what_never_was(
    stored: tuple[Path, Registry, str], tmp_path: Path, name: str
) -> None:
    """No yank and no version is forgotten because a file of the cache is."""
    _, registry, _ = stored
    registry.yank("tool", "1.1.0")
    source = {"default": RegistrySource(url=registry.url)}
    asked = [(one.version, one.yanked) for one in Registries(source, tmp_path).offers("tool")]
    assert asked == [("1.1.0", "broken"), ("1.0.0", None)]
    for pack in list(mirror().rglob("*.pack")):
        away = pack.rename(tmp_path / pack.name)
        with away.open("rb") as data:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=mirror(), stdin=data, check=True)
    loose(mirror(), name).unlink()
    with pytest.raises(IntegrityError, match="is damaged"):
        Registries(source, tmp_path, fresh=False, offline=True).offers("tool")
    healed = Registries(source, tmp_path, fresh=False).offers("tool")
    assert [(one.version, one.yanked) for one in healed] == asked


def read(registry: Registry, root: Path, *, offline: bool) -> Bundle | AgentpkgError:
    source = RegistrySource(url=registry.url)
    try:
        return Registries({"default": source}, root, fresh=False, offline=offline).load("tool", "1.1.0")
    except AgentpkgError as error:
        return error.with_traceback(None)


@pytest.mark.parametrize("offline", [True, False])
def test_a_bit_that_flipped_never_gives_wrong_bytes(
    stored: tuple[Path, Registry, str], tmp_path: Path, *, offline: bool
) -> None:
    good, registry, digest = stored
    path = mirror()
    wrong, healed, failed = [], 0, 0
    for name, position, bits in places(good):
        shutil.rmtree(path)
        shutil.copytree(good, path)
        flip(path / name, position, bits)
        found = read(registry, tmp_path, offline=offline)
        if isinstance(found, AgentpkgError):
            failed += 1
            if found.exit_code not in (5, 8):
                wrong.append((name, position, bits, f"exit {found.exit_code}: {found.message}"))
        elif found.digest != digest:
            wrong.append((name, position, bits, "other bytes"))
        else:
            healed += 1
    assert wrong == []
    assert healed > 0
    assert failed > 0 or not offline


def places(good: Path) -> list[tuple[str, int, int]]:
    """Return places to damage: some in each file of objects, with one bit or all of a byte flipped."""
    found = []
    for one in objects(good):
        size = one.stat().st_size
        steps = 12 if one.suffix in (".pack", ".idx") else 1
        for number in range(steps):
            position = (size * (2 * number + 1)) // (2 * steps)
            found.append((one.relative_to(good).as_posix(), position, 1 << (position % 8) if number % 2 else 0xFF))
    return found


@pytest.mark.parametrize("how", ["empty", "short", "gone", "folder"])
def test_a_file_of_objects_that_is_not_what_it_was_heals(cli: Cli, installed: Path, how: str) -> None:
    before = contents(installed)
    for one in objects(mirror()):
        if how == "empty":
            one.chmod(0o644)
            one.write_bytes(b"")
        elif how == "short":
            one.chmod(0o644)
            one.write_bytes(one.read_bytes()[:-25])
        else:
            one.unlink()
            if how == "folder":
                one.mkdir()
    (installed / ".claude/agents/tool.md").unlink()
    cli("sync")
    assert contents(installed) == before
    assert cli("cache", "verify", "--json").json["damaged"] == []


@pytest.mark.parametrize("command", [["update"], ["install", "other"], ["registry", "show", "default"], ["search"]])
def test_every_command_heals_or_fails_clearly(cli: Cli, installed: Path, command: list[str]) -> None:
    damage_objects(mirror())
    from agentpkg.cli import run

    cli.monkeypatch.chdir(installed)
    status = run(command)
    assert status in (0, 5, 8), cli.capsys.readouterr()
    cli("cache", "verify")
    cli(*command)


@pytest.mark.parametrize("position", [0, 1, 10, 100, -1])
def test_a_rendering_that_changed_is_none(cli: Cli, installed: Path, registry: Registry, position: int) -> None:
    """The old bytes are the base of a merge: changed ones would put lines into the user's file, or take them out."""
    [rendering] = [path for path in (cache_folder() / "renderings").rglob("*") if path.is_file()]
    digest = rendering.parent.name + rendering.name
    store = RenderingStore(cache_folder() / "renderings")
    assert store.get(digest) is not None
    flip(rendering, position, 1)
    assert store.get(digest) is None
    file = installed / ".claude/agents/tool.md"
    file.write_text(file.read_text().replace("Line 2 of", "My line two of"))
    registry.publish("tool", "1.0.1", body=BODY.replace("Line 19 of", "LINE 19 of"))
    cli("update")
    assert "My line two of" in file.read_text()
    assert "LINE 19 of" in file.read_text()


def test_a_cache_that_cannot_be_written_is_no_reason_to_fail_once_it_is_filled(
    cli: Cli, installed: Path, tmp_path: Path
) -> None:
    shutil.rmtree(cache_folder() / "renderings")
    (cache_folder() / "renderings").write_text("in the way\n")
    (installed / ".claude/agents/tool.md").unlink()
    cli("sync")
    assert (installed / ".claude/agents/tool.md").exists()
