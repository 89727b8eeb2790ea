"""The workflow that `ci` writes: a check at every change, and a pull request where newer agents are there."""

from __future__ import annotations

import json
import re

_FOLDER = ".github/workflows"
# What brings newer versions as a pull request. action.yml of this repository runs the very same lines.
PROPOSE = """\
body="$RUNNER_TEMP/agents.md"
status=0
agentpkg update --accept-grants --yes --markdown > "$body" || status=$?
if test "$status" = 6 && test -s "$body"; then
  status=0 # edits are left to be merged by hand, and the text names them
fi
if test "$status" != 0; then
  exit "$status"
fi
git add --all -- . ':(exclude,glob)**/*.agentpkg-new'
if git diff --cached --quiet; then
  echo "nothing to update"
  exit 0
fi
there=""
if git fetch --quiet --depth 1 origin "refs/heads/$BRANCH" 2> /dev/null; then
  there="$(git rev-parse FETCH_HEAD)"
  if test "$(git log -1 --format=%an FETCH_HEAD)" != agentpkg; then
    echo "::notice::somebody has worked on $BRANCH, and it is left as it is; merge or delete it"
    exit 0
  fi
fi
git switch --quiet --force-create "$BRANCH"
git -c user.name=agentpkg -c user.email=agentpkg@users.noreply.github.com commit --quiet --message "Update agents"
git push --quiet --force-with-lease="refs/heads/$BRANCH:$there" origin "HEAD:refs/heads/$BRANCH"
if test "$(gh pr view "$BRANCH" --json state --jq .state 2> /dev/null)" = OPEN; then
  gh pr edit "$BRANCH" --body-file "$body"
else
  gh pr create --base "$BASE" --head "$BRANCH" --title "Update agents" --body-file "$body"
fi
"""
_WORKFLOW = """\
# Written by agentpkg ci; yours to change.
name: agents
on:
  pull_request:
  push:
    branches: [main, master]
  schedule:
    - cron: "23 5 * * 1" # Mondays
  workflow_dispatch:
permissions: {{}}
{below}concurrency:
  group: agents{mark}-${{{{ github.workflow }}}}-${{{{ github.event_name }}}}-${{{{ github.ref }}}}
  cancel-in-progress: true
jobs:
  check:
    name: agents are as agentpkg.lock has them{where}
    if: github.event_name == 'pull_request' || github.event_name == 'push'
    permissions:
      contents: read # the checkout, and nothing else
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - uses: {checkout}
        with:
          persist-credentials: false
      - uses: {python}
        with:
          python-version: "3.12"
      - run: pip install --quiet "agentpkg-cli=={version}"
      - run: agentpkg sync --check
      - run: agentpkg audit
  update:
    name: newer agents, as a pull request{where}
    if: github.event_name == 'schedule' || github.event_name == 'workflow_dispatch'
    permissions:
      contents: write # the branch of the pull request
      pull-requests: write # the pull request
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: {checkout} # zizmor: ignore[artipacked] (the branch is pushed with its credentials)
      - uses: {python}
        with:
          python-version: "3.12"
      - run: pip install --quiet "agentpkg-cli=={version}"
      - env:
          GH_TOKEN: ${{{{ github.token }}}}
          BASE: ${{{{ github.ref_name }}}}
          BRANCH: agentpkg/update{mark}
        run: |
{propose}"""
_CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd"  # v6.0.2
_PYTHON = "actions/setup-python@a309ff8b426b58ec0e2a45f0f869d46889d02405"  # v6.2.0


def workflow(version: str, folder: str = "") -> tuple[str, str]:
    """Return path and text of the workflow for a repository, which installs this version of agentpkg.

    `folder` is that of the project, where it does not lie at the repository's top: it gets a workflow of its own.
    """
    mark = f"-{re.sub('[^A-Za-z0-9]+', '-', folder).strip('-')}" if folder else ""
    text = _WORKFLOW.format(
        checkout=_CHECKOUT,
        python=_PYTHON,
        version=version,
        propose="".join(f"          {line}\n" for line in PROPOSE.splitlines()),
        mark=mark,
        where=f" ({mark[1:]})" if mark else "",
        below=f"defaults:\n  run:\n    working-directory: {json.dumps(folder)}\n" if folder else "",
    )
    return f"{_FOLDER}/agents{mark}.yml", text
