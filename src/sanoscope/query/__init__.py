"""From a frozen `Query` to a `Table` of cells with states."""
