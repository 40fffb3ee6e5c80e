"""What all domain values have in common, and the small types they are made of."""

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of the content, lower-case hexadecimal: the address of an artifact."""

CommitSha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
"""A full git object name."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]
"""A name that is safe in paths, branch names, labels and workflow ids."""

Folder = Annotated[str, AfterValidator(lambda path: path.strip("/"))]
"""A directory inside a repository, without slashes at its ends; empty: the repository's root."""

Instant = AwareDatetime
"""A moment with its time zone. Workflows take theirs from Temporal's clock."""

Line = Annotated[str, StringConstraints(max_length=500)]
"""One line of text for people."""

Prose = Annotated[str, StringConstraints(max_length=8_000)]
"""A bounded text for people. Longer things are artifacts."""


class Value(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
