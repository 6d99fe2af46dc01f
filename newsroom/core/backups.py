"""Backups: the database and the folders of files in one tar file.

The tar file holds ``database.dump`` (pg_dump's custom format) and a folder for each
name in ``folders``, such as ``media`` and ``originals``.
"""

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import psycopg
from django.core.files.storage import FileSystemStorage, storages
from psycopg import conninfo, pq

from newsroom.core import cluster

DUMP = "database.dump"
_SCRATCH = ".restoring-"

# pg_restore's own --clean drops only what the dump holds; a table that a later release
# added would keep the tables it refers to. So everything in the schema goes first.
EMPTY_THE_SCHEMA = """
SET lock_timeout = '10s';
BEGIN;
DO $$
DECLARE
    drop_it text;
BEGIN
    FOREACH drop_it IN ARRAY coalesce((
        SELECT array_agg(format('DROP %s IF EXISTS %s CASCADE', kind, name))
        FROM (
            SELECT oid, tableoid AS catalogue, oid::regclass::text AS name,
                CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                    WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE'
                    ELSE 'TABLE' END AS kind
            FROM pg_class
            WHERE relnamespace = 'public'::regnamespace
                AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
            UNION ALL
            SELECT oid, tableoid, oid::regprocedure::text, 'ROUTINE'
            FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
            UNION ALL
            SELECT oid, tableoid, oid::regtype::text, 'TYPE'
            FROM pg_type
            WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r')
        ) AS ours
        WHERE NOT EXISTS (  -- what belongs to an extension, or to a column
            SELECT FROM pg_depend
            WHERE classid = catalogue AND objid = ours.oid AND deptype IN ('e', 'i')
        )
    ), '{}')
    LOOP
        EXECUTE drop_it;
    END LOOP;
END $$;
"""


class BackupError(Exception):
    """A backup was not made or not restored; nothing was changed."""


def write(
    database_settings: Mapping[str, Any], folders: Mapping[str, Path], file: Path
) -> int:
    """Write the backup and return its bytes. Refuses to overwrite one."""
    if file.exists():
        raise BackupError(f"{file} exists already. Name another file, or delete it.")
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}.unfinished")
    dumped = unfinished.with_suffix(".dump")
    try:
        # The database first: what it names lies in the folders by then.
        dump(database_settings, dumped)
        with _private(unfinished) as raw, tarfile.open(fileobj=raw, mode="w") as tar:
            tar.add(dumped, DUMP)
            for name, folder in folders.items():
                _add_folder(tar, name, folder)
            tar.close()
            raw.flush()
            os.fsync(raw.fileno())
        if file.exists():
            raise BackupError(f"{file} was made meanwhile. Name another file.")
        unfinished.rename(file)
    except OSError as error:
        raise BackupError(f"The backup could not be written: {error}") from error
    finally:
        dumped.unlink(missing_ok=True)
        unfinished.unlink(missing_ok=True)
    return file.stat().st_size


def read(
    database_settings: Mapping[str, Any], folders: Mapping[str, Path], file: Path
) -> int:
    """Put back what the backup holds, and return how many files it had.

    The database changes in one transaction, and the folders after it. What was there
    before is gone.
    """
    with contextlib.ExitStack() as scratches:
        scratch = {
            name: Path(scratches.enter_context(_scratch(folder)))
            for name, folder in folders.items()
        }
        # Not in /tmp, which may be small.
        roomy = next(iter(scratch.values()), None)
        holder = scratches.enter_context(tempfile.TemporaryDirectory(dir=roomy))
        dumped = Path(holder) / DUMP
        count = _unpack(file, scratch, dumped)
        restore(database_settings, dumped)
        for name, folder in folders.items():
            _swap(folder, scratch[name] / name, scratch[name] / ".previous")
    return count


def dump(database_settings: Mapping[str, Any], file: Path) -> None:
    """Write the database in pg_dump's custom format. ``file`` must not exist."""
    with _private(file) as output:
        done = subprocess.run(  # noqa: S603
            [
                _program("pg_dump", database_settings),
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--dbname={_address(database_settings)}",
            ],
            check=False,
            env=_environment(database_settings),
            stdout=output,
            stderr=subprocess.PIPE,
        )
    if done.returncode:
        raise BackupError(f"The database was not dumped. {_words(done.stderr)}")


def restore(database_settings: Mapping[str, Any], file: Path) -> None:
    """Replace everything in the database by the dump, in one transaction."""
    with tempfile.TemporaryFile() as complaints:
        reader = subprocess.Popen(  # noqa: S603
            [
                _program("pg_restore", database_settings),
                "--no-owner",
                "--no-privileges",
                "--file=-",
                str(file),
            ],
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        writer = subprocess.Popen(  # noqa: S603
            [
                _program("psql", database_settings),
                "--no-psqlrc",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                "--output=/dev/null",
                f"--dbname={_address(database_settings)}",
            ],
            env=_environment(database_settings),
            stdin=subprocess.PIPE,
            stderr=complaints,
        )
        is_complete = _pass_on(reader, writer)
        complaints.seek(0)
        if writer.returncode or not is_complete:
            raise BackupError(
                "The database was not restored and is as it was. "
                f"{_words(complaints.read())}"
            )


def local_folders() -> dict[str, Path]:
    """The folders that hold the site's files, by their names in a backup.

    What lies in remote storage is not among them.
    """
    kept = {"media": storages["default"], "originals": storages["originals"]}
    return {
        name: Path(storage.location)
        for name, storage in kept.items()
        if isinstance(storage, FileSystemStorage)
    }


def is_empty(database_settings: Mapping[str, Any]) -> bool:
    """Whether the database has no table yet."""
    address = _address(database_settings)
    password = database_settings.get("PASSWORD") or None
    with psycopg.connect(address, password=password) as connection:
        found = connection.execute("SELECT FROM pg_tables WHERE schemaname = 'public'")
        return found.rowcount == 0


def _pass_on(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes]) -> bool:
    """Send the dump's SQL to psql, which commits only if all of it was read."""
    if reader.stdout is None or writer.stdin is None:
        raise ValueError("Both programs need their pipes.")
    is_complete = False
    try:
        writer.stdin.write(EMPTY_THE_SCHEMA.encode())
        shutil.copyfileobj(reader.stdout, writer.stdin)
        is_complete = reader.wait() == 0
        if is_complete:
            writer.stdin.write(b"\nCOMMIT;\nANALYZE;\n")
            writer.stdin.flush()
    except BrokenPipeError:  # psql stopped at an error, which it has named
        is_complete = False
    finally:
        reader.kill()
        reader.wait()
        reader.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            writer.stdin.close()
        writer.wait()
    return is_complete


def _program(name: str, database_settings: Mapping[str, Any]) -> str:
    is_embedded = bool(database_settings.get("EMBEDDED"))
    return cluster.program(name, is_embedded=is_embedded)


def _address(database_settings: Mapping[str, Any]) -> str:
    """The database for libpq, without the password: a command line can be seen."""
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    options = {
        name: value
        for name, value in database_settings.get("OPTIONS", {}).items()
        if name in known
    }
    return conninfo.make_conninfo(
        **options,
        dbname=database_settings["NAME"],
        user=database_settings.get("USER") or None,
        host=database_settings.get("HOST") or None,
        port=database_settings.get("PORT") or None,
    )


def _environment(database_settings: Mapping[str, Any]) -> dict[str, str]:
    environment = {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    if password := database_settings.get("PASSWORD"):
        environment["PGPASSWORD"] = str(password)
    return environment


def _words(complaint: bytes) -> str:
    words = complaint.decode(errors="replace").strip()
    if re.search("server version mismatch|unsupported version", words):
        words += " Install the PostgreSQL client programs of the server's version."
    if "lock timeout" in words:
        words += " Stop the web server and the workers, then try again."
    return words


def _private(file: Path) -> IO[bytes]:
    # It holds the newsroom's people: nobody but its maker may read it.
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _add_folder(tar: tarfile.TarFile, name: str, folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if inside.parts[0].startswith(_SCRATCH) or not path.is_file():
            continue
        try:
            tar.add(path, f"{name}/{inside.as_posix()}")
        except FileNotFoundError:  # withdrawn since we looked
            continue


def _scratch(folder: Path) -> tempfile.TemporaryDirectory[str]:
    # Inside the folder, so that its files can be renamed and not copied.
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder)


def _unpack(file: Path, scratch: Mapping[str, Path], dumped: Path) -> int:
    """Unpack the dump, and each folder's files into its scratch; count the files."""
    count = 0
    try:
        with tarfile.open(file, mode="r:") as tar:
            for member in tar:
                if member.name == DUMP and member.isfile():
                    tar.extract(member, dumped.parent, filter="data")
                    continue
                name = member.name.partition("/")[0]
                if name not in scratch or not member.isfile():
                    raise BackupError(
                        f"{file} holds {member.name!r}, for which this site has no "
                        "place: nothing was restored."
                    )
                tar.extract(member, scratch[name], filter="data")
                count += 1
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{file} cannot be read: {error}") from error
    if not dumped.exists():
        raise BackupError(f"{file} holds no {DUMP}: it is no backup of ours.")
    return count


def _swap(folder: Path, fresh: Path, previous: Path) -> None:
    # Piece by piece, as the folder itself may be a mount point.
    previous.mkdir()
    for path in folder.iterdir():
        if not path.name.startswith(_SCRATCH):
            path.rename(previous / path.name)
    if fresh.exists():
        for path in fresh.iterdir():
            path.rename(folder / path.name)
