"""Every test of this folder traces."""

import pytest

import harness


@pytest.fixture(autouse=True)
def root():
    harness.require_root()
