"""The manifest: every key, every error, and edits that leave the rest of the text alone."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from agentpkg.errors import UsageError
from agentpkg.manifest import (
    BUILTIN_URL,
    HostSettings,
    Manifest,
    check_hosts,
    new_manifest,
    parse_manifest,
    with_requirement,
    without_requirement,
)
from agentpkg.registry_tables import RegistrySource, with_registry
from agentpkg.requirement import FROM_PATH, Requirement
from agentpkg.sources import git_url

KNOWN = ("inn", "barn", "mill")

FULL = """\
[project]
hosts = ["inn", "barn"]

[registries.acme]
url = "https://git.acme.example/agents.git"
subfolder = "/team/agents/"
branch = "stable"

[bundles]
data-engineer = " ~=1.2 "
any-version = ""
"acme/incident-responder" = { version = ">=2", hosts = ["inn"], agents = ["triage"], as = { triage = "acme-triage" } }
bare = {}
local = { path = "bundles/local", version = "~=1.0" }

[models.inn]
strong = "inn-9"
fast = "inn-1"

[hosts.mill]
widening = "allow"

[hosts.barn]
widening = "refuse"
"""


def parse(text: str) -> Manifest:
    return parse_manifest(text, KNOWN)


def test_every_key_of_a_manifest_is_read() -> None:
    assert parse(FULL) == Manifest(
        hosts=("inn", "barn"),
        requirements={
            "data-engineer": Requirement(name="data-engineer", specifier="~=1.2"),
            "any-version": Requirement(name="any-version"),
            "acme/incident-responder": Requirement(
                name="incident-responder",
                registry="acme",
                specifier=">=2",
                hosts=("inn",),
                agents=("triage",),
                renames={"triage": "acme-triage"},
            ),
            "bare": Requirement(name="bare"),
            "local": Requirement(name="local", specifier="~=1.0", path="bundles/local"),
        },
        registries={
            "acme": RegistrySource(url="https://git.acme.example/agents.git", subfolder="team/agents", branch="stable")
        },
        settings={
            "inn": HostSettings(models={"strong": "inn-9", "fast": "inn-1"}),
            "mill": HostSettings(widening=True),
            "barn": HostSettings(),
        },
    )


def test_an_empty_manifest_asks_for_nothing() -> None:
    assert parse("") == Manifest(hosts=(), requirements={}, registries={}, settings={})


def test_settings_and_urls_that_nobody_named_are_the_defaults() -> None:
    manifest = parse(FULL)
    assert manifest.settings_of("barn") == HostSettings()
    assert parse("").settings_of("inn") == HostSettings()
    assert manifest.url_of("default") == BUILTIN_URL
    assert manifest.url_of("acme") == "https://git.acme.example/agents.git (branch stable, folder team/agents)"


def test_a_bundle_comes_from_its_path_or_from_its_registry() -> None:
    manifest = parse(FULL)
    assert manifest.paths == {"local": "bundles/local"}
    assert manifest.source_of("local") == "path::bundles/local"
    assert manifest.source_of("data-engineer") == BUILTIN_URL
    assert manifest.source_of("acme/unnamed") == manifest.url_of("acme")


def test_no_registry_has_a_url_that_reads_as_a_path_of_a_bundle() -> None:
    with pytest.raises(UsageError, match="is not a registry url"):
        git_url(f"{FROM_PATH}bundles/local", Path.cwd())


def test_the_default_registry_can_be_another() -> None:
    assert parse('[registries.default]\nurl = "../agents"\n').url_of("default") == "../agents"


def test_hosts_are_taken_once_in_their_order() -> None:
    assert parse('[project]\nhosts = ["inn", "barn", "inn"]').hosts == ("inn", "barn")


def test_limits_that_are_empty_are_not_absent() -> None:
    requirement = parse("[bundles]\naa = {hosts = [], agents = []}").requirements["aa"]
    assert (requirement.hosts, requirement.agents) == ((), ())


ERRORS = [
    ("[project", "agentpkg.toml: not valid TOML: "),
    ("<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> x\n", "agentpkg.toml holds two sides of a merge"),
    ("<<<<<<< HEAD\r\na = 1\r\n=======\r\na = 2\r\n>>>>>>> x\r\n", "agentpkg.toml holds two sides of a merge"),
    ("<<<<<<< HEAD\na = 1\n", "agentpkg.toml: not valid TOML: "),
    ("[projekt]", "agentpkg.toml: unknown key 'projekt'"),
    ("project = 1", "agentpkg.toml: [project] is a number, expected a table"),
    ("[project]\nhost = []", "agentpkg.toml: [project]: unknown key 'host'"),
    ('[project]\nhosts = "inn"', "agentpkg.toml: [project]: hosts is text, expected a list of texts"),
    ("[project]\nhosts = [1]", "agentpkg.toml: [project]: hosts[0] is a number, expected text"),
    ('[project]\nhosts = ["pub"]', "agentpkg.toml: [project] hosts: unknown host 'pub'"),
    ("[registries]\nacme = 1", "agentpkg.toml: [registries]: [acme] is a number, expected a table"),
    ("[registries.acme]", "agentpkg.toml: [registries]: [acme]: url is missing"),
    ('[registries.acme]\nurl = ""', "agentpkg.toml: [registries]: [acme]: url is empty"),
    ('[registries.acme]\nurl = "x"\ntag = "y"', "agentpkg.toml: [registries]: [acme]: unknown key 'tag'"),
    ('[registries.ACME]\nurl = "x"', "agentpkg.toml: [registries]: [ACME]: 'ACME' is not a valid name"),
    (
        '[registries.acme]\nurl = "x"\nbranch = 1',
        "agentpkg.toml: [registries]: [acme]: branch is a number, expected text",
    ),
    ("bundles = []", "agentpkg.toml: [bundles] is a list, expected a table"),
    ("[bundles]\naa = 1", "agentpkg.toml: [bundles] aa is a number, expected text or a table"),
    ("[bundles]\nAa = ''", "agentpkg.toml: [bundles] Aa: 'Aa' is not a valid name"),
    ("[bundles]\n'acme/aa' = ''", "agentpkg.toml: [bundles] acme/aa: there is no registry 'acme'"),
    ("[bundles]\n'a/b/cc' = ''", "agentpkg.toml: [bundles] a/b/cc: there is no registry 'a/b'"),
    ("[bundles]\naa = {verison = ''}", "agentpkg.toml: [bundles]: [aa]: unknown key 'verison'"),
    ("[bundles]\naa = {version = 1}", "agentpkg.toml: [bundles]: [aa]: version is a number, expected text"),
    ("[bundles]\naa = {hosts = ['pub']}", "agentpkg.toml: [bundles] aa: unknown host 'pub'"),
    ("[bundles]\naa = {agents = 'bb'}", "agentpkg.toml: [bundles]: [aa]: agents is text, expected a list of texts"),
    ("[bundles]\naa = {as = 'bb'}", "agentpkg.toml: [bundles]: [aa]: [as] is text, expected a table"),
    ("[bundles]\naa = {as = {bb = 'B'}}", "agentpkg.toml: [bundles] aa: as: 'B' is not a valid name"),
    ("[bundles]\naa = {path = 1}", "agentpkg.toml: [bundles]: [aa]: path is a number, expected text"),
    ("[bundles]\naa = {path = '../x'}", "agentpkg.toml: [bundles] aa: path: '../x' is not a folder below the project"),
    ("[models.pub]", "agentpkg.toml: [models] and [hosts]: unknown host 'pub'"),
    ("[models.inn]\nhuge = 'x'", "agentpkg.toml: [models]: [inn]: 'huge' is no tier and no model id"),
    ("[models.inn]\nstrong = 1", "agentpkg.toml: [models]: [inn]: strong is a number, expected text"),
    ("[hosts.pub]", "agentpkg.toml: [models] and [hosts]: unknown host 'pub'"),
    ("[hosts.inn]\nwide = true", "agentpkg.toml: [hosts]: [inn]: unknown key 'wide'"),
    ("[hosts.inn]\nwidening = true", "agentpkg.toml: [hosts]: [inn]: widening is true or false, expected text"),
    ("[hosts.inn]\nwidening = 'yes'", "agentpkg.toml: [hosts]: [inn]: widening is 'yes'"),
]


@pytest.mark.parametrize(("text", "message"), ERRORS, ids=[text.replace("\n", " ") for text, _ in ERRORS])
def test_what_is_wrong_in_a_manifest_is_told_with_its_key(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    if message.endswith(": "):
        assert caught.value.message.startswith(message)
    else:
        assert caught.value.message == message


def test_an_unknown_host_or_registry_is_answered_with_what_to_do() -> None:
    with pytest.raises(UsageError) as caught:
        parse('[project]\nhosts = ["pub"]')
    assert caught.value.hint == "agentpkg hosts lists those that there are"
    with pytest.raises(UsageError) as caught:
        parse("[bundles]\n'acme/aa' = ''")
    assert caught.value.hint == "add [registries.acme] with its url"


def test_one_bundle_has_one_id() -> None:
    """`default/aa` is `aa`: as two bundles they would be chosen, locked and written twice."""
    with pytest.raises(UsageError):
        parse("[registries.default]\nurl = 'x'\n[bundles]\n'default/aa' = '~=1.0'\naa = '~=2.0'")
    try:
        manifest = parse("[bundles]\n'default/aa' = ''")
    except UsageError:
        return
    assert list(manifest.requirements) == ["aa"]


def test_hosts_are_checked_without_a_manifest_too() -> None:
    assert check_hosts(("inn", "inn"), "--host", KNOWN) == ("inn",)
    with pytest.raises(UsageError, match="--host: unknown host 'pub'"):
        check_hosts(("pub",), "--host", KNOWN)


# Edits

COMMENTED = """\
# what we use
[project]   # this one
hosts = ["inn"]  # and that


[bundles] # from everywhere
# the engineer
data-engineer   =   "~=1.2"   # pinned by Kim
sql-reviewer = "~=1.0"
# the end

[hosts.inn]
widening = "refuse" # never
"""


def test_a_requirement_is_added_and_the_rest_stays_byte_for_byte() -> None:
    edited = with_requirement(COMMENTED, Requirement(name="triage", specifier="~=2.0"))
    added = [line for line in edited.splitlines() if line not in COMMENTED.splitlines()]
    assert added == ['triage = "~=2.0"']
    assert edited.replace('triage = "~=2.0"\n', "") == COMMENTED
    assert parse(edited).requirements["triage"] == Requirement(name="triage", specifier="~=2.0")


def test_a_requirement_is_replaced_in_its_place_and_its_comment_stays() -> None:
    edited = with_requirement(COMMENTED, Requirement(name="data-engineer", specifier="~=2.0"))
    assert edited == COMMENTED.replace('"~=1.2"', '"~=2.0"')


def test_a_requirement_is_taken_out_and_the_rest_stays_byte_for_byte() -> None:
    assert without_requirement(COMMENTED, "sql-reviewer") == COMMENTED.replace('sql-reviewer = "~=1.0"\n', "")


def test_a_registry_is_added_and_the_rest_stays_byte_for_byte() -> None:
    edited = with_registry(COMMENTED, "acme", RegistrySource(url="https://git.acme.example/agents.git"))
    assert edited.startswith(COMMENTED)
    assert parse(edited).registries == {"acme": RegistrySource(url="https://git.acme.example/agents.git")}


def test_a_second_registry_joins_the_first() -> None:
    one = with_registry(COMMENTED, "acme", RegistrySource(url="https://git.acme.example/a"))
    two = with_registry(one, "other", RegistrySource(url="../agents"))
    assert list(parse(two).registries) == ["acme", "other"]
    assert two.startswith(one.rstrip("\n"))


LIMITED = Requirement(
    name="triage", registry="acme", specifier=">=2", hosts=("inn",), agents=("one",), renames={"one": "two"}
)
TEXTS = {
    "new": new_manifest(("inn", "barn")),
    "empty": "",
    "no bundles": '[project]\nhosts = ["inn"]\n',
    "no last newline": '[bundles]\naa = "~=1.0"',
    "table without a last newline": "[bundles]",
    "inline table": 'bundles = {aa = "~=1.0"}\n',
    "table for each": '[bundles.aa]\nversion = "~=1.0"\n\n[project]\nhosts = ["inn"]\n',
    "commented": COMMENTED,
    "crlf": COMMENTED.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("requirement", [Requirement(name="aa", specifier=">=3"), LIMITED], ids=["plain", "limited"])
def test_an_added_requirement_is_read_back_and_taken_out_again(text: str, requirement: Requirement) -> None:
    with_source = with_registry(text, "acme", RegistrySource(url="../agents"))
    edited = with_requirement(with_source, requirement)
    before, after = parse(with_source), parse(edited)
    assert after.requirements == {**before.requirements, requirement.id: requirement}
    assert (after.hosts, after.registries, after.settings) == (before.hosts, before.registries, before.settings)
    left = {key: value for key, value in before.requirements.items() if key != requirement.id}
    assert parse(without_requirement(edited, requirement.id)).requirements == left


def test_a_manifest_with_crlf_keeps_it() -> None:
    edited = with_requirement(TEXTS["crlf"], Requirement(name="data-engineer", specifier="~=2.0"))
    assert edited == TEXTS["crlf"].replace('"~=1.2"', '"~=2.0"')


def test_a_new_manifest_names_its_hosts_and_no_bundle() -> None:
    assert new_manifest(("inn", "barn")) == '[project]\nhosts = ["inn", "barn"]\n\n[bundles]\n'
    assert parse(new_manifest(())).hosts == ()


def test_a_limited_requirement_stands_on_one_line() -> None:
    edited = with_requirement("[bundles]\n", LIMITED)
    assert edited.splitlines()[1] == (
        '"acme/triage" = {version = ">=2", hosts = ["inn"], agents = ["one"], as = {one = "two"}}'
    )
    assert tomllib.loads(edited)["bundles"]["acme/triage"]["as"] == {"one": "two"}
