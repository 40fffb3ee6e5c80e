"""Attacks meet the service that the tests of models meet: what a repair needs is built once."""

from tests.model.conftest import engine_address, shop

__all__ = ["engine_address", "shop"]
