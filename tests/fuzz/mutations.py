"""Ways in which a file is bent: what an editor, a merge, a tool or a person in a hurry makes of it.

Each takes a source of chance and a text, and returns another text; all that is random comes from that source.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Mutation = Callable[[Random, str], str]
_KEY = re.compile(r"(?P<before>\A|[\n{,])(?P<space>[ ]*)(?P<key>[\w-]+|\"[\w-]+\")(?P<colon>[ ]*[:=])")
_TOKENS = (
    ":", ": ", " #", "#", "-", "- ", "---", "\n---\n", "...", "\n...\n", "'", '"', '"""', "|", ">-", "&a ",
    "*a", "!!str ",
    "!!seq ", "[", "]", "{", "}", ",", "?", "? ", "<<: ", "\t", "\u00a0", "\u200b", "\ufeff", "\r", "\u2028", "\u0085",
    "\uff1a", "%YAML 1.1\n", "*", "@", "`", "<example>", "</example>", "\\n", "\\", "\x00", "null", "~",
    "true", "false",
    "deny", "allow", "tools", "tools:", "[[", "]]", "=", "//", "/*", "\ud7ff", "\U0001f333", "(", ")", "()",
)  # fmt: skip
_LOOK_ALIKES = {"o": "\u043e", "s": "\u0455", "l": "\u04cf", "e": "\u0435", "a": "\u0430", "p": "\u0440", "t": "\uff54"}


def _lines(change: Callable[[Random, list[str], int], list[str]]) -> Mutation:
    """Return the mutation that changes a text's lines, near the one that is given."""

    def mutate(random: Random, text: str) -> str:
        lines = text.split("\n")
        return "\n".join(change(random, lines, random.randrange(len(lines))))

    return mutate


def _indent(random: Random, lines: list[str], at: int) -> list[str]:
    return [*lines[:at], random.choice([" ", "  ", "    ", "      ", "\t", "\u00a0"]) + lines[at], *lines[at + 1 :]]


def _dedent(random: Random, lines: list[str], at: int) -> list[str]:
    return [*lines[:at], lines[at][random.randint(1, 4) :] if lines[at][:1] == " " else lines[at], *lines[at + 1 :]]


def _cut(random: Random, lines: list[str], at: int) -> list[str]:
    return lines[:at] + lines[at + random.randint(1, 2) :]


def _twice(random: Random, lines: list[str], at: int) -> list[str]:
    to = random.randrange(len(lines))
    return [*lines[:to], lines[at], *lines[to:]]


def _swap(random: Random, lines: list[str], at: int) -> list[str]:
    to = min(len(lines) - 1, at + random.randint(1, 3))
    changed = list(lines)
    changed[at], changed[to] = changed[to], changed[at]
    return changed


def _merge(random: Random, lines: list[str], at: int) -> list[str]:
    joint = random.choice(["", " ", ", ", ": "])
    return [*lines[:at], joint.join(lines[at : at + 2]), *lines[at + 2 :]]


def _split(random: Random, lines: list[str], at: int) -> list[str]:
    to = random.randint(0, len(lines[at]))
    return [*lines[:at], lines[at][:to], lines[at][to:], *lines[at + 1 :]]


def _comment(random: Random, lines: list[str], at: int) -> list[str]:
    return [*lines[:at], random.choice(["# a note", "  # a note", "", "   "]), *lines[at:]]


def _fence(random: Random, lines: list[str], at: int) -> list[str]:
    return [*lines[:at], random.choice(["---", "...", "-----", " ---", "--- ", "\t---", "- --", "+++"]), *lines[at:]]


def _block(random: Random, lines: list[str], at: int) -> list[str]:
    """Put the value of a key into a block below it."""
    key, colon, value = lines[at].partition(":")
    if not (colon and value.strip()):
        return lines
    style = random.choice(["|", ">", ">-", "|+", "|2"])
    return [*lines[:at], f"{key}: {style}", f"  {value.strip()}", *lines[at + 1 :]]


def _value(random: Random, lines: list[str], at: int) -> list[str]:
    """Write a value in another way, or none."""
    key, colon, value = lines[at].partition(":")
    if not colon:
        return lines
    text = value.strip()
    ways = [
        "",
        " ",
        " ~",
        " null",
        " ''",
        f" '{text}'",
        f' "{text}"',
        f" [{text}]",
        f" [[{text}]]",
        f" {{{text}: true}}",
    ]
    ways += [f" &one {text}", f" !!str {text}", f"{text}", f"\u00a0{text}", f"\t{text}", f" - {text}", f" {text} # why"]
    ways += [
        f"\n  {text}",
        f"\n- {text}",
        f"\n  - - {text}",
        f"\n  - {text}\n  one: two",
        f" {text.title()}",
        " [",
        " {}",
    ]
    return [*lines[:at], f"{key}:{random.choice(ways)}", *lines[at + 1 :]]


def _key(random: Random, text: str) -> str:
    """Spell a key in another way that a reader still takes for it."""
    found = list(_KEY.finditer(text))
    if not found:
        return text
    match = random.choice(found)
    key = match["key"].strip('"')
    ways = [key.upper(), key.title(), f"{key} ", f"'{key}'", f'"{key}"', f'"{key} "', f"? {key}\n", f"!!str {key}"]
    ways += [
        f"&x {key}",
        f" {key}",
        f"  {key}",
        f"- {key}",
        key.replace("-", "_"),
        f"{key}\u00a0",
        f"{key}\uff1a",
        f"\t{key}",
    ]
    ways += ["".join(_LOOK_ALIKES.get(one, one) for one in key), f'"\\x{ord(key[0]):02x}{key[1:]}"', f"meta:\n  {key}"]
    ways += [f"<<: {{{key}", f"[x]\n{key}", f"x.{key}"]
    return text[: match.start("key")] + random.choice(ways) + text[match.end("key") :]


def _insert(random: Random, text: str) -> str:
    at = random.randint(0, len(text))
    return text[:at] + random.choice(_TOKENS) + text[at:]


def _delete(random: Random, text: str) -> str:
    at = random.randrange(max(1, len(text)))
    return text[:at] + text[at + random.choice([1, 1, 1, 2, 5, 20]) :]


def _unquote(random: Random, text: str) -> str:
    """Take one quote, bracket, comma or colon away."""
    places = [place for place, one in enumerate(text) if one in "\"'[]{},:|-"]
    at = random.choice(places or [0])
    return text[:at] + text[at + 1 :]


def _long(random: Random, text: str) -> str:
    at = random.randint(0, len(text))
    return (
        text[:at]
        + random.choice(["x", "x ", "- x\n", "a: b\n", "(", "*a"]) * random.choice([70, 250, 3000])
        + text[at:]
    )


def _endings(random: Random, text: str) -> str:
    return text.replace("\n", random.choice(["\r\n", "\r", "\n\n", "\u2028", " \n", "\t\n"]))


def _all_indented(random: Random, text: str) -> str:
    return "\n".join(random.choice([" ", "    ", "\t"]) + line for line in text.split("\n"))


def _mark(_: Random, text: str) -> str:
    return "\ufeff" + text


MUTATIONS: tuple[Mutation, ...] = (
    *map(
        _lines,
        (_indent, _dedent, _cut, _twice, _swap, _merge, _split, _comment, _fence, _block, _value, _value, _value),
    ),
    *(_key, _key, _key, _insert, _insert, _delete, _unquote, _unquote, _long, _endings, _all_indented, _mark),
)


def bend(random: Random, text: str) -> str:
    """Return a text with one to four changes, most often few, and most often near its beginning."""
    for _ in range(random.choice([1, 1, 1, 2, 2, 3, 4])):
        change = random.choice(MUTATIONS)
        cut = text.find("You look") if random.random() < 0.8 else len(text)
        cut = cut if cut > 0 else len(text)
        text = change(random, text[:cut]) + text[cut:]
    return text


def spoil(random: Random, data: bytes) -> bytes:
    """Return bytes of which some are others."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(max(1, len(changed)))
        changed[at : at + random.randint(0, 2)] = bytes(random.randrange(256) for _ in range(random.randint(0, 3)))
    return bytes(changed)
