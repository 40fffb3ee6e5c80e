"""Which model adapter the settings choose, and what is kept of its replies."""

from functools import partial
from pathlib import Path

from integrations.filesystem.replies import DirectoryReplies
from integrations.filesystem.sessions import RecordedModel, RecordingModel
from integrations.litellm.detached import DetachedModel
from integrations.litellm.kept import KeptModel
from integrations.litellm.model import LitellmModel
from suture.model_settings import ModelSettings
from suture.ports.model import Model


def choose_model(settings: ModelSettings, state: Path) -> Model:
    """Return what asks models, or answers from a recorded session."""
    if settings.replay is not None:
        return RecordedModel(settings.replay)
    build = partial(keeping_model, settings, state / "replies")
    model: Model = DetachedModel(build) if settings.detached else build()
    return model if settings.record is None else RecordingModel(model, settings.record)


def keeping_model(settings: ModelSettings, replies: Path) -> Model:
    """Return litellm's models, each reply of which is kept before it is heard."""
    return KeptModel(LitellmModel(settings), DirectoryReplies(replies), shared=settings.cache)
