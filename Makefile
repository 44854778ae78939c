# Tout ce qu'il faut : Python >= 3.11, git et make. « make help » dit le reste.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installe

.PHONY: help setup demo test lint types walls unit format lock bench clean

help: ## affiche cette aide
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## installe tout dans .venv, à partir des versions figées

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) scripts/setup.py $(VENV)
	@touch $(STAMP)

demo: setup ## un pays synthétique, des fichiers à la page servie (http://127.0.0.1:8000)
	$(BIN)/sanoscope demo

test: setup lint types walls unit ## tout ce que l'intégration continue vérifie

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

walls: setup ## l'ordre des pièces de la maison
	$(BIN)/lint-imports

unit: setup
	$(BIN)/pytest -n 2

format: setup ## met le code en forme
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## refige les versions (uv doit être dans .venv)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements.lock

bench: setup ## mesures de benchmarks/, chacune un rapport pris dans la même exécution
	$(BIN)/python -m benchmarks

clean: ## retire l'environnement et l'espace de travail de démonstration
	rm -rf $(VENV) demo-workspace
