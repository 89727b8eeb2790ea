"""Names, versions and requirements as a person types them."""

from __future__ import annotations

import pytest
from packaging.version import Version

from agentpkg.errors import ContentRefused, UsageError
from agentpkg.requirement import (
    Requirement,
    bundle_id,
    check_name,
    check_specifier,
    is_final,
    is_pinned,
    is_version,
    parse_requirement,
    split_id,
)


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("data-engineer", Requirement(name="data-engineer")),
        (" data-engineer ", Requirement(name="data-engineer")),
        ("data-engineer~=1.2", Requirement(name="data-engineer", specifier="~=1.2")),
        ("data-engineer ~=1.2", Requirement(name="data-engineer", specifier="~=1.2")),
        ("data-engineer>=2,<3", Requirement(name="data-engineer", specifier=">=2,<3")),
        ("data-engineer!=1.0.0", Requirement(name="data-engineer", specifier="!=1.0.0")),
        ("data-engineer@1.2.0", Requirement(name="data-engineer", specifier="==1.2.0")),
        ("data-engineer @ 1.2.0", Requirement(name="data-engineer", specifier="==1.2.0")),
        ("acme/triage", Requirement(name="triage", registry="acme")),
        ("acme/triage>=2", Requirement(name="triage", registry="acme", specifier=">=2")),
        ("default/triage", Requirement(name="triage")),
    ],
)
def test_a_requirement_is_read_as_it_is_typed(text: str, requirement: Requirement) -> None:
    assert parse_requirement(text) == requirement


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a requirement"),
        ("~=1.2", "'~=1.2' is not a requirement"),
        ("Data", "requirement 'Data': 'Data' is not a valid name"),
        ("data_engineer", "requirement 'data_engineer': 'data_engineer' is not a valid name"),
        ("../evil", "requirement '../evil': '..' is not a valid name"),
        ("a/b/c", "requirement 'a/b/c': 'b' is not a valid name"),
        ("aa/bb/cc", "requirement 'aa/bb/cc': '/cc' is not a version specifier"),
        ("ACME/triage", "requirement 'ACME/triage': 'ACME' is not a valid name"),
        ("data-engineer^1.2", "requirement 'data-engineer^1.2': 'data-engineer^1.2' is not a valid name"),
        ("data-engineer 1.2", "requirement 'data-engineer 1.2': '1.2' is not a version specifier"),
        ("data-engineer@", "requirement 'data-engineer@': '==' is not a version specifier"),
        ("data-engineer@latest", "requirement 'data-engineer@latest': '==latest' is not a version specifier"),
        ("data-engineer=1.2", "requirement 'data-engineer=1.2': '=1.2' is not a version specifier"),
        ("-x", "requirement '-x': '-x' is not a valid name"),
    ],
)
def test_what_is_no_requirement_is_told(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_requirement(text)
    assert caught.value.message == message


@pytest.mark.parametrize("name", ["aa", "a1", "data-engineer", "a-1-b", "a" * 50])
def test_a_name_is_words_of_lower_case_letters_and_digits(name: str) -> None:
    assert check_name(name, "a.md") == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "a" * 51,
        "A",
        "Aa",
        "1a",
        "-a",
        "a-",
        "a--b",
        "a_b",
        "a.b",
        "a b",
        "a/b",
        "..",
        "aa\n",
        "\u00e6\u00f8",
        "a\u0661",
        "aa ",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ContentRefused) as caught:
        check_name(name, "a.md", ContentRefused)
    assert caught.value.message == f"a.md: {name!r} is not a valid name"


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "lpt9"])
def test_names_of_devices_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is a device name on Windows"):
        check_name(name, "a.md")


@pytest.mark.parametrize("text", ["0.0.0", "1.2.0", "10.20.30", "2.0.0a1", "2.0.0b0", "2.0.0rc12"])
def test_a_version_is_three_numbers_and_an_optional_pre_release(text: str) -> None:
    assert is_version(text)
    assert str(Version(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "01.2.3",
        "1.02.3",
        "v1.2.3",
        "1.2.3-rc1",
        "1.2.3.rc1",
        "1.2.3rc",
        "1.2.3rc01",
        "1.2.3.post1",
        "1.2.3.dev0",
        "1!1.2.3",
        "1.2.3+local",
        "1.2.3\n",
        " 1.2.3",
        "1.1\u0661.0",
        "..",
        "1.2.x",
    ],
)
def test_other_versions_are_refused(text: str) -> None:
    assert not is_version(text)


@pytest.mark.parametrize(
    ("text", "final"), [("1.2.0", True), ("1.2.0rc1", False), ("1.2.0a0", False), ("latest", False)]
)
def test_a_pre_release_is_not_final(text: str, final: bool) -> None:
    assert is_final(text) is final


@pytest.mark.parametrize(
    ("registry", "name", "bundle"), [("default", "triage", "triage"), ("acme", "triage", "acme/triage")]
)
def test_an_id_holds_the_registry_unless_it_is_the_default(registry: str, name: str, bundle: str) -> None:
    assert bundle_id(registry, name) == bundle
    assert split_id(bundle) == (registry, name)
    assert Requirement(name=name, registry=registry).id == bundle


def test_a_specifier_is_checked_with_the_error_of_its_file() -> None:
    assert check_specifier("~=1.2", "a.toml") == "~=1.2"
    assert check_specifier("", "a.toml") == ""
    with pytest.raises(ContentRefused) as caught:
        check_specifier("^1.2", "bundle.toml: [requires] sql", ContentRefused)
    assert caught.value.message == "bundle.toml: [requires] sql: '^1.2' is not a version specifier"
    assert caught.value.hint == "write it as ~=1.2, >=1.2,<3 or ==1.2.0"


@pytest.mark.parametrize(
    ("specifier", "pinned"),
    [
        ("==1.2.0", True),
        (" == 2.0.0rc1", True),
        ("", False),
        ("~=1.2", False),
        (">=1.2", False),
        ("==1.*", False),
        ("==1.2.0,!=1.3", False),
        ("===1.2.0", False),
    ],
)
def test_a_requirement_is_pinned_if_it_lets_in_one_version(specifier: str, pinned: bool) -> None:
    assert is_pinned(specifier) is pinned
