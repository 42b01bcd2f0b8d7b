"""The peer of the HTTP figure: FastAPI, one pydantic body, one insert on a pool as ours, and nothing else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from shared.runtime.pool import connect


class Draft(BaseModel):
    """The same fields as the command's body."""

    source: str
    channel: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool."""
    app.state.pool = await connect(os.environ["BARE_DATABASE_URL"], size=24)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@app.put("/rows/{row_id}", status_code=201)
async def put_row(row_id: UUID, draft: Draft) -> dict[str, str]:
    """Insert one row."""
    await app.state.pool.execute("INSERT INTO bare VALUES ($1, $2, $3)", row_id, draft.source, draft.channel)
    return {"id": str(row_id)}


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["BARE_PORT"]), loop="uvloop", http="httptools", log_level="warning"
    )
