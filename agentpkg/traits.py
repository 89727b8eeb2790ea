"""What a project is made of, told by the names of its files and what they depend on, and the bundles that fit it."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# By name of a file or folder, or by its ending: the words that bundles for such projects have among their keywords.
_BY_NAME = {
    "dbt_project.yml": "dbt sql analytics modelling warehouse",
    "airflow.cfg": "airflow pipelines etl data",
    "dags": "airflow pipelines etl data",
    "prefect.yaml": "pipelines etl data",
    "dagster.yaml": "pipelines etl data",
    "profiles.yml": "dbt warehouse",
    "pyproject.toml": "python",
    "requirements.txt": "python",
    "setup.py": "python",
    "manage.py": "python django backend",
    "package.json": "javascript",
    "tsconfig.json": "typescript javascript",
    "next.config.js": "nextjs react frontend",
    "next.config.ts": "nextjs react frontend",
    "angular.json": "angular frontend",
    "Cargo.toml": "rust",
    "go.mod": "go",
    "pom.xml": "java maven",
    "build.gradle": "java gradle",
    "build.gradle.kts": "kotlin gradle",
    "Gemfile": "ruby",
    "composer.json": "php",
    "mix.exs": "elixir",
    "Package.swift": "swift",
    "pubspec.yaml": "dart flutter mobile",
    "CMakeLists.txt": "cpp c",
    "Dockerfile": "docker containers",
    "docker-compose.yml": "docker containers",
    "compose.yaml": "docker containers",
    "Chart.yaml": "kubernetes helm",
    "kustomization.yaml": "kubernetes",
    "Jenkinsfile": "ci",
    "workflows": "ci",
    "openapi.yaml": "api openapi",
    "openapi.json": "api openapi",
    "schema.prisma": "prisma sql backend",
    "mkdocs.yml": "documentation",
    "conf.py": "documentation",
}
_BY_ENDING = {
    ".sql": "sql",
    ".py": "python",
    ".ipynb": "notebooks data python",
    ".ts": "typescript",
    ".tsx": "typescript react frontend",
    ".jsx": "javascript react frontend",
    ".vue": "vue frontend",
    ".svelte": "svelte frontend",
    ".rs": "rust",
    ".go": "go",
    ".java": "java",
    ".kt": "kotlin",
    ".rb": "ruby",
    ".php": "php",
    ".cs": "csharp dotnet",
    ".csproj": "csharp dotnet",
    ".swift": "swift",
    ".tf": "terraform infrastructure",
    ".proto": "grpc api",
    ".graphql": "graphql api",
    ".avsc": "avro streaming events",
    ".r": "r statistics data",
}
# By what a file of dependencies names.
_BY_DEPENDENCY = {
    "airflow": "airflow pipelines etl data",
    "dagster": "pipelines etl data",
    "prefect": "pipelines etl data",
    "dbt": "dbt sql analytics modelling warehouse",
    "pandas": "data analytics python",
    "polars": "data analytics",
    "pyspark": "spark data etl pipelines",
    "sqlalchemy": "sql backend",
    "snowflake": "warehouse sql data",
    "bigquery": "warehouse sql data",
    "duckdb": "sql data analytics",
    "kafka": "kafka streaming events",
    "kafkajs": "kafka streaming events",
    "flink": "streaming real-time events",
    "debezium": "cdc streaming events",
    "django": "django backend",
    "fastapi": "api backend",
    "flask": "api backend",
    "torch": "machine-learning",
    "tensorflow": "machine-learning",
    "scikit": "machine-learning data",
    "react": "react frontend",
    "vue": "vue frontend",
    "svelte": "svelte frontend",
    "next": "nextjs react frontend",
    "express": "api backend",
    "playwright": "testing browser",
    "cypress": "testing browser",
    "pytest": "testing",
    "jest": "testing",
    "vitest": "testing",
    "terraform": "terraform infrastructure",
}
DEPENDENCY_FILES = frozenset(
    {
        "pyproject.toml", "requirements.txt", "Pipfile", "package.json", "go.mod", "Cargo.toml", "pom.xml", "Gemfile",
        "build.gradle", "build.gradle.kts", "docker-compose.yml", "compose.yaml", "packages.yml", "composer.json",
    }
)  # fmt: skip
MOST_PROPOSED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A bundle that fits a project: its id, newest version and description, and by which words and files it fits."""

    id: str
    version: str
    description: str
    because: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A bundle that a registry offers: the newest version, what it says of itself, and its keywords."""

    id: str
    version: str
    description: str
    keywords: tuple[str, ...]


def find_traits(paths: Iterable[str], texts: Mapping[str, str]) -> dict[str, str]:
    """Return words that say what a project is about, each with the file that says so.

    `paths` are files and folders below the project, `texts` the contents of those that name dependencies, by path.
    """
    found: dict[str, str] = {}
    for path in sorted(paths, key=lambda one: (one.count("/"), one)):
        place = PurePosixPath(path)
        for words in (_BY_NAME.get(place.name, ""), _BY_ENDING.get(place.suffix.lower(), "")):
            for word in words.split():
                found.setdefault(word, path)
    for path in sorted(texts):
        for named in sorted(set(re.findall(r"[a-z]+", texts[path].lower())) & _BY_DEPENDENCY.keys()):
            for word in _BY_DEPENDENCY[named].split():
                found.setdefault(word, f"{named} in {path}")
    return found


def propose(traits: Mapping[str, str], candidates: Iterable[Candidate]) -> list[Proposal]:
    """Return the bundles whose keywords fit a project best, at most `MOST_PROPOSED`.

    A word counts the more, the fewer bundles have it; one that all have says nothing.
    """
    offered = list(candidates)
    common = Counter(word for one in offered for word in _words(one))
    weight = {word: math.log((1 + len(offered)) / number) for word, number in common.items()}
    scored = []
    for one in offered:
        fitting = sorted(_words(one) & traits.keys(), key=lambda word: (-weight[word], word))
        if fitting:
            scored.append((-sum(weight[word] for word in fitting), one.id, one, fitting))
    return [
        Proposal(
            id=one.id,
            version=one.version,
            description=one.description,
            because={word: traits[word] for word in fitting},
        )
        for _, _, one, fitting in sorted(scored, key=lambda row: row[:2])[:MOST_PROPOSED]
    ]


def _words(candidate: Candidate) -> set[str]:
    return {word.casefold() for word in candidate.keywords}
