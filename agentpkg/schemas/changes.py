"""The documents of commands that change a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.drift import State
from agentpkg.plan import Kind
from agentpkg.schemas import shared
from agentpkg.schemas.words import by_key, choice, either, flag, maybe, printed, rows, text, texts

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema

_SHOWN = tuple(kind.value for kind in Kind if kind not in (Kind.KEEP, Kind.FOREIGN))
_STATES = tuple(state.value for state in State if state is not State.CLEAN)


def change() -> Schema:
    """Return the schema of a change of the project."""
    return printed(
        "What a change does to the project, or would do.",
        dry_run=shared.dry_run(),
        changed=flag("Whether anything was (or would be) written: an agent file, the manifest or the lockfile."),
        bundles=_bundles("All bundles of the project, changed or not; none where there was nothing to do."),
        accepted=texts("The powers that --accept-grants approved, a line each."),
        files=rows(
            "What happens to files; those that stay as they are have no entry.",
            path=text(
                "Below the project, with /; FILE#NAME is the entry NAME of a file that others write into as well."
            ),
            action=choice(
                "What happens. adopt: it was there already, as it should be. edited: your edit stays, not yet "
                "accepted. absent: stays deleted, as you accepted. release: ours no more but edited, so left. "
                "forget: ours no more, and gone already.",
                _SHOWN,
            ),
        ),
        **shared.placed(),
    )


def _bundles(about: str) -> Schema:
    """Return the schema of bundles before and after."""
    return rows(
        about,
        id=text("The bundle: name, or registry/name outside the default registry."),
        before=maybe(text("Its version before; null where it was not there.")),
        after=maybe(text("Its version after; null where it is removed.")),
        grants=shared.grants(),
    )


def undo() -> Schema:
    """Return the schema of a command that is taken back."""
    return printed(
        "A command that is taken back, or brought back.",
        dry_run=shared.dry_run(),
        changed=flag("Whether anything was (or would be) written."),
        command=text("The command that is taken back, up to its first option."),
        back=flag("Whether it is brought back instead, because the last change was an undo."),
        bundles=_bundles("All bundles of the project before or after, changed or not."),
        accepted=texts("The powers that --accept-grants approved, a line each."),
        files=rows(
            "What happens to files as a whole, manifest and lockfile among them.",
            path=text("Below the project, with /."),
            action=choice("What happens.", tuple(kind.value for kind in (Kind.CREATE, Kind.UPDATE, Kind.DELETE))),
        ),
        left=texts("Folders of bundles that the command made, and that stay, from the folder of the manifest."),
    )


def standing(**more: Schema) -> Schema:
    """Return the schema of how the project stands to its lockfile."""
    return printed(
        "How the project stands to its lockfile.",
        clean=flag("Whether sync has nothing to do and you have nothing to decide."),
        unsettled=maybe(text("In words, why the lockfile is not what the manifest asks for; null if it is.")),
        files=rows(
            "The files that are not settled; status adds those that are kept.",
            path=text("Below the project, with /."),
            state=choice("Its state, as status tells it.", _STATES),
        ),
        **more,
    )


def status() -> Schema:
    """Return the schema of how the project stands, and of what is known beyond it."""
    return standing(
        newer=rows(
            "Bundles of which this machine knows a newer version; agentpkg outdated asks for more.",
            id=text("The bundle's id."),
            version=text("The version that the project has."),
            known=text("The newest that was seen, which may be beyond what the manifest asks for."),
        ),
        next=maybe(text("The command to run next, or what to do; null where nothing waits.")),
    )


def sync() -> Schema:
    """Return the schema of a sync: of the change, or with `--check` of how the project stands."""
    return either(change(), standing())


def adopt() -> Schema:
    """Return the schema of an adoption."""
    return printed(
        "Agents that were there, and have become the project's own or were found in a registry.",
        dry_run=shared.dry_run(),
        changed=flag("Whether anything was (or would be) written."),
        bundles=rows(
            "What was adopted.",
            id=text("The bundle's id."),
            version=text("Its version."),
            path=maybe(text("Its folder below the project; null for a bundle of a registry.")),
            agents=texts("Its agents."),
            hosts=texts("The hosts that have them."),
            also=texts("Other hosts that get them."),
            grants=shared.grants(),
            notes=texts("What was read in another way."),
            files=rows(
                "The files that stand for it.",
                path=text("Below the project."),
                exact=flag("Whether the file is to a byte what the bundle gives."),
                likeness=_likeness(),
            ),
        ),
        spread=rows(
            "Bundles that the project had, and that --all-hosts brings to more hosts, or cannot.",
            id=text("The bundle's id."),
            version=text("Its version."),
            hosts=texts("The hosts that have them."),
            also=texts("Other hosts that get them."),
            notes=texts("Hosts that do not, and why."),
        ),
        left=rows(
            "The files that are left alone.",
            path=text("Below the project."),
            reason=text("Why."),
            agent=flag("Whether it holds an agent."),
        ),
    )


def _likeness() -> Schema:
    """Return the schema of a likeness."""
    return {"type": "number", "minimum": 0, "maximum": 1, "description": "How like it is, 0 to 1."}


def keep() -> Schema:
    """Return the schema of accepted edits."""
    return printed(
        "Edits that were accepted.",
        kept=texts("All files named."),
        changed=texts("Those that were not kept already."),
        dry_run=shared.dry_run(),
    )


def init() -> Schema:
    """Return the schema of a project that begins."""
    return printed(
        "A project that begins.",
        manifest=text("The path of the manifest, absolute."),
        hosts=texts("The hosts that it names."),
        dry_run=shared.dry_run(),
        proposals=rows(
            "Bundles that fit the project.",
            id=text("The bundle's id."),
            version=text("Its newest version."),
            because=by_key("By word that fits, the file that it was seen in."),
        ),
        agents=texts("Agents that are there already, below the project."),
    )


def new() -> Schema:
    """Return the schema of a bundle that begins."""
    return printed("A bundle that begins.", folder=text("Its folder."), files=texts("The files in it."))


def import_() -> Schema:
    """Return the schema of an import."""
    return printed(
        "Files of other formats that became bundles.",
        dry_run=shared.dry_run(),
        bundles=rows(
            "The bundles.",
            name=text("The bundle's name."),
            folder=text("Its folder."),
            new=flag("Whether it is new; false: it was there just so."),
            files=texts("The files in it."),
            advice=texts("What to look at."),
            agents=rows(
                "The agents in it.",
                file=text("The file that it was read from."),
                host=text("The host whose file that is."),
                name=text("Its name."),
                tools=maybe(texts("Its tools; null: every tool.")),
                model=maybe(text("Its model; null: the session's.")),
                notes=texts("What was read in another way."),
            ),
        ),
        refused=rows("Files that cannot be read.", file=text("The file."), reason=text("Why.")),
        conflicts=rows("Folders where something else stands.", folder=text("The folder."), reason=text("Why.")),
        pages=texts("Files that hold no agent."),
    )
