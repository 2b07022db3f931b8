# Every verb of the project; `make help` lists them.

PORT ?= 8000

# `PYTHON=/some/python make setup` chooses the interpreter; otherwise the first one that serves is taken.
PYTHONS = $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11

.DEFAULT_GOAL := help
.PHONY: help setup serve test check faults wordpress soak bench translations lock clean stale

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-14s%s\n", $$1, $$2 }' Makefile

setup: .venv/runtime ## set everything up in .venv, and nothing more

serve: .venv/runtime ## set up and serve the campaigns on http://127.0.0.1:8000 (PORT=... to change)
	@exec .venv/bin/clarion serve --port "$(PORT)"

test: .venv/dev ## set up and run every test (ARGS="-k signing" for some)
	@$(find_chromium); $(find_fonts); export CHROMIUM="$$chromium"; exec .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore=tests/faults --ignore=tests/wordpress $(ARGS)

check: .venv/dev ## what CI runs before the tests, fastest first
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/python -m clarion.i18n check
	.venv/bin/clarion docs --check
	.venv/bin/lint-imports
	.venv/bin/mypy

faults: .venv/dev ## kill, cut and starve the parts of a whole site, and count what is lost (about five minutes)
	.venv/bin/python -m pytest tests/faults $(ARGS)

wordpress: .venv/dev ## paste a petition into a real WordPress, from Debian's packages (about two minutes)
	@$(find_chromium); $(find_wordpress); export CHROMIUM="$$chromium"; exec .venv/bin/python -m pytest tests/wordpress $(ARGS)

soak: .venv/dev ## a random fault every ten seconds under load, then the books are compared (ARGS="--minutes 10")
	@PYTHONPATH=tests exec .venv/bin/python -m faults.soak $(ARGS)

bench: .venv/dev ## measure Clarion beside bare references (ARGS="signing page" for some rows, ARGS=--help for more)
	@PYTHONPATH=tests exec .venv/bin/python -m bench $(ARGS)

translations: .venv/runtime ## take new interface words into the catalogs of translations/
	.venv/bin/python -m clarion.i18n update

lock: .venv/folder ## pin again what pyproject.toml asks for (UPGRADE=1: at the newest versions)
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	.venv/bin/python -m venv "$$tools"; \
	"$$tools/bin/python" -m pip install -q --disable-pip-version-check 'uv>=0.9'; \
	compile() { "$$tools/bin/uv" pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' \
	  $(if $(UPGRADE),--upgrade) "$$@" > /dev/null; }; \
	compile --group build --group plugins -o requirements.lock; \
	sed -nE 's/^([a-z][^ ]*==[^\\]*) \\$$/\1/p' requirements.lock > "$$tools/pins"; \
	compile --group dev --constraint "$$tools/pins" -o requirements-dev.lock

clean: ## remove .venv and what the tools keep; what people signed, in var/, stays
	rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find campaigns config platform plugins tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

WORDPRESS = wordpress wordpress-theme-twentytwentyone wordpress-theme-twentytwentythree php-cli php-mysql php-xml \
  php-mbstring mariadb-server

# -- The set-up. Each stamp is younger than all that it was made from, so a second start calls no pip. --

pip = .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps

.venv/runtime: .venv/folder requirements.lock pyproject.toml $(wildcard plugins/*/pyproject.toml)
	@echo 'Setting up Clarion in .venv (once; about half a minute)'
	@$(pip) --require-hashes -r requirements.lock
	@$(pip) --no-build-isolation --editable . $(addprefix --editable ,$(wildcard plugins/*/))
	@touch $@

.venv/dev: .venv/runtime requirements-dev.lock
	@echo 'Setting up the tests in .venv (once; about a minute)'
	@$(pip) --require-hashes -r requirements-dev.lock
	@touch $@

# An environment belongs to its folder and to its Python: one that was moved, or whose Python is gone, is made anew.
ifneq ($(shell test -x .venv/bin/python && test "`cat .venv/folder 2>/dev/null`" = "`pwd -P`" && echo whole),whole)
.venv/folder: stale
endif

.venv/folder:
	@$(find_python); "$$python" -m venv --clear .venv && pwd -P > $@

# A name on the path is no promise (it may be a version manager's stub), so each candidate is asked.
# Newer Pythons than the locks know are taken last.
define find_python
python=; bare=; \
for most in 14 99; do for candidate in $(PYTHONS); do \
  "$$candidate" -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, $$most))" 2>/dev/null || continue; \
  if "$$candidate" -c 'import ensurepip, venv' 2>/dev/null; then python=$$candidate; break 2; fi; \
  bare=$${bare:-$$candidate}; \
done; done; \
if [ -z "$$python" ] && [ -n "$$bare" ]; then \
  echo "Clarion found $$bare, but without its venv module: install that (Debian, Ubuntu: apt install python3-venv) and try again." >&2; exit 1; \
elif [ -z "$$python" ]; then \
  echo "Clarion needs Python 3.11 or newer and found none: install it and try again (or name it: make PYTHON=/path/to/python3 ...)." >&2; exit 1; \
fi
endef

# Ubuntu's chromium-browser is only a stub where snap is missing, so each candidate is asked for its version.
define find_chromium
found() { for candidate in $$CHROMIUM chromium chromium-browser google-chrome google-chrome-stable \
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' /Applications/Chromium.app/Contents/MacOS/Chromium; do \
  chromium=$$(command -v "$$candidate") && "$$chromium" --version > /dev/null 2>&1 && return 0; done; chromium=; return 1; }; \
if ! found && command -v apt-get > /dev/null; then \
  sudo=; [ "`id -u`" = 0 ] || sudo='sudo -n'; \
  if [ -z "$$sudo" ] || $$sudo true 2> /dev/null; then \
    echo 'Installing the Debian package chromium for the browser tests (once; about a minute)'; \
    { $$sudo apt-get -qq update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 --no-install-recommends install chromium; } \
      > /dev/null 2>&1 < /dev/null; \
    found; \
  fi; \
fi; \
[ -n "$$chromium" ] || echo 'No Chromium was found and none could be installed: the browser tests need chromium or google-chrome on the path.' >&2
endef

# The many scripts that a pack is set in; where they cannot be had, its tests of scripts are left out.
define find_fonts
noto() { [ -e /usr/share/fonts/truetype/noto/NotoSansEthiopic-Regular.ttf ] && [ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ]; }; \
if ! noto && command -v apt-get > /dev/null; then \
  sudo=; [ "`id -u`" = 0 ] || sudo='sudo -n'; \
  if [ -z "$$sudo" ] || $$sudo true 2> /dev/null; then \
    echo 'Installing the Debian packages fonts-noto-core and fonts-noto-cjk for the tests of packs (once; about a minute)'; \
    { $$sudo apt-get -qq update && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 --no-install-recommends install fonts-noto-core fonts-noto-cjk; } \
      > /dev/null 2>&1 < /dev/null || true; \
  fi; \
fi
endef

# Only where packages start no services of their own, as in a container; elsewhere the tests say what to install.
define find_wordpress
wordpress() { [ -e /usr/share/wordpress/wp-load.php ] && [ -e /usr/share/wordpress/wp-content/themes/twentytwentyone ] && \
  [ -e /usr/share/wordpress/wp-content/themes/twentytwentythree ] && command -v php mariadb mariadb-install-db > /dev/null; }; \
if ! wordpress && command -v apt-get > /dev/null && [ "`id -u`" = 0 ] && [ -x /usr/sbin/policy-rc.d ]; then \
  echo 'Installing the Debian packages of WordPress, PHP and MariaDB (once; a minute, 300 MB)'; \
  { apt-get -qq update && env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 --no-install-recommends install $(WORDPRESS); } \
    > /dev/null 2>&1 < /dev/null || true; \
fi
endef
