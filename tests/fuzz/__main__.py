"""``python -m tests.fuzz TARGET CORPUS [-runs=N] [-seed=N] [-max_total_time=S]``: atheris on one target.

What comes after the corpus is for libFuzzer. Without arguments, the names of the targets.
"""

import os
import sys
from pathlib import Path

import atheris

READERS = (
    "access.scope",
    "catalogue",
    "formats",
    "intake",
    "nomenclature",
    "operate",
    "query.criteria",
    "search",
    "web",
)
"""What is instrumented: what reads, not what counts."""

with atheris.instrument_imports(include=[f"sanoscope.{name}" for name in READERS], enable_loader_override=False):
    from sanoscope.errors import SanoscopeError
    from tests.fuzz.targets import TARGETS


def main() -> None:
    if len(sys.argv) < 3:
        print("\n".join(TARGETS))
        return
    name, corpus = sys.argv[1], Path(sys.argv[2])
    target = TARGETS[name]
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"graine-{number}").write_bytes(seed)
    os.fsync = lambda _: None  # what is lost by a power cut is not what is looked for here

    def one(data: bytes) -> None:
        try:
            target.one(data)
        except SanoscopeError:
            return

    atheris.Setup([sys.argv[0], str(corpus), f"-artifact_prefix={corpus.parent}/{name}-", *sys.argv[3:]], one)
    atheris.Fuzz()


main()
