"""A fix stage that several modules look at: building it takes seconds."""

import pytest

from suture.domain.verification import Verification
from tests.activities.stage import FixStage, set_stage


@pytest.fixture(scope="session")
def tiers(tmp_path_factory: pytest.TempPathFactory) -> FixStage:
    """A regression whose right answer the last good commit knows."""
    return set_stage("loyalty-tiers", tmp_path_factory.mktemp("tiers"))


@pytest.fixture(scope="session")
def verified(tiers: FixStage) -> Verification:
    report = tiers.trial(tiers.propose(), tiers.reproduction)
    assert report.verification is not None
    return report.verification
