"""The catalogue page: the steps from a registry's values to what pages show."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest

from agentpkg.bundle import Bundle, parse_bundle
from agentpkg.errors import UsageError
from agentpkg.grants import Grants
from agentpkg.hosts import HOSTS
from agentpkg.site.badge import make_badge
from agentpkg.site.data import PART, as_script, compare_data, index_parts, preview_data
from agentpkg.site.feed import list_news
from agentpkg.site.page import choose_shown, make_page
from agentpkg.site.pages import Catalogue, Pages, read_assets
from agentpkg.site.picture import look_around
from agentpkg.site.powers import TRAITS, sum_up, tell_power, traits_of
from agentpkg.site.values import Added, Around, Edition, Entry, HostView, SiteInfo
from agentpkg.sources import site_url
from tests.support.registry import agent_text

ALONE = Around(requires=(), required_by=(), picture=None)
SITE = SiteInfo(
    title="shop", description="Ours.", commit="c" * 40, maker="agentpkg 1", base_url="https://x.example/a/",
    registry="https://git.example/a.git", by_url=True,
)  # fmt: skip
TITLES = {name: host.title for name, host in HOSTS.items()}


def grants(*powers: str) -> Grants:
    return Grants(frozenset(powers))


def edition(version: str, *, tools: str = "[read]", body: str = "Do.", **more: Any) -> Edition:
    files = {
        "bundle.toml": f'[bundle]\nname = "one"\nversion = "{version}"\ndescription = "One."\n'.encode(),
        "agents/one.md": agent_text("one", tools=tools, body=body).encode(),
    }
    return Edition(version=version, bundle=parse_bundle(files, "one"), files=files, **more)


def entry(name: str, **more: Any) -> Entry:
    values = {"version": "1.0.0", "description": "D.", "keywords": (), "agents": (name,), "hosts": (), "traits": ()}
    return Entry(name=name, powers="read-only", **{**values, **more})


def handed(script: bytes) -> Any:
    """Return what a data script hands over."""
    text = script.decode("ascii")
    return json.loads(text[text.index(",") + 1 : text.rindex(")")])


@pytest.mark.parametrize(
    ("powers", "traits", "summary"),
    [
        ((), set(TRAITS), "no powers"),
        (("read", "grep"), set(TRAITS), "read-only"),
        (("read", "skill:naming"), set(TRAITS), "read-only"),
        (("read", "skill:naming/run.sh"), set(TRAITS) - {"read-only"}, "scripts"),
        (("read", "edit"), set(TRAITS) - {"read-only"}, "changes files"),
        (("web-fetch",), {"no-shell", "no-servers"}, "web"),
        (("shell",), {"no-servers"}, "any command"),
        (("shell(git *)", "write"), {"no-servers"}, "some commands, changes files"),
        (("shell(git *)", "shell"), {"no-servers"}, "any command"),
        (("mcp:docs/*",), {"no-shell"}, "MCP servers"),
        (("mcp-server:docs npx docs",), {"no-shell"}, "MCP servers"),
        (("*",), set(), "every tool"),
        (("read", "tool.mode=free"), set(TRAITS) - {"read-only"}, "host settings"),
    ],
)
def test_powers_are_summed_up_and_never_made_little_of(powers: tuple[str, ...], traits: set[str], summary: str) -> None:
    assert set(traits_of([grants("read"), grants(*powers)])) == traits
    assert sum_up([grants(*powers)]) == summary


@pytest.mark.parametrize(
    ("power", "words", "reach"),
    [
        ("*", "holds every tool that the host gives", "far"),
        ("shell", "runs any command", "far"),
        ("shell(git log *)", "runs commands that match git log *", "some"),
        ("edit(docs/*)", "changes files, within docs/*", "some"),
        ("read", "reads files", "near"),
        ("mcp:docs/*", "calls every tool of the MCP server docs", "some"),
        ("mcp-server:docs npx -y docs", "brings an MCP server: npx -y docs", "far"),
        ("skill:a/run.sh", "brings run.sh in the skill a, which may be run", "far"),
        ("tool.mode=free", "is set for tool: mode=free", "far"),
    ],
)
def test_a_power_is_told_in_words(power: str, words: str, reach: str) -> None:
    told = tell_power(power)
    assert (told.words, told.reach) == (words, reach)


def test_the_version_shown_is_the_one_that_an_install_would_choose() -> None:
    unfit = Edition(version="3.0.0", bundle=None, files={}, unfit="no")
    rows = (unfit, edition("2.1.0rc1"), edition("2.0.0", yanked="bad"), edition("1.0.0"))
    assert choose_shown(rows) == rows[3]
    assert choose_shown(rows[:3]) == rows[1]
    assert choose_shown(rows[2:3]) == rows[2]
    assert choose_shown(rows[:1]) is None


def test_versions_are_compared_with_those_that_they_must_fit() -> None:
    rows = (
        edition("2.0.0", tools="[read, shell]"),
        edition("1.1.0rc1", body="Else."),
        edition("1.0.0", added=Added(time=1_767_225_600, commit="a" * 40)),
    )
    page = make_page("one", rows, (), ALONE)
    assert [(one.version, one.before, one.reasons) for one in page.versions] == [
        ("2.0.0", "1.0.0", (("major", "one gains shell"),)),
        ("1.1.0rc1", "1.0.0", ()),
        ("1.0.0", "", ()),
    ]
    assert (page.versions[2].date, page.versions[2].commit) == ("2026-01-01", "a" * 12)
    assert not page.entry.gone
    assert make_page("one", (replace(rows[0], yanked="bad"),), (), ALONE).entry.gone


def test_only_hosts_that_hold_a_bundle_back_count() -> None:
    fine = HostView(name="a", title="A", state="narrowed", files={})
    wide = HostView(name="b", title="B", state="exact", gained=(("one", "shell"),), files={})
    page = make_page("one", (edition("1.0.0"),), (fine, wide, replace(fine, name="c", state="refused")), ALONE)
    assert page.entry.hosts == ("a",)


def test_the_picture_has_a_column_for_every_step_and_comes_to_an_end() -> None:
    requires = {"a": {"b": "~=1.0", "c": ""}, "b": {"d": ""}, "c": {"d": "", "a": ""}, "d": {}, "far": {"a": ""}}
    around = look_around("a", requires, {"a": ["far", "c"]})
    assert around.requires == (("b", "~=1.0", True), ("c", "", True))
    assert around.required_by == ("c", "far")
    assert around.picture
    columns = {node.name: node.x for node in around.picture.nodes}
    assert columns["a"] < columns["b"] == columns["c"] < columns["d"]
    assert around.picture.words == "a requires b; a requires c; b requires d; c requires a; c requires d"
    assert look_around("d", requires, {}).picture is None
    wide = {"a": {f"b{number}": "" for number in range(100)}}
    picture = look_around("a", wide, {}).picture
    assert picture
    assert (len(picture.nodes), picture.left_out) == (40, 61)
    assert not picture.nodes[1].known


def test_the_index_says_hosts_and_traits_bit_by_bit_in_parts() -> None:
    rows = [entry(f"n{number}") for number in range(PART + 1)]
    rows[0] = entry("n0", hosts=("b", "d"), traits=("no-shell", "no-network"), agents=("n0", "other"), keywords=("k",))
    parts = [handed(part) for part in index_parts(rows, ("a", "b", "c", "d"))]
    assert [len(part) for part in parts] == [PART, 1]
    assert parts[0][0] == ["n0", "1.0.0", "D.", ["k"], ["other"], 0b1010, 0b101, "read-only", 0]


def test_data_cannot_leave_its_script() -> None:
    script = as_script("index", ["</script>\u2028'\"\\\u202e é"])
    assert script.isascii()
    assert script.count(b"\n") == 1
    assert handed(script) == ["</script>\u2028'\"\\\u202e é"]


def test_versions_share_their_texts_and_tell_gains_by_the_order_of_powers() -> None:
    rows = (
        edition("2.0.0", tools="[shell]"),
        Edition(version="1.2.0", bundle=None, files={}, unfit="no"),
        edition("1.1.0", tools="[read, grep]"),
        edition("1.0.0"),
    )
    data = handed(compare_data(rows))
    assert [one["version"] for one in data["versions"]] == ["2.0.0", "1.1.0", "1.0.0"]
    assert data["changes"]["1>0"] == [["one", ["shell"], []]]
    assert data["changes"]["0>2"] == [["one", [], ["shell"]]]
    assert data["changes"]["2>1"] == [], "who may read may search as well"
    assert len(data["texts"]) == 6


def test_a_prompt_is_told_once_however_many_hosts_have_it() -> None:
    files = {"a.md": "---\nname: one\n---\n\nDo.\n", "b.json": '{"prompt": "Do\\u002e"}'}
    host = HostView(name="a", title="A", state="exact", files=files)
    page = make_page("one", (edition("1.0.0"),), (host,), ALONE)
    data = handed(preview_data(page))
    assert data["bodies"] == ["Do.\n"]
    assert data["files"]["a"] == [
        ["a.md", ["---\nname: one\n---\n\n", 0, ""]], ["b.json", ['{"prompt": "Do\\u002e"}']],
    ]  # fmt: skip


def test_the_feed_is_atom_and_has_what_is_offered_newest_first() -> None:
    added = {"one": {"1.0.0": Added(time=60, commit="a"), "1.1.0": Added(time=60, commit="a")},
             "two": {"1.0.0": Added(time=90, commit="b"), "2.0.0": Added(time=99, commit="b")}}  # fmt: skip
    entries = {"one": entry("one", description="<b> & co"), "two": entry("two")}
    news = list_news(added, entries, lambda _, version: version != "2.0.0")
    assert [(one.name, one.version) for one in news] == [("two", "1.0.0"), ("one", "1.1.0"), ("one", "1.0.0")]
    catalogue = Catalogue(entries=tuple(entries.values()), versions=3, titles=TITLES, news=news)
    feed = ET.fromstring(dict(Pages(SITE, TITLES).of_all(catalogue, 1))["feed.xml"])
    atom = "{http://www.w3.org/2005/Atom}"
    for place in (feed, *feed.iter(f"{atom}entry")):
        for one in ("id", "title", "updated"):
            assert len(place.findall(f"{atom}{one}")) == 1
    ids = [str(one.findtext(f"{atom}id")) for one in feed.iter(f"{atom}entry")]
    assert ids[0] == "https://x.example/a/bundles/two/index.html#v1.0.0"
    assert len(set(ids)) == 3
    assert feed.findtext(f"{atom}updated") == "1970-01-01T00:01:30Z"
    assert [one.findtext(f"{atom}summary") for one in feed.iter(f"{atom}entry")][1] == "<b> & co"


def test_without_an_address_there_is_no_feed() -> None:
    catalogue = Catalogue(entries=(), versions=0, titles=TITLES, news=())
    pages = dict(Pages(replace(SITE, base_url=""), TITLES).of_all(catalogue, 1))
    assert sorted(pages) == ["404.html", "index.html"]
    assert b"feed.xml" not in pages["index.html"]


def test_every_text_is_escaped_on_every_page_and_none_is_a_template() -> None:
    bad = "</pre><script>1</script>\"'{{ 7 * 7 }}{% if x %}"
    files = dict(edition("1.0.0").files)
    files["agents/one.md"] = agent_text("one", body=bad, tools="[read]").encode()
    files["README.md"] = bad.encode()
    bundle: Bundle = replace(parse_bundle(files, "one"), description=bad, license=bad, authors=(bad,), keywords=(bad,))
    shown = Edition(version="1.0.0", bundle=bundle, files=files, unfit=None)
    view = HostView(name="a", title=bad, state="narrowed", why=bad, notes=((bad, bad, bad, bad),), files={"a": bad})
    page = make_page("one", (shown, replace(shown, version="0.9.0", yanked=bad, unfit=bad)), (view,), ALONE)
    site = replace(SITE, title=bad, description=bad, registry=bad)
    pages = Pages(site, TITLES)
    catalogue = Catalogue(entries=(page.entry,), versions=1, titles=TITLES, news=())
    for made in (dict(pages.of_bundle(page, (shown,))), dict(pages.of_all(catalogue, 1))):
        for path, data in made.items():
            assert b"<script>1" not in data, path
            assert b"</pre><s" not in data, path
        assert made["index.html"].count(b"{{ 7 * 7 }}{% if x %}") > 3
        assert 0 < made["index.html"].index(b"Content-Security-Policy") < made["index.html"].index(b"<script ")


def test_a_badge_has_room_for_its_words_and_is_a_picture_of_its_own() -> None:
    short, long = make_badge("powers", "web", "#000000"), make_badge("powers", "MCP servers, web", "#000000")
    assert short.right < long.right
    page = make_page("one", (edition("1.0.0"),), (), ALONE)
    made = dict(Pages(SITE, TITLES).of_bundle(page, (edition("1.0.0"),)))
    assert ET.fromstring(made["version.svg"]).get("aria-label") == "one: 1.0.0"
    assert ET.fromstring(made["powers.svg"]).get("aria-label") == "powers: read-only"


def test_nothing_that_is_ours_reaches_for_another_place() -> None:
    for path, data in read_assets().items():
        text = data.decode().replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("// ", ""), path
        assert "url(" not in text.replace("url(#", ""), path
        assert not any(word in text for word in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(")), path


@pytest.mark.parametrize("url", ["https://x.example", "http://localhost:8000/a/b", "https://x.example/a/"])
def test_the_address_of_a_site_ends_with_a_slash(url: str) -> None:
    assert site_url(url) == url.rstrip("/") + "/"


@pytest.mark.parametrize(
    "url", ["x.example", "javascript:1", "https://x.example/?a=1", 'https://x.example/"', "https://u@x.example/"]
)
def test_what_is_no_address_of_a_folder_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        site_url(url)
