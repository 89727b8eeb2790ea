"""Agents to measure with: as many as are wanted, each with a text of its own, the same on every machine."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

KINDS = ("senior", "junior", "careful", "quick", "remote", "legacy", "cloud", "edge", "mobile", "secure", "open",
         "batch", "stream", "daily", "urgent", "lean", "global", "local", "team", "field")  # fmt: skip
TOPICS = ("kafka", "postgres", "terraform", "django", "kotlin", "swift", "rust", "golang", "fortran", "cobol",
          "airflow", "spark", "redis", "nginx", "graphql", "pandas", "docker", "helm", "ansible", "webpack", "react",
          "angular", "flutter", "unity", "arduino")  # fmt: skip
ROLES = ("reviewer", "architect", "tester", "debugger", "migrator", "optimiser", "documenter", "planner", "auditor",
         "operator", "analyst", "designer", "maintainer", "builder", "teacher", "translator", "scheduler", "monitor",
         "advisor", "packager")  # fmt: skip
WORDS = ("look", "at", "the", "code", "before", "you", "change", "it", "say", "what", "found", "and", "make",
         "smallest", "that", "works", "ask", "when", "unsure", "never", "guess", "test", "first", *TOPICS)  # fmt: skip
# Canonical tools, each list with a shell: what an agent without one may do cannot be held back on every host.
TOOLS = (
    ("read", "edit", "shell"),
    ("read", "grep", "glob", "shell"),
    ("read", "write", "edit", "grep", "shell", "web-fetch"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent. `marker` stands in its prompt and in no other's, so that what was written can be told apart."""

    name: str
    description: str
    tools: tuple[str, ...]
    body: str
    marker: str


def names_of(count: int) -> list[str]:
    """Return so many names, 10,000 at the most."""
    made = ["-".join(words) for words in itertools.product(KINDS, TOPICS, ROLES)]
    random.Random(1).shuffle(made)
    return made[:count]


def make_agent(name: str, place: int, edition: int = 1) -> Agent:
    """Return an agent with a text of half a kilobyte to eight, most of them short; of an edition, for updates."""
    dice = random.Random(place)
    marker = f"This is {name}, edition {edition}."
    sections = [f"# {name}", marker]
    for number in range(1 + int(20 * dice.random() ** 2)):
        lines = [" ".join(dice.choices(WORDS, k=dice.randint(8, 16))).capitalize() + "." for _ in range(6)]
        sections += [f"## Step {number + 1}", "\n".join(lines)]
    return Agent(
        name=name,
        description=f"Use as {name.replace('-', ' ')}, number {place}.",
        tools=TOOLS[place % len(TOOLS)],
        body="\n\n".join(sections) + "\n",
        marker=marker,
    )


def make_agents(count: int) -> tuple[Agent, ...]:
    """Return so many agents."""
    return tuple(make_agent(name, place) for place, name in enumerate(names_of(count)))
