"""What an operator sets to have models asked."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class StructuredForm(StrEnum):
    """How a server is told the schema that an answer must have."""

    JSON_SCHEMA = "json_schema"
    """OpenAI's form: llama.cpp's own server, Ollama, vLLM."""
    JSON_OBJECT = "json_object"
    """With a `schema` beside it: llama-cpp-python's server."""


class ModelSettings(BaseModel):
    """How models are reached. Which ones may be used is policy."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_base: str | None = None
    """URL of an OpenAI-compatible server, for local models."""
    api_key: SecretStr | None = None
    timeout_seconds: float = Field(default=120.0, gt=0)
    context_tokens: int | None = Field(default=None, ge=2_048)
    """What the model can read at once, where that is little: below 16384 it is told everything
    more briefly. Unset: no bound but the provider's."""
    structured: StructuredForm | None = None
    """Bind each answer to the JSON of one tool call, for models without native tool calls."""
    detached: bool = True
    """Ask by a child process, so that a worker that is killed while it waits pays nothing twice."""
    cache: bool = False
    """Answer a question that was asked before, in any incident, by the reply that is kept of it."""
    record: Path | None = None
    """File to which every reply is added, to be replayed."""
    replay: Path | None = None
    """Recorded session that answers instead of any model, offline."""
    input_usd_per_million: float | None = Field(default=None, ge=0)
    """Price where litellm knows none, or the server is `api_base`; 0 for a free local model.
    A model without a known price is not asked."""
    output_usd_per_million: float | None = Field(default=None, ge=0)
    """Price of output; give both prices, or none."""

    @model_validator(mode="after")
    def _both_prices(self) -> Self:
        if (self.input_usd_per_million is None) != (self.output_usd_per_million is None):
            raise ValueError("give input_usd_per_million and output_usd_per_million, or none")
        return self
