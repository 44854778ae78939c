"""The notebooks of the documentation run from the first cell to the last, on a site; they are kept without outputs."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

PATHS = sorted((Path(__file__).parents[2] / "docs" / "carnets").glob("*.ipynb"))


@pytest.fixture(scope="module")
def kernel(site: str) -> Iterator[AsyncKernelManager]:
    """One kernel for all of them: each begins from nothing."""
    manager = AsyncKernelManager(kernel_name="python3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANOSCOPE_ADRESSE", site)
        yield manager
    NotebookClient(nbformat.v4.new_notebook(), km=manager)._cleanup_kernel()


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def test_there_is_one_for_each_question() -> None:
    assert len(PATHS) == 5


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_a_notebook_is_kept_without_outputs_and_says_how_to_read_masks(path: Path) -> None:
    book = read(path)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    said = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    assert "Lire les masques" in said and "ne s'additionne pas" in said and "nulle n'est pas zéro" in said
    assert ".citation" in code[-1].source


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_a_notebook_runs_and_shows_its_tables(path: Path, kernel: AsyncKernelManager) -> None:
    book = read(path)
    book.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))
    NotebookClient(book, km=kernel, timeout=60).execute()
    shown = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [one for one in shown if one.output_type == "error" or one.get("name") == "stderr"]
    assert any('class="sanoscope"' in one.get("data", {}).get("text/html", "") for one in shown) or "03" in path.stem
    assert "Sanoscope. " in shown[-1]["text"] and "edition=petite" in shown[-1]["text"]
