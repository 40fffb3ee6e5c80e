"""The real sandbox, once as this user's own runs are made and once in a user namespace."""

from pathlib import Path

import pytest

from integrations.bubblewrap.identity import Identity, own_identity
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from tests.sandbox.attacks import Arena

IDENTITIES = {"own": own_identity, "namespace": lambda: Identity(uid=None)}


@pytest.fixture(params=sorted(IDENTITIES))
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Arena:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "kept.txt").write_text("as it was", encoding="utf-8")
    identify = IDENTITIES[request.param]
    return Arena(sandbox=BubblewrapSandbox(tmp_path / "root", identify=identify), tree=tree)
