"""The checks of `agentpkg check`: rules with stable codes, and what breaks them.

One module a group of codes. A check is a function from a `Subject` to findings, and looks at nothing else.
"""

from __future__ import annotations

from agentpkg.checks import bundles, description, fields, form, powers, prompt, references, safety, together

GROUPS = {
    "Form": (*form.RULES, *fields.RULES, *together.RULES),
    "Description": description.RULES,
    "Powers": (*powers.RULES, fields.LIFTS),
    "Prompt": prompt.RULES,
    "References": references.RULES,
    "Security": safety.RULES,
    "Bundle": bundles.RULES,
}
RULES = tuple(rule for rules in GROUPS.values() for rule in rules)
