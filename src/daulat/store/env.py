# SPDX-License-Identifier: Apache-2.0
"""Alembic's way into our schema: run its steps on the connection that `daulat.store.migrate` gives, or print them."""

from alembic import context


def _run() -> None:
    connection = context.config.attributes["connection"]
    if connection is None:
        context.configure(dialect_name="postgresql", output_buffer=context.config.output_buffer)
    else:
        context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


# Alembic executes this file under its own name for it; any other import of it should be quiet.
if __name__ == "env_py":
    _run()
