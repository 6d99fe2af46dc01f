"""PostgreSQL: the server that comes with the site, and what every server must be.

Demo, development and tests run a server of their own in the data folder. It belongs
to the folder, not to a process: whoever needs it starts or joins it, and no client's
death ends it. It listens on a socket in a folder that only its user can open.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import DatabaseWrapper

from newsroom.core import cluster
from newsroom.core.cluster import CannotStart, Folders

OLDEST_VERSION = 15
NAME = "newsroom"
EMPTY_TWIN = "newsroom_empty"
USER = "newsroom"


def configuration(data_dir: Path) -> dict[str, Any]:
    """The entry for ``DATABASES`` that leads to the folder's server. Starts nothing."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": NAME,
        "USER": USER,
        "PASSWORD": "",
        "HOST": str(_folders(data_dir).socket),
        "PORT": str(cluster.PORT),
        "EMBEDDED": True,
        "TEST": {"NAME": f"test_{NAME}", "TEMPLATE": EMPTY_TWIN},
    }


def start(data_dir: Path) -> bool:
    """Start the folder's server, or join it if it runs. True if this call started it.

    Any number of processes may call it at once. Raises ``CannotStart``.
    """
    folders = _folders(data_dir)
    cluster.check_owner(folders)
    if _answers(folders, NAME, USER):
        return False

    with _lock(folders):
        is_joined = _join(folders)
        if not is_joined:
            cluster.prepare(folders)
            _launch(folders)
        _create_databases(folders)
    return not is_joined


def stop(data_dir: Path) -> None:
    """Stop the folder's server, cutting off its clients. Nothing to do if it rests."""
    folders = _folders(data_dir)
    cluster.check_owner(folders)
    if folders.cluster.exists():
        with _lock(folders):
            _halt(folders)
            with contextlib.suppress(OSError):
                folders.socket.rmdir()


def is_used(data_dir: Path) -> bool:
    """Whether anybody is connected to the folder's server now."""
    # Not through a pool, which opens connections as it sees fit.
    with _connect(_folders(data_dir), NAME, USER) as connection:
        found = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE backend_type ="
            " 'client backend' AND pid <> pg_backend_pid())"
        ).fetchone()
    return bool(found and found[0])


def check_locale(connection: BaseDatabaseWrapper) -> None:
    """Refuse a server too old for us, or a database that cannot lower Cyrillic."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0]) // 10_000
        if version < OLDEST_VERSION:
            raise ImproperlyConfigured(
                f"The database server is PostgreSQL {version}; Newsroom needs "
                f"{OLDEST_VERSION} or newer."
            )
        try:
            cursor.execute("SELECT lower('Я')")
            lowered = cursor.fetchone()[0]
        except DataError:  # the database's encoding has no such letter
            lowered = ""
    if lowered != "я":
        raise ImproperlyConfigured(
            "The database's locale leaves Cyrillic letters in capitals, so that search "
            "and sign-in would fail. Create it anew and restore your backup into it: "
            "CREATE DATABASE newsroom TEMPLATE template0 ENCODING 'UTF8' LOCALE "
            "'C.UTF-8'; (from PostgreSQL 17 on also LOCALE_PROVIDER builtin "
            "BUILTIN_LOCALE 'C.UTF-8')."
        )


def close_pools() -> None:
    """Close the process's pools of connections, so that it can end at once."""
    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper):
            connection.close()
            connection.close_pool()


def _folders(data_dir: Path) -> Folders:
    return Folders(data_dir.resolve())


def _connect(folders: Folders, name: str, user: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=str(folders.socket),
        port=cluster.PORT,
        dbname=name,
        user=user,
        connect_timeout=5,
        autocommit=True,
    )


def _answers(folders: Folders, name: str, user: str) -> bool:
    try:
        (folders.cluster / "postmaster.pid").lstat()  # not of a deleted data folder
        cluster.check_private(folders.socket)
        _connect(folders, name, user).close()
    except (FileNotFoundError, psycopg.OperationalError):
        return False
    return True


@contextlib.contextmanager
def _lock(folders: Folders) -> Iterator[None]:
    """Let one process at a time start or stop the folder's server."""
    folders.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folders.data / "postgresql.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _join(folders: Folders) -> bool:
    """Wait until the server that runs in the folder answers. False if none runs."""
    if _postmaster(folders) is None:
        return False

    began = time.monotonic()
    while not _answers(folders, "postgres", cluster.SUPERUSER):
        waited = time.monotonic() - began
        if waited > 5 and not (folders.socket / f".s.PGSQL.{cluster.PORT}").exists():
            # The data folder was moved, or someone tidied away the socket: nobody can
            # reach this server any more.
            _halt(folders)
            return False
        if waited > cluster.SECONDS_TO_START:
            raise CannotStart(_with_log(folders, "PostgreSQL runs but does not answer"))
        time.sleep(0.1)
    return True


def _postmaster(folders: Folders) -> int | None:
    """The process id of the folder's server, if it runs."""
    try:
        noted = (folders.cluster / "postmaster.pid").read_text().partition("\n")[0]
    except FileNotFoundError:
        return None
    return int(noted) if int(noted) in cluster.server_processes(folders) else None


def _launch(folders: Folders) -> None:
    # pg_ctl gives the server a session of its own: Ctrl-C in our terminal is not its.
    done = cluster.run(
        "pg_ctl",
        "start",
        "--wait",
        f"--timeout={cluster.SECONDS_TO_START}",
        f"--pgdata={folders.cluster}",
        f"--log={folders.log}",
    )
    if done.returncode:
        raise CannotStart(_with_log(folders, "PostgreSQL did not start"))


def _halt(folders: Folders) -> None:
    if _postmaster(folders) is None:
        return
    done = cluster.run(
        "pg_ctl",
        "stop",
        "--mode=fast",
        "--wait",
        f"--timeout={cluster.SECONDS_TO_START}",
        f"--pgdata={folders.cluster}",
    )
    if done.returncode:
        raise CannotStart(_with_log(folders, "PostgreSQL did not stop"))


def _with_log(folders: Folders, complaint: str) -> str:
    try:
        tail = folders.log.read_text(errors="replace").splitlines()[-15:]
    except FileNotFoundError:
        tail = ["(no log was written)"]
    return "\n".join(
        [
            f"{complaint}. The end of {folders.log}:",
            *[f"    {line}" for line in tail],
            "Mend what it names (often a full disk or little memory) and start again; "
            "`make reset` deletes the data folder and begins anew.",
        ]
    )


def _create_databases(folders: Folders) -> None:
    """Our role, the empty twin for tests, and last our database."""
    locale = "ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
    with _connect(folders, "postgres", cluster.SUPERUSER) as connection:
        role = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [USER])
        if not role.rowcount:
            connection.execute(f"CREATE ROLE {USER} LOGIN CREATEDB")
        rows = connection.execute("SELECT datname FROM pg_database").fetchall()
        existing = {name for (name,) in rows}
        # Nobody may connect to the twin: a template in use cannot be copied.
        for name, extra in [
            (EMPTY_TWIN, "IS_TEMPLATE true ALLOW_CONNECTIONS false"),
            (NAME, ""),
        ]:
            if name not in existing:
                connection.execute(
                    f"CREATE DATABASE {name} OWNER {USER} TEMPLATE template0 "
                    f"{locale} {extra}"
                )
