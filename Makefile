# Two commands do everything on a fresh machine: `make verify` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: verify test lint bench corpus mutate kernels report notebooks docs clean

verify: .venv/.installed
	$(BIN)/python -m derive verify --allow-open
	$(BIN)/python -m derive report --format html -o build/report
	$(BIN)/python -m derive report --format tex -o build/report

test: .venv/.installed-dev
	$(BIN)/python -m pytest -n 2

lint: .venv/.installed-dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m basedpyright
	$(BIN)/python -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

corpus: .venv/.installed-dev
	$(BIN)/python tests/corpus/measure.py --replay --list

bench: .venv/.installed-dev
	$(BIN)/python -m pytest tests/benchmarks --benchmark-columns=min,median,rounds -s

# For the night: the adversary over all papers. `make test` tries a sample.
mutate: .venv/.installed
	$(BIN)/python -m derive mutate

# For the night: every statement as a kernel, in every backend, against exact values; and wrong kernels against the checks.
kernels: .venv/.installed-dev
	DERIVE_EVERY_KERNEL=1 $(BIN)/python -m pytest -n 2 tests/kernels/test_every_statement.py tests/checks/test_wrong_kernels.py

report: .venv/.installed
	$(BIN)/python -m derive report --format html -o build/report
	$(BIN)/python -m derive report --format tex -o build/report

# The notebooks in the repository, run anew; a test says when they are behind their papers.
notebooks: .venv/.installed-dev
	$(BIN)/python -m derive notebook -o notebooks
	$(BIN)/python -m derive notebook examples/coupled-oscillators -o notebooks

docs: .venv/.installed-dev
	$(BIN)/python docs/commands.py
	$(BIN)/python -m sphinx --fail-on-warning --keep-going -q -b html docs build/docs

# Called through `python -m`, never through a console script: a script's first line breaks on a path with a space.
.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("derive needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=… to another one." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/.installed-dev: pyproject.toml .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ .venv/.installed

clean:
	rm -rf .venv build
