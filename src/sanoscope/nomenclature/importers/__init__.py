"""Official forms into plain tables: each file is recognised by its content, converted, merged into the workspace."""

from sanoscope.nomenclature.importers.load import LoadReport, load_path

__all__ = ["LoadReport", "load_path"]
