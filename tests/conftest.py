"""Starts the embedded PostgreSQL once, and gives what many tests need."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from pytest_django.plugin import blocking_manager_key

from newsroom.core import database

migrated_rows = pytest.StashKey[dict[str, bytes]]()
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
    """So that Django makes no permissions anew when it empties the tables."""
    for item in items:
        if is_transactional(item):
            marker = pytest.mark.django_db(transaction=True, serialized_rollback=True)
            item.add_marker(marker, append=False)


def is_transactional(item: pytest.Item) -> bool:
    """Whether the test commits, so that Django empties every table after it."""
    marker = item.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        return True
    names = getattr(item, "fixturenames", ())
    return bool({"transactional_db", "live_server"}.intersection(names))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None):
    """Put back what the migrations wrote, after a test that emptied every table."""
    result = yield
    # After the last test of a run the connection leads to the real database again.
    if nextitem is not None and is_transactional(item):
        with item.config.stash[blocking_manager_key].unblock():
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM procrastinate_jobs")
                cursor.execute("DELETE FROM procrastinate_workers")
            _put_back(item.config.stash[migrated_rows])
    return result


def _written_by_migrations() -> dict[str, bytes]:
    """Each table that has rows, as COPY gives it."""
    tables = connection.introspection.django_table_names(only_existing=True)
    rows = {}
    with connection.cursor() as cursor:
        for table in tables:
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                rows[table] = b"".join(copy)
    return {table: content for table, content in rows.items() if content}


def _put_back(rows: dict[str, bytes]) -> None:
    """All at once and by COPY: Django's own way takes half a second a test."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, content in rows.items():
            with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                copy.write(content)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, request):
    """Keep what the migrations wrote; at the end cut off who holds the database."""
    with django_db_blocker.unblock():
        request.config.stash[migrated_rows] = _written_by_migrations()
        # What Django would write row by row before each such test is there already.
        connection._test_serialized_contents = "[]"
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )


@pytest.fixture(autouse=True)
def _no_loop_of_the_browser(request):
    """Playwright leaves its loop running in this thread; other tests expect none."""
    if request.node.get_closest_marker("browser"):
        yield
        return
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture(scope="session", autouse=True)
def _files_go_when_the_run_ends():
    yield
    shutil.rmtree(Path(settings.MEDIA_ROOT).parent, ignore_errors=True)


@pytest.fixture
def sign_in(client):
    """Sign the test client in: ``sign_in(user)``."""

    def sign_in(user):
        client.force_login(
            user, backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return client

    return sign_in
