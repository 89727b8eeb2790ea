#!/bin/sh
# Installs a bundle for six hosts into a scratch project and shows what was written.
# usage: demo.sh FOLDER, the folder of the agentpkg command
set -eu
PATH=$1:$PATH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
AGENTPKG_CACHE_DIR=$scratch/cache
export PATH AGENTPKG_CACHE_DIR
mkdir "$scratch/project"
cd "$scratch/project"
git init --quiet .

run() {
    echo
    echo "\$ $*"
    "$@"
}

run agentpkg install data-engineer --host claude --host copilot --host cursor --host codex --host opencode --host gemini
run cat agentpkg.toml
for file in .claude/agents/data-engineer.md .opencode/agents/data-engineer.md .codex/agents/data-engineer.toml; do
    run head -n 14 "$file"
done
run agentpkg install data-engineer
rm .claude/agents/data-engineer.md
run agentpkg sync
run agentpkg sync --check
run agentpkg list
