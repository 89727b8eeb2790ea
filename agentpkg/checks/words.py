"""What prompts say where they make use of a power, and where they tell an agent to do something that needs one.

The lists of `SPEAKS_OF` are broad, so that a power counts as used on the least sign of it; the patterns of `TELLS_TO`
are narrow, so that only plain orders count. Both are English.
"""

from __future__ import annotations

import re

from agentpkg.values import dataclass

_RUN = (
    r"run|ran|runs|running|execut\w*|commands?|shell|bash|zsh|terminal|console|cli|scripts?|invok\w*|tests?|testing|"
    r"suite|build\w*|compil\w*|lint\w*|git|github|gh|npm|npx|yarn|pnpm|pip|uv|cargo|make|docker|kubectl|helm|terraform|"
    r"deploy\w*|install\w*|quer\w+|benchmark\w*|profil\w+|commit\w*|branch\w*|diff|logs?|dbt|psql|curl|migrat\w+|"
    r"reproduc\w*|measure\w*|start\w*|verif\w+|debug\w*|format\w*|check\w*|server|process\w*|simulat\w*|monitor\w*|"
    r"automat\w+|analy[sz]\w+"
)
_CHANGE = (
    r"writ\w*|wrote|edit\w*|creat\w*|add|adds|adding|added|chang\w+|fix\w*|refactor\w*|implement\w*|updat\w+|modif\w+|"
    r"generat\w+|build\w*|repair\w*|rewrit\w+|appl(?:y|ies|ied)|develop\w*|produc\w+|sav\w+|stor\w+|delet\w+|remov\w+|"
    r"renam\w+|mov(?:e|es|ing)|insert\w*|replac\w+|migrat\w+|patch\w*|scaffold\w*|document\w*|draft\w*|make|makes|"
    r"making|cod(?:e|es|ing)|programm?\w*|design\w*|configur\w+|set ?up|optimi[sz]\w+|improv\w+|report\w*|convert\w*|"
    r"translat\w+|format\w*|clean\w*|simplif\w+|file|files|record\w*|output\w*|prepar\w+|merg\w+|resolv\w+|log|logs|"
    r"note|notes|deliver\w*|tests?|compos\w+|craft\w*|plan\w*|architect\w*|prototyp\w+|construct\w*|integrat\w+"
)
_WEB = (
    r"web\w*|urls?|https?|fetch\w*|online|internet|sites?|pages?|download\w*|search\w*|look(?:s|ed|ing)? (?:it |them )?"
    r"up|research\w*|docs|documentation|links?|sources?|articles?|releas\w+|changelogs?|advisor(?:y|ies)|cves?|apis?|"
    r"latest|current|up[- ]to[- ]date|news|market\w*|compet\w+|trends?|librar\w+|packages?|vendors?|references?|"
    r"citations?|cit(?:e|es|ed)|external|public\w*|standards?|best practices?|official|versions?|manuals?|google|bing|"
    r"wiki\w*|stack ?overflow|context7|browser?\w*|papers?|specifications?|specs?|blog\w*|repositor\w+|verif\w+|"
    r"information|facts?|investigat\w+|evidence|discover\w*|find|explor\w+|gather\w*|inspir\w+|pric\w+|regulat\w+"
)
_DELEGATE = (
    r"delegat\w*|agents?|sub-?agents?|hand(?:s|ed|ing)? (?:it |them |this |that |work )?(?:off|over|to|back)|"
    r"hand-?offs?|"
    r"subtasks?|parallel|dispatch\w*|coordinat\w+|orchestrat\w+|team\w*|specialists?|spawn\w*|workers?|assign\w*|"
    r"tasks?|route[sd]?|routing|escalat\w+|consult\w*|collaborat\w+|colleagues?|reviewers?|experts?"
)
# One line, whatever marks stand around it: a word for what is to be done, words for where to put it, brackets, dots.
_STANDS_IN = re.compile(
    r"[\s\[(<{*_`]*(?:"
    r"(?:todo|tbd|tbc|fixme|wip)(?:[\])>}*_`.!\s]*\Z"
    r"|(?: ?:| [-\u2013\u2014]| (?:write|add|fill|describe|finish)\b)[^\n]*)"
    r"|lorem ipsum\b[^\n]*|(?:to be|not yet) (?:written|done|defined|filled in|added)|place-?holder(?: text)?"
    r"|(?:your|insert|enter|add|write|put|describe|replace)\b[^\n.]{0,40}\bhere"
    r"|(?:your |the )?(?:agent |system )?(?:prompt|description|instructions?)|\.\.\.|\u2026|\?\?\?|xxx+|-"
    r")[\])>}*_`.!\s]*\Z",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"<[^<>\n]{1,60}>|\[[^\[\]\n]{1,60}\]|\{\{[^{}\n]{1,60}\}\}")
SPEAKS_OF = {
    "shell": _RUN, "write": _CHANGE, "edit": _CHANGE, "notebook-edit": rf"{_CHANGE}|notebooks?|jupyter|cells?",
    "web-fetch": _WEB, "web-search": _WEB, "delegate": _DELEGATE,
}  # fmt: skip


def stands_in(text: str) -> bool:
    """Say whether a text is nothing but one line that says that something is to be written in its place."""
    return bool(_STANDS_IN.match(text) or _IN_BRACKETS.fullmatch(text.strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order that an agent can follow only with one of `needs`: what it does, and how prompts say it, verb first."""

    does: str
    needs: tuple[str, ...]
    pattern: re.Pattern[str]


# What may stand before an order: nothing but a number, a mark or such a word on its line, or the end of a sentence.
BEGINS = re.compile(
    r"[ \t]*(?:[-*+]|\d+[.)])?[ \t]*(?:\[[ x]\] )?(?:\*\*)?(?:(?:First|Then|Next|Always|Finally),? )?\Z"
    r"|.*[a-z`)][.:] \Z"
)
_PROGRAMS = (
    r"git|gh|npm|npx|yarn|pnpm|pip3?|uv|cargo|make|docker|kubectl|helm|terraform|pytest|ruff|mypy|eslint|tsc|go|mvn|"
    r"gradle|dotnet|curl|psql|dbt|python3?|node|bash|sh|ls|cat|grep|rg|find"
)
_FILE = r"`[\w./{}<>*-]+\.\w{1,5}`"
ORDERS = (
    Order(
        does="run commands",
        needs=("shell",),
        pattern=re.compile(
            rf"\b(?:[Rr]un|[Ee]xecute)(?: the(?: following)?(?: shell)? command)?:? "
            rf"(?:`\$?[ ]?(?:{_PROGRAMS})[ `][^`\n]*`?|git (?:diff|log|status|blame|show|fetch|bisect)\b)"
        ),
    ),
    Order(
        does="write files",
        needs=("write", "edit", "notebook-edit", "shell"),
        pattern=re.compile(
            rf"\b(?:(?:[Ww]rite|[Ss]ave|[Aa]ppend)\b[^.\n`]{{0,60}}\b(?:to|in|into|as) {_FILE}"
            rf"|[Cc]reate (?:a|an|the)?(?: new)? ?(?:file )?{_FILE})"
        ),
    ),
    Order(
        does="hand work to other agents",
        needs=("delegate",),
        pattern=re.compile(r"\b(?:[Dd]elegate|[Dd]ispatch|[Ss]pawn)\b[^.\n]{0,60}\b(?:sub-?)?agents?\b"),
    ),
    Order(
        does="search the web",
        needs=("web-search", "web-fetch", "shell"),
        pattern=re.compile(r"\b[Ss]earch (?:the web|online|the internet)\b"),
    ),
)
