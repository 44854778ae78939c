"""How Alembic runs the migrations: on the connection of `database.upgraded`, within its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
