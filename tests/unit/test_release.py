"""What publishing would mean: the version that a bundle gets, and why it may not be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from agentpkg.bundle import Bundle, parse_bundle
from agentpkg.errors import AgentpkgError, ContentRefused
from agentpkg.files import with_lf
from agentpkg.release import Release, choose_version, make_release
from agentpkg.resolve import Offer
from tests.support.registry import agent_text

Files = dict[str, bytes]


def files(version: str, *, requires: Mapping[str, str] | None = None, comment: str = "", **header: str) -> Files:
    lines = f'{comment}[bundle]\nname = "tool"\nversion = "{version}"\ndescription = "d"\n[requires]\n'
    lines += "".join(f'{name} = "{text}"\n' for name, text in (requires or {}).items())
    header.setdefault("tools", "[read]")
    return {"bundle.toml": lines.encode(), "agents/tool.md": agent_text("tool", **header).encode()}


class Shelf:
    """What a registry holds: versions of `tool` with their files, and other bundles by name."""

    def __init__(self, *versions: Files, others: Mapping[str, Sequence[Offer]] | None = None, **marks: str) -> None:
        self._held = {parse_bundle(one, "x").version: one for one in versions}
        self.others = dict(others or {})
        self.marks = {key.strip("v").replace("_", "."): mark for key, mark in marks.items()}

    @property
    def mine(self) -> list[Offer]:
        from packaging.version import Version

        return [
            Offer(
                version=version,
                requires=parse_bundle(self._held[version], "x").requires,
                yanked="broken" if self.marks.get(version) == "yanked" else None,
                unfit="unreadable" if self.marks.get(version) == "unfit" else None,
            )
            for version in sorted(self._held, key=Version, reverse=True)
        ]

    def offers(self, bundle: str) -> Sequence[Offer]:
        if bundle == "tool":
            return self.mine
        if bundle not in self.others:
            raise AgentpkgError(f"there is no bundle {bundle!r}")
        return self.others[bundle]

    def load(self, version: str) -> tuple[Bundle, Files]:
        assert self.marks.get(version) != "unfit"
        return parse_bundle(self._held[version], "x"), self._held[version]

    def release(self, of: Files) -> Release:
        names = [*self.others, *(["tool"] if self._held else [])]
        return make_release(of, self.mine, self.load, names, self)

    def choose(self, of: Files, bump: str) -> str:
        return parse_bundle(choose_version(of, self.mine, self.load, bump), "x").version


def refusal(shelf: Shelf, of: Files) -> str:
    with pytest.raises(ContentRefused) as caught:
        shelf.release(of)
    return "\n".join([caught.value.message, *caught.value.details, caught.value.hint or ""])


def test_the_first_version_is_free() -> None:
    release = Shelf().release(files("7.3.1rc2"))
    assert (release.same, release.comparison.before, release.warnings) == (False, None, ())


@pytest.mark.parametrize(
    ("held", "new", "tools", "before"),
    [
        (["1.0.0"], "1.0.1", "[read]", "1.0.0"),
        (["1.0.0"], "2.0.0", "[read, shell]", "1.0.0"),
        (["1.0.0"], "2.0.0rc1", "[read, shell]", "1.0.0"),
        (["1.0.0"], "1.0.1", "[read, shell]", None),
        (["1.0.0"], "1.1.0", "[read, shell]", None),
        (["1.0.0"], "1.1.0rc1", "[read, shell]", None),
        (["1.0.0", "2.0.0"], "1.0.1", "[read]", "1.0.0"),
        (["1.0.0", "2.0.0"], "1.0.1", "[read, shell]", None),
        (["1.0.0", "2.0.0"], "1.1.0", "[read, shell]", None),
        (["1.0.0", "2.0.0"], "0.9.0", "[read, shell]", ""),
        (["1.0.0rc1"], "1.0.0", "[read, shell]", "1.0.0rc1"),
        (["1.0.0rc1"], "1.0.0rc2", "[read, shell]", "1.0.0rc1"),
        (["1.0.0", "2.0.0rc1"], "2.0.0", "[read, shell]", "1.0.0"),
        (["1.0.0", "1.1.0rc1"], "1.1.0", "[read, shell]", None),
        (["1.0.0", "1.1.0rc1"], "1.1.0rc2", "[read, shell]", None),
    ],
)
def test_a_version_is_measured_on_the_final_one_before_it(
    held: list[str], new: str, tools: str, before: str | None
) -> None:
    shelf = Shelf(*(files(version) for version in held))
    if before is None:
        told = refusal(shelf, files(new, tools=tools))
        assert "tool gains shell" in told
        assert f"{new} is too small a step from 1.0.0; this is a major change" in told
        assert "publish it as 2.0.0" in told
    else:
        assert shelf.release(files(new, tools=tools)).comparison.before == (before or None)


def test_a_version_that_was_yanked_or_cannot_be_read_is_passed_over() -> None:
    """But where nothing else came before, a yanked one counts: some have it locked."""
    wide = "[read, shell]"
    shelf = Shelf(files("1.0.0"), files("1.1.0", tools=wide), v1_1_0="yanked")
    assert "tool gains shell" in refusal(shelf, files("1.1.1", tools=wide))
    shelf = Shelf(files("1.0.0"), files("1.1.0", tools=wide), v1_1_0="unfit")
    assert "tool gains shell" in refusal(shelf, files("1.1.1", tools=wide))
    for others in ((), (files("2.0.0", tools=wide),)):
        shelf = Shelf(files("1.0.0"), *others, v1_0_0="yanked")
        assert "tool gains shell" in refusal(shelf, files("1.0.1", tools=wide))
    assert Shelf(files("1.0.0"), v1_0_0="unfit").release(files("1.0.1", tools=wide)).comparison.before is None


def test_the_same_content_under_the_same_number_is_the_same() -> None:
    shelf = Shelf(files("1.0.0"), others={})
    assert shelf.release(files("1.0.0")).same
    assert not shelf.release(files("1.0.0", body="Other.")).same
    assert shelf.release(files("1.0.0", body="Other.")).comparison.before == "1.0.0"
    assert Shelf(files("1.0.0"), v1_0_0="yanked").release(files("1.0.0")).same


@pytest.mark.parametrize(
    ("bump", "now", "version"),
    [
        ("auto", files("1.2.3", body="x"), "1.2.4"),
        ("auto", files("1.2.3", model="fast"), "1.3.0"),
        ("auto", files("1.2.3", tools="[shell]"), "2.0.0"),
        ("auto", files("1.2.4", body="x"), "1.2.4"),
        ("auto", files("1.2.9", body="x"), "1.2.9"),
        ("auto", files("4.0.0", body="x"), "4.0.0"),
        ("auto", files("1.2.4", model="fast"), "1.3.0"),
        ("auto", files("1.0.0", body="x"), "1.2.4"),
        ("auto", files("2.0.0rc1", tools="[shell]"), "2.0.0rc1"),
        ("auto", files("1.2.3"), "1.2.3"),
        ("auto", files("9.0.0"), "1.2.3"),
        ("patch", files("1.2.3", body="x"), "1.2.4"),
        ("minor", files("1.2.3", body="x"), "1.3.0"),
        ("major", files("1.2.3", body="x"), "2.0.0"),
        ("major", files("7.0.0", body="x"), "2.0.0"),
        ("patch", files("1.2.3"), "1.2.3"),
    ],
)
def test_a_number_is_chosen_by_what_changed(bump: str, now: Files, version: str) -> None:
    assert Shelf(files("1.2.3"), files("1.0.0"), files("2.0.0a1")).choose(now, bump) == version


@pytest.mark.parametrize(
    ("bump", "now"), [("patch", files("1.0.0", model="fast")), ("minor", files("1.0.0", tools="[shell]"))]
)
def test_a_level_that_is_too_small_is_refused(bump: str, now: Files) -> None:
    with pytest.raises(ContentRefused, match=f"--bump {bump} is too small a step from 1.0.0"):
        Shelf(files("1.0.0")).choose(now, bump)


def test_a_number_that_is_taken_is_never_chosen() -> None:
    held = [files("1.0.0"), files("1.0.1", body="a"), files("1.0.2", body="b"), files("1.1.0", model="fast")]
    shelf = Shelf(*held, v1_0_1="yanked", v1_0_2="yanked", v1_1_0="yanked")
    assert shelf.choose(files("1.0.0", body="c"), "auto") == "1.0.3"
    assert shelf.choose(files("1.0.2", body="c"), "auto") == "1.0.3"
    assert shelf.choose(files("1.1.0", model="strong"), "auto") == "1.2.0"
    everything = Shelf(*held, v1_0_0="yanked", v1_0_1="yanked", v1_0_2="yanked", v1_1_0="yanked")
    assert everything.choose(files("1.0.0", body="c"), "minor") == "1.2.0"


def test_what_the_author_wrote_around_the_number_stays() -> None:
    now = files("1.0.0", comment="# Ours.\n", body="x")
    chosen = choose_version(now, Shelf(files("1.0.0")).mine, Shelf(files("1.0.0")).load, "auto")
    assert chosen["bundle.toml"] == now["bundle.toml"].replace(b'"1.0.0"', b'"1.0.1"')
    assert {path: data for path, data in chosen.items() if path != "bundle.toml"} == {
        "agents/tool.md": now["agents/tool.md"]
    }


def test_a_comment_that_changed_is_a_change() -> None:
    assert Shelf(files("1.0.0")).choose(files("1.0.0", comment="# Ours.\n"), "auto") == "1.0.1"


def offer(version: str, **requires: str) -> Offer:
    return Offer(version=version, requires=requires)


@pytest.mark.parametrize(
    ("requires", "told"),
    [
        ({"nowhere": ""}, "requires what this registry cannot give: there is no bundle 'nowhere'"),
        ({"base": ">=3"}, "requires what this registry cannot give: no version of base is what is asked for"),
        ({"tool": ""}, "tool requires itself"),
        ({"ring": ""}, "bundles require each other in a circle"),
        ({"early": ""}, "no version of early is what is asked for"),
        ({"base": "~=1.0", "pinned": ""}, "no version of base is what everybody wants"),
    ],
)
def test_requirements_that_cannot_be_met(requires: dict[str, str], told: str) -> None:
    others = {
        "base": [offer("2.0.0"), offer("1.0.0")],
        "ring": [offer("1.0.0", tool="")],
        "early": [offer("1.0.0rc1")],
        "pinned": [offer("1.0.0", base="~=2.0")],
    }
    shelf = Shelf(others=others)
    assert told in refusal(shelf, files("1.0.0", requires=requires))
    shelf.release(files("1.0.0", requires={"base": "~=1.0", "early": ">=1.0.0rc1"}))


def test_a_secret_is_refused_before_all_else() -> None:
    told = refusal(Shelf(files("1.0.0")), {**files("1.0.0"), "README.md": b"AKIA" + b"Z3Q9W7E1R5T8Y2U6\n"})
    assert "README.md: line 1 holds an AWS access key" in told
    assert "Z3Q9W7E1" not in told


def test_what_an_author_should_look_at_is_warned_of() -> None:
    shelf = Shelf(files("1.0.0"), files("2.0.0"), files("3.0.0rc1"), others={"toool": [offer("1.0.0")]})
    assert shelf.release(files("1.0.1")).warnings == (
        "3.0.0rc1 is newer and published already; 1.0.1 will not be the newest version",
    )
    assert Shelf(others={"toool": [], "other": []}).release(files("1.0.0")).warnings == ("tool looks like toool",)
    assert shelf.release(files("4.0.0")).warnings == ()


def test_line_endings_are_those_of_the_registry() -> None:
    assert with_lf({"a": b"1\r\n2\n3\r4\r\n"}) == {"a": b"1\n2\n3\r4\n"}
