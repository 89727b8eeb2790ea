"""A bundle's folder as a whole, and one file by itself, held against all checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.bundle import BundleFile, parse_bundle, parse_bundle_file
from agentpkg.checks import bundles, description, fields, form, powers, prompt, references
from agentpkg.checks.hostfile import read_plain
from agentpkg.checks.reading import of_error, read_canonical, read_text, read_variant
from agentpkg.checks.subject import Surroundings
from agentpkg.errors import ContentRefused
from agentpkg.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from agentpkg.bundle import Bundle
    from agentpkg.checks.hostfile import Origin
    from agentpkg.checks.subject import Subject
    from agentpkg.findings import Finding
    from agentpkg.manifest import HostSettings

    Names = tuple[frozenset[str], frozenset[str]]
    Checked = tuple[list[Finding], list[Subject]]

ABOUT = "bundle.toml"
_STRICT = ("agents/", "variants/", "skills/", ABOUT)


def check_subject(subject: Subject) -> Iterator[Finding]:
    """Find everything that is to be said of one agent."""
    for module in (form, fields, description, powers, prompt, references):
        for check in module.CHECKS:
            yield from check(subject)


def check_file(path: str, data: bytes, origin: Origin) -> Checked:
    """Check a file of some host, which messages call `path`."""
    text, findings = read_text(path, data, canonical=False)
    if text is None:
        return findings, []
    subjects, more = read_plain(path, text, origin)
    if not (subjects or more):
        return [], []
    for subject in subjects:
        found = check_subject(subject)
        findings += found if len(subjects) == 1 else (_named(one, subject) for one in found)
    return [*findings, *more], subjects


def _named(finding: Finding, subject: Subject) -> Finding:
    """Return a finding that names its agent, which is not the only one in its file."""
    return replace(finding, message=f"{subject.agent.name if subject.agent else '?'}: {finding.message}")


def check_bundle(
    where: str,
    files: Mapping[str, bytes],
    required: Callable[[str], Names | None],
    targets: Mapping[str, HostSettings] | None = None,
) -> Checked:
    """Check a bundle's folder, which messages call `where`, by its files.

    `required` returns the names of agents and skills of a bundle that this one requires, None if it is not at hand.
    `targets` are the hosts that matter, with what the project says of each; all without them.
    """
    findings, texts = _read_texts(where, files)
    about = _read_about(where, files, findings)
    subjects = _read_subjects(where, texts, findings)
    bundle = None
    if about and not any(one.level == "error" for one in findings):
        bundle = _parse(where, files, findings)
    if about:
        around = _surroundings(about, files, bundle, required)
        around = replace(around, targets=targets) if targets else around
        subjects = [replace(subject, bundle=around) for subject in subjects]
        findings += bundles.check_about(_join(where, ABOUT), about)
        findings += references.check_servers(_join(where, ABOUT), texts.get(ABOUT, ""), around)
        findings += _of_skills(where, texts)
    findings += [one for subject in subjects for one in check_subject(subject)]
    return findings, subjects


def _join(where: str, path: str) -> str:
    return path if where == "." else f"{where}/{path}"


def _read_texts(where: str, files: Mapping[str, bytes]) -> tuple[list[Finding], dict[str, str]]:
    findings: list[Finding] = []
    texts = {}
    for path, data in sorted(files.items()):
        text, found = read_text(_join(where, path), data, canonical=path.startswith(_STRICT))
        findings += found
        if text is not None:
            texts[path] = text
    return findings, texts


def _read_about(where: str, files: Mapping[str, bytes], findings: list[Finding]) -> BundleFile | None:
    path = _join(where, ABOUT)
    try:
        return parse_bundle_file(files[ABOUT].removeprefix(b"\xef\xbb\xbf"), path)
    except ContentRefused as error:
        findings.append(of_error(form.UNREADABLE, path, error))
    return None


def _read_subjects(where: str, texts: Mapping[str, str], findings: list[Finding]) -> list[Subject]:
    subjects = {}
    for path, text in texts.items():
        if path.startswith("agents/") and path.endswith(".md"):
            stem = path[len("agents/") : -len(".md")]
            subject, found = read_canonical(_join(where, path), text, stem)
            findings += found
            if subject:
                subjects[stem] = subject
    variants = []
    for path, text in texts.items():
        if path.startswith("variants/") and path.endswith(".md") and path.count("/") == 2:
            _, host, name = path[: -len(".md")].split("/")
            agent = subjects[name].agent if name in subjects else None
            if agent:
                subject, found = read_variant(_join(where, path), text, agent, host)
                findings += found
                variants += [subject] if subject else []
    return [*subjects.values(), *variants]


def _parse(where: str, files: Mapping[str, bytes], findings: list[Finding]) -> Bundle | None:
    try:
        return parse_bundle(files, where)
    except ContentRefused as error:
        path = next((one for one in sorted(files) if error.message.startswith(f"{where}/{one}")), None)
        message = error.message.removeprefix(f"{where}/{path}" if path else where).lstrip(": ")
        told = ContentRefused(message, hint=error.hint)
        findings.append(of_error(form.REFUSED, _join(where, path or ABOUT), told))
    return None


def _surroundings(
    about: BundleFile, files: Mapping[str, bytes], bundle: Bundle | None, required: Callable[[str], Names | None]
) -> Surroundings:
    agents, skills = names_in(files)
    found = [required(name) for name in about.requires]
    there = [one for one in found if one is not None]
    return Surroundings(
        about=about,
        agents=agents.union(about.requires, *(one[0] for one in there)),
        skills=skills.union(*(one[1] for one in there)),
        known=len(there) == len(found),
        bundle=bundle,
        files=frozenset(files),
    )


def names_in(paths: Iterable[str]) -> Names:
    """Return the names of the agents and the skills that a bundle with these files has."""
    agents = {path[len("agents/") : -len(".md")] for path in paths if path.startswith("agents/")}
    return frozenset(agents), frozenset(path.split("/")[1] for path in paths if path.startswith("skills/"))


def _of_skills(where: str, texts: Mapping[str, str]) -> Iterator[Finding]:
    files: dict[str, set[str]] = {}
    for path in texts:
        if path.startswith("skills/") and path.count("/") > 1:
            files.setdefault(path.split("/")[1], set()).add(path.split("/", 2)[2])
    for name, inner in files.items():
        for one in sorted(inner):
            if one.endswith(".md"):
                path = f"skills/{name}/{one}"
                yield from references.check_skill_files(_join(where, path), one, texts[path], frozenset(inner))
