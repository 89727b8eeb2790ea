"""Good files pass in real editors, and what is wrong with bad ones is underlined there."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.editors.place import FOLDER, TAPLO
from tests.unit.test_schemas import (
    AGENT,
    BUNDLE,
    BUNDLES,
    LOCKFILE,
    MODELS,
    OVERRIDES,
    REGISTRIES,
    REGISTRY,
    YANKED,
    toml,
)

pytestmark = pytest.mark.editors
SCHEMAS = Path(__file__).parent.parent.parent / "docs" / "schemas"
# By schema: what is wrong in a file, and what an editor says of it.
BAD_TOML = {
    "manifest": {
        '[project]\nhosts = ["claud"]\n': "is not one of",
        "[projekt]\n": "'projekt' was unexpected",
        '[bundles]\naa = {verison = "1"}\n': "is not valid under any",
        '[bundles]\nAa = ""\n': "does not match",
        '[registries.acme]\nbranch = "b"\n': '"url" is a required property',
        '[registries.acme]\nurl = "x"\nref = "v1"\n': "v1",
        '[registries.acme]\nurl = "x"\nmax_file_bytes = 0\n': "is less than the minimum of 1",
        '[models.codex]\nstrnog = "x"\n': "'strnog' was unexpected",
        '[overrides.aa.hosts.claude]\ncolor = "mauve"\n': "is not one of",
        "[overrides.aa.agents.bb]\ntools = ['Read']\n": "is not valid under any",
    },
    "bundle": {
        '[bundle]\nname = "aa"\nversion = "1.2"\ndescription = "x"\n': "does not match",
        '[bundle]\nname = "aa"\nversion = "1.2.0"\n': '"description" is a required property',
        '[bundle]\nname = "aa"\nversion = "1.2.0"\ndescription = "x"\n[mcp.m]\nenv = ["a b"]\n': "does not match",
        '[bundle]\nname = "aa"\nversion = "1.2.0"\ndescription = "x"\n[requires]\nbb = "latest"\n': "does not match",
    },
    "registry": {'format = 2\nname = "x"\n': "is greater than the maximum of 1"},
    "yanked": {'"1.0.0" = ""\n': "does not match"},
}
GOOD_TOML = {
    "manifest": [REGISTRIES, BUNDLES, OVERRIDES, MODELS],
    "bundle": [BUNDLE],
    "registry": [REGISTRY],
    "yanked": [YANKED],
}


def taplo(folder: Path, *files: str) -> tuple[int, str]:
    done = subprocess.run([TAPLO, "check", *files], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", GOOD_TOML)
def test_taplo_takes_what_is_good_and_underlines_what_is_bad(name: str, tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_bytes((SCHEMAS / f"{name}.json").read_bytes())
    for number, document in enumerate(GOOD_TOML[name]):
        (tmp_path / f"good{number}.toml").write_text(f"#:schema ./schema.json\n{toml(document)}", encoding="utf-8")
    for number, source in enumerate(BAD_TOML[name]):
        (tmp_path / f"bad{number}.toml").write_text(f"#:schema ./schema.json\n{source}", encoding="utf-8")
    code, said = taplo(tmp_path, *(path.name for path in sorted(tmp_path.glob("good*"))))
    assert code == 0, said
    _, said = taplo(tmp_path, *(path.name for path in sorted(tmp_path.glob("bad*"))))
    parts = re.findall(r"(?ms)^error: ([^\n]*)\n\s*┌─ \S*?(bad\d+)\.toml", said)
    for number, (source, expected) in enumerate(BAD_TOML[name].items()):
        told = [message for message, file in parts if file == f"bad{number}"]
        assert any(expected in message for message in told), (source, told)


def test_taplo_finds_schemas_by_the_rules_that_the_page_shows(tmp_path: Path) -> None:
    page = (SCHEMAS.parent / "schemas.md").read_text(encoding="utf-8")
    rules = re.findall(r'(?ms)^```toml title="\.taplo\.toml"\n(.*?)^```$', page)[0]
    (tmp_path / ".taplo.toml").write_text(rules, encoding="utf-8")
    (tmp_path / ".schemas").mkdir()
    for name in ("manifest", "bundle"):
        (tmp_path / ".schemas" / f"{name}.json").write_bytes((SCHEMAS / f"{name}.json").read_bytes())
    (tmp_path / "agentpkg.toml").write_text('[project]\nhosts = ["claude"]\n', encoding="utf-8")
    assert taplo(tmp_path)[0] == 0
    (tmp_path / "agentpkg.toml").write_text('[project]\nhosts = ["claud"]\n', encoding="utf-8")
    code, said = taplo(tmp_path)
    assert code == 1
    assert '"claud" is not one of' in said


def look(form: str, schema: str, *files: Path) -> list[list[str]]:
    """Return what the service behind VS Code says of each file."""
    script = Path(__file__).parent / "look.mjs"
    command = ["node", str(script), form, str(SCHEMAS / f"{schema}.json"), *map(str, files)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=True)
    said: dict[str, list[str]] = json.loads(done.stdout)
    return [said[str(file)] for file in files]


def test_vs_code_takes_a_good_lockfile_and_underlines_a_bad_one(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    broken: dict[str, Any] = copy.deepcopy(LOCKFILE)
    broken["format"] = 2
    broken["files"]["/etc\\x"] = {"bundle": "aa", "item": "elsewhere/x.md"}
    good.write_text(json.dumps(LOCKFILE), encoding="utf-8")
    bad.write_text(json.dumps(broken), encoding="utf-8")
    nothing, found = look("json", "lockfile", good, bad)
    assert nothing == []
    assert "Value is above the maximum of 1." in found
    assert 'Missing property "sha256".' in found
    assert sum("does not match the pattern" in one for one in found) == 2


def test_vs_code_takes_a_good_header_and_underlines_a_bad_one(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(yaml.safe_dump(AGENT) + "# 0.1 and true as an editor reads them\n", encoding="utf-8")
    bad.write_text("name: Data\ntools: [Read]\nhosts:\n  claude: {colour: cyan}\n", encoding="utf-8")
    nothing, found = look("yaml", "agent", good, bad)
    assert nothing == []
    assert 'Missing property "description".' in found
    assert "Property colour is not allowed." in found
    assert any("does not match the pattern" in one for one in found)


@pytest.mark.parametrize("name", sorted(path.stem for path in SCHEMAS.glob("*.json")))
def test_vs_code_understands_every_schema(name: str, tmp_path: Path) -> None:
    """A schema that it cannot use, for a pattern that it does not know, it tells of in each file."""
    documents = {"agent": [AGENT], "lockfile": [LOCKFILE], **GOOD_TOML}[name]
    files = [tmp_path / f"{number}.json" for number in range(len(documents))]
    for file, document in zip(files, documents, strict=True):
        file.write_text(json.dumps(document), encoding="utf-8")
    assert look("json", name, *files) == [[] for _ in files]
