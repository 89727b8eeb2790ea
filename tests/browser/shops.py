"""Registries whose sites are looked at: the one that ships, one of hostile texts, and one of ten thousand bundles."""

from __future__ import annotations

import shutil
from itertools import product
from pathlib import Path

from agentpkg.hosts import HOSTS
from agentpkg.ops.session import Options
from agentpkg.ops.site import Asked, make_site
from agentpkg.site.data import index_parts
from agentpkg.site.pages import Catalogue, Pages, read_assets
from agentpkg.site.values import Entry, SiteInfo
from tests.support.registry import Registry, agent_text, git

SHIPPED = Path(__file__).parents[2] / "registry"
BASE = "https://agents.example.com/catalogue/"
URL = "https://git.example.com/agents.git"
_WORDS = (
    ("senior", "junior", "careful", "quick", "remote", "legacy", "cloud", "edge", "mobile", "secure", "open", "batch",
     "stream", "daily", "urgent", "lean", "global", "local", "team", "field"),
    ("kafka", "postgres", "terraform", "django", "kotlin", "swift", "rust", "golang", "fortran", "cobol", "airflow",
     "spark", "redis", "nginx", "graphql", "pandas", "docker", "helm", "ansible", "webpack", "react", "angular",
     "flutter", "unity", "arduino"),
    ("reviewer", "architect", "tester", "debugger", "migrator", "optimiser", "documenter", "planner", "auditor",
     "operator", "analyst", "designer", "maintainer", "builder", "teacher", "translator", "scheduler", "monitor",
     "advisor", "packer"),
)  # fmt: skip
# What a page must show letter by letter. Each would do something if a template, a script or an address believed it.
HOSTILE = (
    "<script>window.broken = 1</script>",
    "</script><script>window.broken = 2</script>",
    "<img src=x onerror='window.broken = 3'>",
    '"><svg onload="window.broken = 4">',
    "{{ 7 * 7 }} {% raw %} ${7 * 7} #{7 * 7} <%= 7 * 7 %>",
    "' onmouseover='window.broken = 5' x='",
    "</pre></title></style></textarea><h1>taken over</h1>",
    "javascript:window.broken=6",
    "&lt;script&gt; &amp;amp; ]]> <!-- -->",
    "<iframe src='https://elsewhere.example/'></iframe>",
    "<meta http-equiv=refresh content='0;url=https://elsewhere.example/'>",
    "קרא את זה مرحبا",
)
PROMPT = "\n\n".join(HOSTILE)


def make_shipped(folder: Path) -> Path:
    """Make the site of the registry that ships, each version published on a day of its own."""
    repository = folder / "shipped"
    repository.mkdir()
    git(repository, "init", "-q", ".")
    shutil.copy(SHIPPED / "registry.toml", repository)
    versions = sorted(one.parent.relative_to(SHIPPED) for one in SHIPPED.rglob("bundle.toml"))
    for number, version in enumerate(versions, 1):
        shutil.copytree(SHIPPED / version, repository / version)
        for yanked in (SHIPPED / version.parent).glob("*.toml"):
            shutil.copy(yanked, repository / version.parent)
        git(repository, "add", "-A")
        git(repository, "commit", "-q", "-m", str(version), date=f"2026-03-{number:02}T09:00:00Z")
    out = folder / "shipped-site"
    make_site(Asked(where=str(repository), base_url=BASE, registry_url=URL), out, Options())
    return out


def make_hostile(folder: Path) -> Path:
    """Make the site of a registry whose texts want to be more than texts, with a version that cannot be read."""
    registry = Registry(folder / "hostile").start()
    quoted = [text.replace("\\", "\\\\").replace('"', '\\"') for text in HOSTILE]
    (registry.folder / "registry.toml").write_text(
        f'format = 1\nname = "{quoted[1]}"\ndescription = "{quoted[0]}{quoted[3]}"\n', encoding="utf-8"
    )
    toml = 'license = "{}"\nauthors = ["{}", "{}"]\nkeywords = [{}]\n'.format(
        quoted[2], quoted[0], quoted[5], ", ".join(f'"{one}"' for one in quoted)
    )
    for version, body in (("1.0.0", "Old.\n\n" + PROMPT), ("1.1.0", PROMPT)):
        place = registry.folder / "bundles" / "bad-words" / version
        registry.publish(
            "bad-words", version, files={"agents/bad-words.md": agent_text("bad-words", body=body, tools="[read]",
            description='"' + quoted[3] + '"'), "README.md": PROMPT},
        )  # fmt: skip
        about = (place / "bundle.toml").read_text().replace("[requires]\n", "")
        (place / "bundle.toml").write_text(
            about.replace('description = "The bad-words bundle."', f'description = "{quoted[1]}{quoted[4]}"\n{toml}')
            + '[requires]\nother = ">=1"\ngone = ""\n',
            encoding="utf-8",
        )
        registry.commit()
    registry.publish("bad-words", "1.2.0", files={"agents/bad-words.md": agent_text("bad-words", body="A \u202e B")})
    registry.publish("other", requires={"third": ">=1"}).publish("third").publish("third", "1.0.1")
    registry.yank("third", "1.0.1", HOSTILE[0].replace('"', "'"))
    out = folder / "hostile-site"
    make_site(Asked(where=registry.url), out, Options())
    return out


def make_large(folder: Path) -> Path:
    """Make what a site of ten thousand bundles shows of all of them together, without a page for each."""
    site = SiteInfo(
        title="large", description="", commit="0" * 40, maker="agentpkg", base_url="", registry=URL, by_url=True
    )
    titles = {name: host.title for name, host in HOSTS.items()}
    hosts = tuple(titles)
    entries = [
        Entry(
            name=name,
            version="1.2.0",
            description=f"Works as {name.replace('-', ' ')}, and says what it found.",
            keywords=tuple(name.split("-")),
            agents=(name, f"{name}-two"),
            hosts=hosts[: 1 + number % len(hosts)],
            traits=("no-shell",) if number % 3 else (),
            powers="read-only" if number % 3 else "any command",
        )
        for number, name in enumerate(sorted("-".join(words) for words in product(*_WORDS)))
    ]
    parts = tuple(index_parts(entries, hosts))
    pages = Pages(site, titles).of_all(
        Catalogue(entries=entries, versions=len(entries), titles=titles, news=()), len(parts)
    )
    data = ((f"data/index-{number}.js", part) for number, part in enumerate(parts))
    out = folder / "large-site"
    for path, content in (*read_assets().items(), *data, *pages):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(content)
    return out
