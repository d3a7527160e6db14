"""Runs each snippet of a folder and asks its connection one question. Prints one line a snippet."""

import asyncio
import importlib.metadata
import os
import sys

folder, question = sys.argv[1:]


async def over_asyncio(values):
    if "connect" in values:
        connection = await values["connect"]()
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()
    import sqlalchemy

    engine = values["engine"]
    try:
        async with engine.connect() as connection:
            return await connection.scalar(sqlalchemy.text(question))
    finally:
        await engine.dispose()


def ask(values):
    if "connect" in values or "create_async_engine" in values:
        return asyncio.run(asyncio.wait_for(over_asyncio(values), 50))
    if "engine" in values:
        import sqlalchemy

        with values["engine"].connect() as connection:
            return connection.scalar(sqlalchemy.text(question))
    cursor = values["connection"].cursor()
    cursor.execute(question)
    return cursor.fetchone()[0]


for number in range(len(os.listdir(folder))):
    with open(os.path.join(folder, str(number)), encoding="utf-8", newline="") as file:
        text = file.read()
    values = {}
    try:
        exec(compile(text, f"snippet {number}", "exec"), values)
        print("ok", ask(values))
    except Exception as error:
        print("error", type(error).__name__, " ".join(str(error).split()))

for name, module in [
    ("psycopg", "psycopg"),
    ("psycopg2-binary", "psycopg2"),
    ("asyncpg", "asyncpg"),
    ("SQLAlchemy", "sqlalchemy"),
]:
    if module in sys.modules:
        print("program", name.removesuffix("-binary"), importlib.metadata.version(name))
