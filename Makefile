# Every target sets up what it needs in .venv; nothing else has to be installed but Python 3.11 or newer, git and make.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
DEVELOP := .venv/.develop
SUPPLY := .venv/supply
SITE := .venv/mkdocs
# $(call have,COMMAND,PACKAGE): a command that Debian has in PACKAGE, installed where that disturbs nobody
have = command -v $(1) > /dev/null || test -x /usr/sbin/$(1) \
	|| { test "$$(id -u)" = 0 && test ! -d /run/systemd/system && apt-get update -qq \
		&& apt-get install -qq -y --no-install-recommends $(2) > /dev/null; } \
	|| { echo "make $@ needs $(1): install $(2)"; exit 1; }
CONFORMANCE = CONFORMANCE_ALL="$(ALL)" CONFORMANCE_WITHOUT="$(WITHOUT)" CONFORMANCE_REPORT="$(REPORT)" \
	CONFORMANCE_BUNDLES="$(BUNDLES)"

.PHONY: help demo test lint types crash fuzz hostile soak servers docs tools browser editors conformance conformance-all wheel bench bench-quick bench-page check supply clean

help:
	@echo "make demo    install bundles from the embedded registry into a scratch project, and show what was written"
	@echo "make test    the tests, in a minute or two"
	@echo "make lint    ruff: style and formatting"
	@echo "make types   mypy --strict over package and tests"
	@echo "make crash   kill commands at every call that changes the disk, and make each of these calls fail; needs strace"
	@echo "make fuzz    agent files of every host, bent in every way: none is read as more than it says; and all examples"
	@echo "             of the properties that make test tries with some"
	@echo "make hostile attacks by bundles, registries, lockfiles and the environment, each with a harmless twin"
	@echo "make soak    many processes on one project and one cache, with kills, and random histories"
	@echo "make servers publish and fetch over a real ssh server, and by twenty processes at once; needs sshd"
	@echo "make docs    run every command that the documentation shows, and build its site in .venv/site; needs tmux"
	@echo "make tools   complete in real shells, and run the hooks under the real pre-commit; needs bash, zsh and fish"
	@echo "make browser look at the catalogue page in a real browser (PICTURES=1 draws docs/images anew); needs chromium and npm"
	@echo "make editors give the schemas to Taplo and to the services behind VS Code; needs npm"
	@echo "make wheel   build the wheel, and try it in an environment of its own"
	@echo "make conformance  give every agent to the real clients, offline (WITHOUT=\"qwen\" leaves one out; REPORT=1"
	@echo "             writes docs/conformance.md; BUNDLES=FOLDER gives them your own too); needs npm"
	@echo "make bench-quick  agentpkg beside its rivals, in a few cases; fails where a ratio is far off; needs npm"
	@echo "make check   all of the above"
	@echo "make bench   agentpkg beside its rivals, in all cases, in half an hour: writes docs/performance.md; needs npm"
	@echo "make bench-page   the same page and its pictures, of the results that are there"
	@echo "make supply  known weaknesses in what agentpkg needs, in its code and in its workflows (SUPPLY_OFFLINE=1: where no"
	@echo "             advisories can be read, the first is left out)"
	@echo "make conformance-all  make conformance with more clients; needs Python 3.12 or newer beside npm"
	@echo "make clean   remove what these targets made"

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "agentpkg needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --editable .
	$(BIN)/python -m compileall -q agentpkg
	@touch $@

$(DEVELOP): $(INSTALLED)
	$(BIN)/pip install --quiet --group dev
	@touch $@

demo: $(INSTALLED)
	@sh docs/demo.sh $(CURDIR)/.venv/bin

test: $(DEVELOP)
	$(BIN)/python -m pytest --numprocesses 2

lint: $(DEVELOP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEVELOP)
	$(BIN)/mypy

crash: $(DEVELOP)
	@test "$$(uname)" != Linux || { $(call have,strace,strace); }
	$(BIN)/python -m pytest -m crash --numprocesses 2

fuzz: $(DEVELOP)
	EXAMPLES=all $(BIN)/python -m pytest -m "fuzz or (hypothesis and not soak)" --numprocesses 2

hostile: $(DEVELOP)
	$(BIN)/python -m pytest -m hostile --numprocesses 2

soak: $(DEVELOP)
	@test "$$(id -u)" != 0 || test ! -e /dev/fuse || { $(call have,mkfs.exfat,exfatprogs exfat-fuse); }
	$(BIN)/python -m pytest -m soak --numprocesses 2

servers: $(DEVELOP)
	@$(call have,sshd,openssh-server)
	$(BIN)/python -m pytest -m servers

tools: $(DEVELOP)
	@$(call have,zsh,zsh)
	@$(call have,fish,fish)
	$(BIN)/python -m pytest -m tools tests/tools tests/cli

browser: $(DEVELOP)
	@command -v google-chrome > /dev/null || { $(call have,chromium,chromium fonts-dejavu-core); }
	$(BIN)/pip install --quiet --group browser
	$(BIN)/python -m tests.browser.place
	BROWSER_PICTURES="$(PICTURES)" $(BIN)/python -m pytest -m browser tests/browser

editors: $(DEVELOP)
	$(BIN)/python -m tests.editors.place
	$(BIN)/python -m pytest -m editors tests/editors

conformance: $(DEVELOP)
	$(CONFORMANCE) $(BIN)/python -m tests.conformance.install
	$(CONFORMANCE) $(BIN)/python -m pytest -m conformance tests/conformance

conformance-all: ALL = 1
conformance-all: conformance

wheel: $(DEVELOP)
	rm -rf dist .venv/wheel
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .
	$(PYTHON) -m venv .venv/wheel
	.venv/wheel/bin/pip install --quiet dist/*.whl
	sh docs/demo.sh $(CURDIR)/.venv/wheel/bin > /dev/null
	$(BIN)/python -m tests.wheel .venv/wheel/bin dist

$(SITE)/.installed: $(DEVELOP)
	$(PYTHON) -m venv $(SITE)
	$(BIN)/pip --python $(SITE)/bin/python install --quiet --group docs
	@touch $@

docs: $(SITE)/.installed
	@$(call have,tmux,tmux)
	$(BIN)/python -m pytest -m docs tests/docs --numprocesses 2
	NO_MKDOCS_2_WARNING=1 $(SITE)/bin/python -m mkdocs build --strict --quiet
	$(BIN)/python -m tests.docs.alone .venv/site

$(SUPPLY)/.installed: $(DEVELOP)
	$(PYTHON) -m venv $(SUPPLY)
	$(BIN)/pip --python $(SUPPLY)/bin/python install --quiet --group supply
	@touch $@

supply: $(SUPPLY)/.installed
	$(SUPPLY)/bin/bandit --quiet --recursive --configfile pyproject.toml agentpkg
	$(SUPPLY)/bin/zizmor --quiet --offline --persona pedantic .github action.yml
	SUPPLY_OFFLINE="$(SUPPLY_OFFLINE)" $(BIN)/python -m tests.supply $(SUPPLY)/bin/pip-audit

bench: $(INSTALLED)
	$(BIN)/python -m bench

bench-quick: $(INSTALLED)
	$(BIN)/python -m bench quick

bench-page: $(INSTALLED)
	$(BIN)/python -m bench page

check: demo lint types test crash fuzz hostile soak servers docs tools browser editors conformance wheel bench-quick

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache
