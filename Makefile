# Tout ce qu'il faut : Python >= 3.11, git et make. « make help » dit le reste.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installe

.PHONY: help setup demo test tools lint types walls audit unit docs fuzz sbom format lock release bench clean

help: ## affiche cette aide
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## installe tout dans .venv, à partir des versions figées

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) scripts/setup.py $(VENV)
	@touch $(STAMP)

demo: setup ## un pays synthétique, des fichiers à la page servie (http://127.0.0.1:8000)
	$(BIN)/sanoscope demo

test: setup tools lint types walls audit unit ## tout ce que l'intégration continue vérifie

tools: ## ce que les tests demandent hors de Python (Chromium, R) : installé si l'on peut, sinon dit ce qui sera sauté
	@$(PYTHON) scripts/tools.py

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

walls: setup ## l'ordre des pièces de la maison
	$(BIN)/lint-imports

audit: setup ## les failles connues des versions figées ; dit s'il n'a pu les chercher
	$(BIN)/python scripts/audit.py

unit: setup
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

docs: setup ## le site de la documentation, dans site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

FUZZ_SECONDS ?= 60

fuzz: setup ## atheris sur tout ce qui lit du dehors, une minute chacun (FUZZ_SECONDS=600 pour plus)
	@for one in $$($(BIN)/python -m tests.fuzz); do \
		echo "== $$one"; \
		$(BIN)/python -m tests.fuzz $$one .fuzz/$$one -max_total_time=$(FUZZ_SECONDS) -timeout=20 || exit 1; \
	done

sbom: setup ## de quoi le logiciel est fait : sbom.json (CycloneDX), vérifié
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --validate -o sbom.json $(BIN)/python

format: setup ## met le code en forme
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

FIGER := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

lock: ## refige les versions, de tout et de ce qui sert (uv doit être dans .venv)
	$(FIGER) --extra dev -o requirements.lock
	$(FIGER) --extra depot --extra postgresql --extra sdmx --extra assistant -c requirements.lock -o requirements-serveur.lock

release: setup ## les fichiers d'une version, deux fois les mêmes, avec leur nomenclature et leurs empreintes : dist/
	$(BIN)/python scripts/release.py faire dist

bench: setup ## mesures de benchmarks/, chacune un rapport pris dans la même exécution
	$(BIN)/python -m benchmarks

clean: ## retire l'environnement et l'espace de travail de démonstration
	rm -rf $(VENV) demo-workspace
