"""What a project is told to be made of, and the bundles that are proposed for it."""

from __future__ import annotations

import pytest

from agentpkg.traits import MOST_PROPOSED, Candidate, find_traits, propose


def candidate(name: str, *keywords: str) -> Candidate:
    return Candidate(id=name, version="1.0.0", description=f"About {name}.", keywords=keywords)


@pytest.mark.parametrize(
    ("paths", "texts", "word", "because"),
    [
        (["dbt_project.yml"], {}, "dbt", "dbt_project.yml"),
        (["models/staging/orders.sql"], {}, "sql", "models/staging/orders.sql"),
        (["src/App.TSX"], {}, "react", "src/App.TSX"),
        ([], {"requirements.txt": "confluent-kafka==2.3\n"}, "kafka", "kafka in requirements.txt"),
        ([], {"package.json": '{"dependencies": {"react": "^19"}}'}, "react", "react in package.json"),
        (["deep/down/pyproject.toml", "pyproject.toml"], {}, "python", "pyproject.toml"),
    ],
)
def test_files_and_dependencies_say_what_a_project_is(
    paths: list[str], texts: dict[str, str], word: str, because: str
) -> None:
    assert find_traits(paths, texts)[word] == because


def test_a_part_of_a_word_says_nothing() -> None:
    assert "kafka" not in find_traits(["kafkaesque.txt"], {"requirements.txt": "kafkaesque==1\n"})
    assert find_traits(["README.md"], {}) == {}


def test_a_word_that_few_bundles_have_counts_more() -> None:
    offered = [candidate("streams", "kafka", "data"), candidate("tables", "sql", "data"), candidate("both", "data")]
    proposals = propose({"kafka": "a", "data": "b"}, offered)
    assert [one.id for one in proposals] == ["streams", "both", "tables"]
    assert dict(proposals[0].because) == {"kafka": "a", "data": "b"}
    assert list(proposals[0].because) == ["kafka", "data"]


def test_nothing_is_proposed_that_does_not_fit_and_never_many() -> None:
    assert propose({"rust": "Cargo.toml"}, [candidate("tables", "sql")]) == []
    many = [candidate(f"one-{number}", "SQL") for number in range(20)]
    assert len(propose({"sql": "a.sql"}, many)) == MOST_PROPOSED
