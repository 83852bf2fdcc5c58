"""What alembic runs: the steps that lead from the tables there are to those of `_tables`, in one transaction."""

from alembic import context

from catallax.exchange._tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, the driver's old ways aside, which the store turned off
    render_as_batch=context.config.attributes["connection"].dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
