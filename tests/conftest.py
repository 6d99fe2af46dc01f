"""Starts the embedded PostgreSQL once, and gives what many tests need."""

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from newsroom.core import database

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"


def need(tool: str) -> str:
    """The path of a program; without it the test is skipped, or fails in CI."""
    path = shutil.which(tool)
    if path is None:
        words = f"{tool} is not installed"
        if REQUIRE_ALL:
            pytest.fail(words)
        pytest.skip(words)
    return path


def pytest_configure(config: pytest.Config) -> None:
    if settings.DATABASE_EMBEDDED:
        database.start(settings.DATA_DIR)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come first: they are the slowest, and xdist deals them out."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(scope="session", autouse=True)
def _files_go_when_the_run_ends():
    yield
    shutil.rmtree(Path(settings.MEDIA_ROOT).parent, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_job_is_left_behind(request):
    """Django's flush after a transactional test does not know these tables."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        blocker = request.getfixturevalue("django_db_blocker")
        with blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
            cursor.execute("DELETE FROM procrastinate_workers")


@pytest.fixture
def sign_in(client):
    """Sign the test client in: ``sign_in(user)``."""

    def sign_in(user):
        client.force_login(
            user, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return client

    return sign_in
