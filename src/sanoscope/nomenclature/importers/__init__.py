"""Official forms into plain tables: each file is recognised by its content, converted, merged into the workspace."""

from sanoscope.nomenclature.importers.form import Importer, Refused
from sanoscope.nomenclature.importers.load import IMPORTERS, LoadReport, load_path, recognise

__all__ = ["IMPORTERS", "Importer", "LoadReport", "Refused", "load_path", "recognise"]
