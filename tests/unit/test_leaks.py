"""Secrets: found in whatever file, told by place and kind, and never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.leaks import find_leaks

MIXED = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6"  # in parts below, so that no scanner minds this file
SECRETS = {
    "-----BEGIN " + "PRIVATE KEY-----": "a private key",
    "-----BEGIN RSA " + "PRIVATE KEY-----": "a private key",
    "-----BEGIN OPENSSH " + "PRIVATE KEY-----": "a private key",
    "-----BEGIN EC " + "PRIVATE KEY-----": "a private key",
    "-----BEGIN ENCRYPTED " + "PRIVATE KEY-----": "a private key",
    "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----": "a private key",
    "AKIA" + "Z3Q9W7E1R5T8Y2U6": "an AWS access key",
    "ASIA" + "Z3Q9W7E1R5T8Y2U6": "an AWS access key",
    "ghp_" + MIXED[:36]: "a GitHub token",
    "ghs_" + MIXED[:36]: "a GitHub token",
    "github_pat_" + (MIXED + MIXED)[:82]: "a GitHub token",
    "glpat-" + MIXED[:20]: "a GitLab token",
    "xoxb-" + "123456789012-abcdefGHIJ": "a Slack token",
    "sk-ant-" + "api03-" + MIXED[:40]: "an Anthropic key",
    "sk-proj-" + MIXED[:48]: "an OpenAI key",
    "sk-" + MIXED[:48]: "an OpenAI key",
    "AIza" + MIXED[:35]: "a Google API key",
    "sk_live_" + MIXED[:24]: "a Stripe key",
    "rk_live_" + MIXED[:24]: "a Stripe key",
    "npm_" + MIXED[:36]: "an npm token",
    "pypi-" + "AgEIcHlwaS5vcmc" + MIXED: "a PyPI token",
    "postgres://svc:" + "hunter2hunter2@db.acme.io/x": "a password in a url",
    "https://ada:" + "hunter2hunter2@git.acme.io": "a password in a url",
    "https://ada:" + "passkey-hunter@git.acme.io": "a password in a url",
}
HARMLESS = [
    "", "-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----", "AKIAIOSFODNN7EXAMPLE", "ghp_short",
    "ghp_" + "x" * 36, "AKIA" + "A" * 16, "sk-ant-your-key-goes-here-0123456789",
    "postgres://user:$DB_PASSWORD@host/db", "postgres://user:{password}@host", "postgres://user:<password>@host",
    "https://git.acme.io/a:b@c", "git@github.com:acme/agents",
    "https://acme.example/x?y=a:b@c", "mailto:ada@acme.io", "sk-folding-cube", "task-and-more", "npm_config_registry",
    "risk-" + "a-b-" * 4, "AIzaSyShort", "https://ada:***@git.acme.io", "ssh://git@host.example:22/x",
    "postgres://test_user:test_" + "pass@db.acme.io/x", "postgres://admin:password" + "123@db.acme.io/x",
    "amqp://svc:change" + "me@mq.acme.io",
]  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:12])
@pytest.mark.parametrize(
    "around", ["{}", "key = '{}'", "export X={};", "({})", "<{}>", "x\t{}\ty", "Bearer {}", '"{}",']
)
def test_every_kind_is_found_wherever_it_stands(secret: str, around: str) -> None:
    text = "one\ntwo\n" + around.format(secret) + "\nfour\n"
    found = find_leaks({"agents/a.md": b"fine\n", "skills/s/x.sh": text.encode()})
    assert found == (f"skills/s/x.sh: line 3 holds {SECRETS[secret]}",)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_a_little_like_one(text: str) -> None:
    assert find_leaks({"README.md": f"x {text} y\n".encode()}) == ()


def test_all_are_told_sorted_by_file() -> None:
    one, other = list(SECRETS)[6], list(SECRETS)[8]
    files = {"b": f"{one}\n{other}\n{one}\n".encode(), "a": one.encode()}
    assert find_leaks(files) == (
        "a: line 1 holds an AWS access key", "b: line 1 holds an AWS access key", "b: line 3 holds an AWS access key",
        "b: line 2 holds a GitHub token",
    )  # fmt: skip


@given(st.sampled_from(sorted(SECRETS)), st.binary(max_size=30), st.binary(max_size=30))
def test_the_secret_itself_is_never_told(secret: str, before: bytes, after: bytes) -> None:
    """Nor does a byte that is no text hide it."""
    found = find_leaks({"f": before + b"\n" + secret.encode() + b"\n" + after})
    assert any(SECRETS[secret] in one for one in found)
    assert not any(secret in one for one in found)


def test_a_large_file_takes_no_time() -> None:
    hard = b"sk.sk-" * 20_000 + b" " + b"a://" * 30_000 + b"-----BEGIN " + b"A " * 50_000
    assert find_leaks({"f": hard}) == ()
