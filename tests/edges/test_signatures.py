"""Signed registries, with real keys: a commit that changes bundles counts only if a listed key has signed it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agentpkg.errors import AgentpkgError, IntegrityError, NetworkError, UsageError
from agentpkg.ledger import Ledger
from agentpkg.mirror import Mirror
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.store import cache_folder, state_folder
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git, introduce, make_bare, write_bundle
from tests.support.tree import contents

PEOPLE = ("ada", "ben", "eve")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an ssh key for each of some people."""
    folder = tmp_path_factory.mktemp("keys")
    for name in PEOPLE:
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(words, check=True)
    return folder


def line(keys: Path, name: str, options: str = "") -> str:
    """Return a line of an allowed-signers file."""
    kind, key, *_ = (keys / f"{name}.pub").read_text().split()
    return f"{name}@example.com {options}{' ' if options else ''}{kind} {key}\n"


@pytest.fixture
def trust(tmp_path: Path, keys: Path) -> Path:
    """A project's folder with a file `signers` that lists Ada and Ben, and not Eve."""
    folder = tmp_path / "trusting"
    folder.mkdir()
    (folder / "signers").write_text("# who may publish\n\n" + line(keys, "ada") + line(keys, "ben"))
    return folder


def sign(registry: Registry, key: Path, date: str = "2026-01-01T00:00:00Z") -> None:
    """Sign the newest commit."""
    settings = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}")
    git(registry.path, *settings, "commit", "-q", "--amend", "--no-edit", "--allow-empty", "-S", date=date)


@pytest.fixture
def signed(registry: Registry, keys: Path) -> Registry:
    """A registry whose first commit holds no bundle, and whose second Ada has signed."""
    registry.publish("tool")
    sign(registry, keys / "ada")
    return registry


def get(
    registry: Registry, root: Path, *, revoked: str | None = None, after: str | None = None, offline: bool = False
) -> Registries:
    source = RegistrySource(url=registry.url, signers="signers", revoked=revoked, signed_after=after)
    registries = Registries({"default": source}, root, offline=offline)
    registries.get("default")
    return registries


def refusal(registry: Registry, root: Path, *, revoked: str | None = None, after: str | None = None) -> str:
    """Return why the registry is refused, having seen that nothing was accepted."""
    before = state()
    with pytest.raises(IntegrityError) as caught:
        get(registry, root, revoked=revoked, after=after)
    assert state() == before
    return "\n".join([caught.value.message, *caught.value.details])


def state() -> tuple[object, ...]:
    """Return what was accepted: the heads of the mirrors, and the ledgers."""
    mirrors = sorted((cache_folder() / "registries").glob("*.git"))
    heads = [Mirror(path).head for path in mirrors if not path.name.startswith("builtin-")]
    return [head for head in heads if head], [path.read_bytes() for path in (state_folder() / "ledgers").glob("*")]


def signed_up_to() -> tuple[str, str] | None:
    [path] = (state_folder() / "ledgers").glob("*.txt")
    return Ledger(path).signed


def head(registry: Registry) -> str:
    return git(registry.path, "rev-parse", "HEAD").strip()


def test_signed_commits_are_taken_and_remembered(signed: Registry, trust: Path, keys: Path) -> None:
    assert get(signed, trust).load("tool", "1.0.0").name == "tool"
    assert (signed_up_to() or ("",))[0] == head(signed)
    signed.publish("other")
    sign(signed, keys / "ben")
    get(signed, trust)
    assert (signed_up_to() or ("",))[0] == head(signed)


def test_what_changes_no_bundle_needs_no_signature(signed: Registry, trust: Path) -> None:
    (signed.folder / "README.md").write_text("x\n")
    (signed.folder / "bundles.md").write_text("x\n")
    signed.commit("unsigned")
    git(signed.path, "commit", "-q", "--allow-empty", "-m", "empty")
    get(signed, trust)


@pytest.mark.parametrize("change", ["publish", "yank", "stray", "unyank"])
def test_every_other_change_needs_one(signed: Registry, trust: Path, keys: Path, change: str) -> None:
    signed.yank("tool", "1.0.0")
    sign(signed, keys / "ada")
    get(signed, trust)
    match change:
        case "publish":
            signed.publish("other")
        case "yank":
            signed.yank("tool", "1.0.0", "another reason")
        case "stray":
            (signed.folder / "bundles/README.md").write_text("x\n")
            signed.commit("stray")
        case "unyank":
            signed.delete("bundles/tool/yanked.toml")
    told = refusal(signed, trust)
    assert "a commit that changes bundles is not signed by a listed key" in told
    assert f"{head(signed)[:12]} is not signed: " in told
    assert "(Test <test@example.com>)" in told
    sign(signed, keys / "ben")
    get(signed, trust)


def test_an_unsigned_commit_further_back_is_found(signed: Registry, trust: Path, keys: Path) -> None:
    signed.publish("other")
    bad = head(signed)
    signed.publish("third")
    sign(signed, keys / "ada")
    assert f"{bad[:12]} is not signed: other 1.0.0" in refusal(signed, trust)


def test_a_key_that_is_not_listed(signed: Registry, trust: Path, keys: Path) -> None:
    signed.publish("other")
    sign(signed, keys / "eve")
    assert "is signed by a key that is not listed" in refusal(signed, trust)


def rebuilt(registry: Registry, change: tuple[str, str], kind: str = "commit") -> str:
    """Put a commit on the branch that is the newest one with a piece of its text changed."""
    raw = git(registry.path, "cat-file", "commit", "HEAD")
    assert change[0] in raw
    words = ["git", "hash-object", "-t", kind, "-w", "--stdin", "--literally"]
    made = subprocess.run(
        words, input=raw.replace(*change, 1), cwd=registry.path, check=True, capture_output=True, text=True
    ).stdout.strip()
    git(registry.path, "update-ref", "refs/heads/main", made)
    return made


def test_a_signature_of_something_else(signed: Registry, trust: Path, keys: Path) -> None:
    signed.publish("other")
    sign(signed, keys / "ada")
    rebuilt(signed, ("\n\nother 1.0.0", "\n\nother 1.0.1"))
    assert "has a bad signature" in refusal(signed, trust)


PGP = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEzBAABCAAdFiEE\n =AAAA\n -----END PGP SIGNATURE-----\n"
X509 = "gpgsig -----BEGIN SIGNED MESSAGE-----\n MIIEvQ\n -----END SIGNED MESSAGE-----\n"
JUNK = "gpgsig -----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH SIGNATURE-----\n"
NONE = "gpgsig Good signature for ada@example.com\n"


@pytest.mark.parametrize("header", [PGP, X509, JUNK, NONE], ids=["pgp", "x509", "junk", "none"])
def test_signatures_of_other_kinds_never_count(
    signed: Registry, trust: Path, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    """Not even for a user whose git would believe them."""
    believer = trust / "believer"
    status = "[GNUPG:] NEWSIG\\n[GNUPG:] GOODSIG 0123456789ABCDEF ada@example.com\\n[GNUPG:] TRUST_ULTIMATE 0 pgp\\n"
    valid = f"[GNUPG:] VALIDSIG {'A' * 40} 2026-01-01 1 0 4 0 1 8 00 {'A' * 40}\\n"
    believer.write_text(f"#!/bin/sh\nprintf '{status}{valid}'\n")
    believer.chmod(0o755)
    keygen = trust / "keygen"
    good = 'Good "git" signature for ada@example.com with ED25519 key SHA256:AAAA'
    keygen.write_text(f"#!/bin/sh\n[ $2 = verify ] && echo '{good}' || echo ada@example.com\n")
    keygen.chmod(0o755)
    (Path.home() / ".gitconfig").write_text(
        f'[gpg]\n\tprogram = {believer}\n\tformat = openpgp\n\tminTrustLevel = undefined\n[gpg "x509"]\n'
        f'\tprogram = {believer}\n[gpg "ssh"]\n\tprogram = {keygen}\n\tallowedSignersFile = {trust / "signers"}\n'
    )
    signed.publish("other")
    rebuilt(signed, ("committer Test <test@example.com> 1767225600 +0000\n",
                     f"committer Test <test@example.com> 1767225600 +0000\n{header}"))  # fmt: skip
    if header in (PGP, JUNK):
        assert git(signed.path, "log", "-1", "--format=%G?").strip() == "G"  # so the test can fail
    assert "is not signed by a listed key" in refusal(signed, trust)


@pytest.mark.skipif(not shutil.which("gpg"), reason="gpg is not installed")
def test_a_real_gpg_signature_does_not_count(
    signed: Registry, trust: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path("/tmp") / f"gnupg-{os.getpid()}"  # gpg's sockets need a short path
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    try:
        words = ["gpg", "--batch", "--passphrase", "", "--quick-gen-key", "ada@example.com", "ed25519", "sign", "never"]
        subprocess.run(words, check=True, capture_output=True)
        signed.publish("other")
        git(signed.path, "-c", "user.signingkey=ada@example.com", "commit", "-q", "--amend", "--no-edit", "-S")
        assert git(signed.path, "log", "-1", "--format=%G?").strip() in "GU"
        assert "is not signed by a listed key" in refusal(signed, trust)
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ('valid-before="20250101"', "was not valid then"),
        ('valid-after="20270101"', "was not valid then"),
        ('namespaces="file"', "is not signed by a listed key"),
        ("cert-authority", "is not signed by a listed key"),
        ('namespaces="git"', ""),
        ('valid-before="20270101"', ""),
    ],
)
def test_options_of_a_key_are_respected(signed: Registry, trust: Path, keys: Path, options: str, told: str) -> None:
    (trust / "signers").write_text(line(keys, "ada", options))
    if told:
        assert told in refusal(signed, trust)
    else:
        get(signed, trust)


def test_a_revoked_key_fails_whenever_its_commits_say_that_they_were_made(
    signed: Registry, trust: Path, keys: Path
) -> None:
    (trust / "revoked").write_text("")
    get(signed, trust, revoked="revoked")
    (trust / "revoked").write_text((keys / "ben.pub").read_text())
    get(signed, trust, revoked="revoked")
    signed.publish("other")
    sign(signed, keys / "ben", date="2020-01-01T00:00:00Z")
    get(signed, trust)  # nobody has revoked it here
    assert "a key that was revoked" in refusal(signed, trust, revoked="revoked")
    words = ["ssh-keygen", "-q", "-k", "-f", str(trust / "krl"), str(keys / "ben.pub")]
    subprocess.run(words, check=True)
    assert "a key that was revoked" in refusal(signed, trust, revoked="krl")


@pytest.mark.parametrize("missing", ["signers", "revoked"])
@pytest.mark.parametrize("how", ["gone", "folder", "link"])
def test_a_file_that_is_not_there_trusts_nobody(signed: Registry, trust: Path, missing: str, how: str) -> None:
    (trust / "revoked").write_text("")
    get(signed, trust, revoked="revoked")
    (trust / missing).unlink()
    if how == "folder":
        (trust / missing).mkdir()
    elif how == "link":
        (trust / missing).symlink_to("nowhere")
    assert f"{missing} cannot be read" in refusal(signed, trust, revoked="revoked")
    with pytest.raises(IntegrityError, match="cannot be read"):
        get(signed, trust, revoked="revoked", offline=True)


def test_a_file_without_a_key_is_no_list(signed: Registry, trust: Path) -> None:
    before = state()
    for text in ("", "\n", "# ada@example.com ssh-ed25519 AAAA\n", "   \n\t# x\n"):
        (trust / "signers").write_text(text)
        with pytest.raises(UsageError, match="signers lists no key"):
            get(signed, trust)
        assert state() == before, text


@pytest.mark.parametrize("file", ["signers", "revoked"])
def test_a_file_that_says_nothing_readable_trusts_nobody(signed: Registry, trust: Path, file: str) -> None:
    (trust / "revoked").write_text("")
    get(signed, trust, revoked="revoked")
    for text in ("nonsense\n", "ada@example.com ssh-ed25519 AAAA\n", "\0\0\0", "SSHKRL\n\0\0"):
        (trust / file).write_text(text)
        assert re.search("is not signed by a listed key|is damaged", refusal(signed, trust, revoked="revoked")), text


def test_after_a_commit_from_which_on_signatures_count(registry: Registry, trust: Path, keys: Path) -> None:
    registry.publish("tool")
    begun = head(registry)
    registry.publish("other")
    sign(registry, keys / "ada")
    assert "is not signed: tool 1.0.0" in refusal(registry, trust)
    get(registry, trust, after=begun)
    registry.publish("third")
    assert "is not signed: third 1.0.0" in refusal(registry, trust, after=begun)
    assert "signed_after names the commit" in refusal(registry, trust, after="0" * 40)


def test_a_commit_that_is_not_there_is_not_taken_for_a_start(signed: Registry, trust: Path) -> None:
    signed.publish("other")
    for after in ("0" * 40, head(signed)[::-1], "HEAD^{tree}", "main"):
        assert "which is not there" in refusal(signed, trust, after=after)


def side(registry: Registry, name: str, key: Path | None) -> None:
    """Publish on a branch of its own, and go back to the main one."""
    git(registry.path, "checkout", "-q", "-b", name)
    registry.publish(name)
    if key:
        sign(registry, key)
    git(registry.path, "checkout", "-q", "main")


def test_a_merge_that_only_brings_in_what_was_signed_needs_no_signature(
    signed: Registry, trust: Path, keys: Path
) -> None:
    side(signed, "other", keys / "ben")
    (signed.folder / "README.md").write_text("x\n")
    signed.commit("unsigned")
    git(signed.path, "merge", "-q", "--no-ff", "-m", "merge", "other")
    get(signed, trust)


def test_a_merge_of_what_was_not_signed_fails(signed: Registry, trust: Path) -> None:
    side(signed, "other", None)
    git(signed.path, "merge", "-q", "--no-ff", "-m", "merge", "other")
    assert "is not signed: other 1.0.0" in refusal(signed, trust)


def test_a_merge_of_what_touches_no_bundle_needs_no_signature(signed: Registry, trust: Path, keys: Path) -> None:
    git(signed.path, "checkout", "-q", "-b", "readme")
    (signed.folder / "README.md").write_text("x\n")
    signed.commit("unsigned")
    git(signed.path, "checkout", "-q", "main")
    signed.publish("other")
    sign(signed, keys / "ada")
    git(signed.path, "merge", "-q", "--no-ff", "-m", "merge", "readme")
    get(signed, trust)


@pytest.mark.parametrize("by", ["an ancestor", "a branch", "another history"])
def test_a_merge_that_undoes_what_was_signed_needs_a_signature(
    signed: Registry, trust: Path, keys: Path, by: str
) -> None:
    """git finds no change in it: the bundles are those of one parent. But the other had gone on from there."""
    old = head(signed)
    signed.yank("tool", "1.0.0")
    sign(signed, keys / "ada")
    get(signed, trust)
    new = head(signed)
    parent = old
    if by != "an ancestor":
        words = ["-p", old] if by == "a branch" else []
        parent = git(signed.path, "commit-tree", *words, "-m", "x", f"{old}^{{tree}}").strip()
    evil = git(signed.path, "commit-tree", "-p", new, "-p", parent, "-m", "evil", f"{old}^{{tree}}").strip()
    git(signed.path, "reset", "-q", "--hard", evil)
    assert "is not signed" in refusal(signed, trust)
    if by == "a branch":
        assert git(signed.path, "rev-list", f"{new}..HEAD", "--", "bundles") == ""  # so the test can fail
    if by != "another history":
        sign(signed, keys / "ben")
        get(signed, trust)


@pytest.mark.parametrize("evil", [True, False])
def test_a_merge_that_makes_something_new_needs_a_signature(
    signed: Registry, trust: Path, keys: Path, *, evil: bool
) -> None:
    side(signed, "other", keys / "ben")
    if not evil:
        signed.publish("third")
        sign(signed, keys / "ada")
    git(signed.path, "merge", "-q", "--no-ff", "--no-commit", "other")
    if evil:
        write_bundle(signed.folder / "bundles/evil/1.0.0", "evil")
    signed.commit("merge of two")
    assert "is not signed: merge of two" in refusal(signed, trust)
    sign(signed, keys / "ada")
    get(signed, trust)


def test_a_policy_that_changes_is_checked_again(signed: Registry, trust: Path, keys: Path) -> None:
    signed.publish("other")
    sign(signed, keys / "ben")
    get(signed, trust)
    policy = signed_up_to()
    (trust / "signers").write_text(line(keys, "ada"))
    assert "is signed by a key that is not listed" in refusal(signed, trust)
    with pytest.raises(IntegrityError, match="not signed by a listed key"):
        get(signed, trust, offline=True)
    assert signed_up_to() == policy
    (trust / "signers").write_text("# again\n" + line(keys, "ada") + line(keys, "ben"))
    get(signed, trust, offline=True)
    assert signed_up_to() != policy


def test_a_registry_that_was_fetched_without_a_policy_is_checked_when_it_has_one(
    registry: Registry, trust: Path
) -> None:
    """Also offline, where its history cannot be had if it was not fetched; with the history, it is read."""
    registry.publish("tool").publish("other")
    source = {"default": RegistrySource(url=registry.url)}
    mirror = Registries(source, trust).get("default").mirror
    with pytest.raises(NetworkError, match="the history of registry default, which must be signed, has not been"):
        get(registry, trust, offline=True)
    refusal(registry, trust)
    assert mirror.whole
    with pytest.raises(IntegrityError, match="not signed by a listed key"):
        get(registry, trust, offline=True)


def test_what_was_fetched_without_its_history_is_fetched_with_it_where_signatures_are_asked_for(
    signed: Registry, trust: Path
) -> None:
    mirror = Registries({"default": RegistrySource(url=signed.url)}, trust).get("default").mirror
    shallow = mirror.path / "shallow"
    assert shallow.exists()
    get(signed, trust)
    assert not shallow.exists()
    get(signed, trust, offline=True)


def test_what_was_checked_is_not_checked_again(signed: Registry, trust: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    get(signed, trust)
    monkeypatch.setattr("agentpkg.remote.check_signed", lambda *_: pytest.fail("checked again"))
    get(signed, trust, offline=True)


@pytest.mark.parametrize(
    "text", ["line\x1cfeed", "nel\x85", "line\u2028separator", "para\u2029", "vt\x0b", "ff\x0c", "esc\x1b[31m"]
)
def test_no_message_and_no_name_confuses_the_check(signed: Registry, trust: Path, keys: Path, text: str) -> None:
    git(signed.path, "checkout", "-q", "-b", "next")
    signed.publish("other")
    git(signed.path, "commit", "-q", "--amend", "--author", f"{text} <e@example.com>", "-m", f"{text}\n\n{text}")
    git(signed.path, "branch", "-q", "-M", "main")
    assert "is not signed" in refusal(signed, trust)
    sign(signed, keys / "ada")
    get(signed, trust)


def test_the_users_configuration_of_git_does_not_matter(signed: Registry, trust: Path, keys: Path) -> None:
    (Path.home() / ".gitconfig").write_text(
        "[log]\n\tshowSignature = true\n\tdecorate = full\n\tdate = relative\n\tmailmap = true\n"
        "[color]\n\tui = always\n[gpg]\n\tformat = openpgp\n\tminTrustLevel = never\n[format]\n\tpretty = raw\n"
    )
    get(signed, trust)
    signed.publish("other")
    assert "is not signed: other 1.0.0" in refusal(signed, trust)
    sign(signed, keys / "ada")
    get(signed, trust)


def test_nothing_of_a_registry_that_fails_reaches_a_project(
    cli: Cli, project: Path, signed: Registry, keys: Path
) -> None:
    (project / "keys").mkdir()
    (project / "keys/signers").write_text(line(keys, "ada"))
    (project / "keys/revoked").write_text("")
    cli("init", "--host", "claude")
    words = ("--signers", "keys/signers", "--revoked", "keys/revoked")
    cli("registry", "add", "acme", signed.url, *words)
    cli("install", "acme/tool")
    signed.publish("tool", "1.0.1")
    before = (contents(project), state())
    for command in (["update"], ["install", "acme/tool==1.0.1"], ["registry", "show", "acme"], ["search"]):
        assert "is not signed: tool 1.0.1" in cli(*command, code=5).err
        assert (contents(project), state()) == before
    cli("sync", "--check")
    sign(signed, keys / "ada")
    cli("update")
    (project / "keys/revoked").write_text((keys / "ada.pub").read_text())
    (project / ".claude/agents/tool.md").unlink()
    before = (contents(project), state())
    assert "a key that was revoked" in cli("sync", code=5).err
    assert (contents(project), state()) == before


def test_an_unsigned_registry_is_not_added_as_a_signed_one(
    cli: Cli, project: Path, registry: Registry, keys: Path
) -> None:
    registry.publish("tool")
    (project / "signers").write_text(line(keys, "ada"))
    cli("init", "--host", "claude")
    before = (contents(project), state())
    cli("registry", "add", "acme", registry.url, "--signers", "signers", code=5)
    assert (contents(project), state()) == before


def configure(key: Path | None) -> None:
    (Path.home() / ".gitconfig").write_text("")
    introduce()
    if key:
        with (Path.home() / ".gitconfig").open("a") as file:
            file.write(f"\tsigningkey = {key}\n[gpg]\n\tformat = ssh\n")


@pytest.fixture
def acme(cli: Cli, project: Path, signed: Registry, keys: Path, tmp_path: Path) -> Path:
    """A bare registry that a project knows as `acme` and holds to Ada's signature."""
    bare = make_bare(signed, tmp_path / "acme.git")
    (project / "signers").write_text(line(keys, "ada"))
    cli("init", "--host", "claude")
    cli("registry", "add", "acme", str(bare), "--signers", "signers")
    return bare


def test_publishing_to_a_registry_with_signers_signs(
    cli: Cli, project: Path, acme: Path, keys: Path, tmp_path: Path
) -> None:
    configure(keys / "ada")
    author = write_bundle(tmp_path / "mine", "mine")
    cli("publish", str(author), "--registry", "acme")
    cli("yank", "mine", "1.0.0", "--reason", "x", "--registry", "acme")
    cli("unyank", "mine", "1.0.0", "--registry", "acme")
    assert all("\ngpgsig " in git(acme, "cat-file", "commit", f"main~{number}") for number in range(3))
    cli("install", "acme/mine")


def test_without_a_key_nothing_is_published(cli: Cli, acme: Path, tmp_path: Path) -> None:
    configure(None)
    before = contents(acme)
    author = write_bundle(tmp_path / "mine", "mine")
    assert "git could not sign the commit" in cli("publish", str(author), "--registry", "acme", code=1).err
    assert contents(acme) == before


def test_signing_is_up_to_gits_configuration_elsewhere_and_to_the_command_line(
    cli: Cli, project: Path, registry: Registry, keys: Path, tmp_path: Path
) -> None:
    configure(keys / "ada")
    bare = make_bare(registry, tmp_path / "plain.git")

    def is_signed() -> bool:
        return "\ngpgsig " in git(bare, "cat-file", "commit", "main")

    always = "[commit]\n\tgpgSign = true\n"
    cases = [((), "", False), (("--sign",), "", True), ((), always, True), (("--no-sign",), "", False)]
    for number, (words, setting, expected) in enumerate(cases):
        with (Path.home() / ".gitconfig").open("a") as file:
            file.write(setting)
        author = write_bundle(tmp_path / "mine", "mine", f"1.0.{number}", body=f"{number}")
        cli("publish", str(author), "--registry", str(bare), *words)
        assert is_signed() is expected


def test_keys_come_from_the_project_and_never_from_the_registry(signed: Registry, trust: Path, keys: Path) -> None:
    for name in ("signers", "allowed_signers", ".ssh/allowed_signers"):
        (signed.folder / name).parent.mkdir(exist_ok=True)
        (signed.folder / name).write_text(line(keys, "eve"))
    (signed.folder / "bundles/x.md").write_text(agent_text("x"))
    signed.commit("trust me")
    sign(signed, keys / "eve")
    assert "a key that is not listed" in refusal(signed, trust)


def test_an_error_is_told_in_the_tree_of_errors(signed: Registry, trust: Path) -> None:
    """A policy that cannot be is a failure that was foreseen, whatever kind."""
    for after in ("-x", "--all", "\n", "^main"):
        with pytest.raises(AgentpkgError):
            get(signed, trust, after=after)


def test_a_key_that_nobody_would_accept_stops_the_publisher_and_not_everybody_else(
    cli: Cli, acme: Path, keys: Path, tmp_path: Path
) -> None:
    configure(keys / "eve")
    before = contents(acme)
    author = write_bundle(tmp_path / "mine", "mine")
    for words in ((), ("--no-sign",)):
        assert "nothing was pushed" in cli("publish", str(author), "--registry", "acme", *words, code=5).err
    assert "nothing was pushed" in cli("yank", "tool", "1.0.0", "--reason", "x", "--registry", "acme", code=5).err
    assert contents(acme) == before
    cli("install", "acme/tool")
