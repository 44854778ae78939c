"""What every engine can do, and nothing more: so that one can be put in place of another."""

from typing import Protocol

import pyarrow as pa

from sanoscope.engine.plan import Plan


class Engine(Protocol):
    """Runs plans over named tables. All engines give the same rows for the same plan, in any order unless sorted."""

    def run(self, plan: Plan) -> pa.Table:
        """Return the rows of a plan.

        Raises:
            SanoscopeError: a table or a column does not exist, or a limit was reached.
        """

    def create(self, name: str, plan: Plan) -> int:
        """Make a table of a plan's rows and return how many there are."""

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns of a table."""
