import contextlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.utils import ConnectionHandler

from newsroom.core import backups, database

START = """
import pathlib, sys
from newsroom.core import database
print(database.start(pathlib.Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A data folder whose server runs."""
    path = tmp_path_factory.mktemp("data")
    database.start(path)
    yield path
    database.stop(path)


@pytest.fixture
def other_dir(tmp_path):
    """A data folder in which nothing runs yet."""
    path = tmp_path / "other"
    yield path
    database.stop(path)


def starter(data_dir):
    return subprocess.Popen(
        [sys.executable, "-c", START, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )


def said(process):
    with process:
        answer = process.stdout.readline().strip()
        process.stdin.close()
        process.wait()
    return answer


def query(data_dir, sql):
    settings = database.configuration(data_dir)
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        dbname=settings["NAME"],
        user=settings["USER"],
        autocommit=True,
    ) as client:
        found = client.execute(sql)
        return found.fetchall() if found.description else []


def server(data_dir):
    return int((data_dir / "postgresql" / "postmaster.pid").read_text().split("\n")[0])


def test_killing_the_client_that_started_it_leaves_the_server_running(other_dir):
    client = starter(other_dir)
    assert client.stdout.readline().strip() == "True"
    began = server(other_dir)

    client.kill()
    client.communicate()

    assert database.start(other_dir) is False
    assert server(other_dir) == began
    assert query(other_dir, "SELECT 1") == [(1,)]


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(data_dir):
    assert os.getsid(server(data_dir)) != os.getsid(0)


def test_clients_that_start_it_at_once_get_one_server(other_dir):
    clients = [starter(other_dir) for _ in range(5)]

    answers = sorted(said(client) for client in clients)

    assert answers == ["False"] * 4 + ["True"]
    assert query(other_dir, "SELECT 1") == [(1,)]


def test_each_data_folder_has_its_own_server(data_dir, other_dir):
    database.start(other_dir)

    query(other_dir, "CREATE TABLE only_here ()")

    assert server(data_dir) != server(other_dir)
    assert query(data_dir, "SELECT to_regclass('only_here')") == [(None,)]


def test_a_stopped_server_starts_again_with_its_rows(other_dir):
    database.start(other_dir)
    query(other_dir, "CREATE TABLE kept AS SELECT 7 AS number")

    database.stop(other_dir)
    is_started = database.start(other_dir)

    assert is_started
    assert query(other_dir, "SELECT number FROM kept") == [(7,)]


def test_a_killed_server_is_started_again(other_dir):
    database.start(other_dir)
    query(other_dir, "CREATE TABLE kept AS SELECT 7 AS number")
    killed = server(other_dir)

    os.kill(killed, signal.SIGKILL)

    assert database.start(other_dir)
    assert query(other_dir, "SELECT number FROM kept") == [(7,)]


def test_a_process_with_the_dead_servers_number_is_no_server(other_dir):
    database.start(other_dir)
    database.stop(other_dir)
    (other_dir / "postgresql" / "postmaster.pid").write_text(f"{os.getpid()}\n")

    assert database.start(other_dir)


def test_nobody_else_can_reach_the_server(data_dir):
    socket_folder = Path(database.configuration(data_dir)["HOST"])

    assert socket_folder.stat().st_mode & 0o077 == 0
    assert (data_dir / "postgresql").stat().st_mode & 0o077 == 0
    assert query(data_dir, "SHOW listen_addresses") == [("",)]


def test_the_server_knows_none_of_our_secrets(other_dir, monkeypatch):
    monkeypatch.setenv("ADDRESS_KEY", "canary")

    database.start(other_dir)

    environment = Path(f"/proc/{server(other_dir)}/environ")
    if not environment.exists():
        pytest.skip("this system has no /proc")
    assert b"canary" not in environment.read_bytes()


def test_values_of_a_refused_row_stay_out_of_the_servers_log(data_dir):
    query(data_dir, "CREATE TABLE people (address text PRIMARY KEY)")
    query(data_dir, "INSERT INTO people VALUES ('canary@example.org')")

    with pytest.raises(psycopg.errors.UniqueViolation):
        query(data_dir, "INSERT INTO people VALUES ('canary@example.org')")

    log = (data_dir / "postgresql" / "server.log").read_text()
    assert "ready to accept connections" in log
    assert "canary" not in log


def test_a_data_folder_with_a_long_path_gets_a_short_private_socket_folder(tmp_path):
    data_dir = tmp_path / ("long" * 30)
    settings = database.configuration(data_dir)

    database.start(data_dir)

    try:
        assert query(data_dir, "SELECT 1") == [(1,)]
        assert len(settings["HOST"]) < 60
        assert Path(settings["HOST"]).stat().st_mode & 0o077 == 0
        assert settings == database.configuration(data_dir)
    finally:
        database.stop(data_dir)


def test_a_socket_folder_open_to_others_is_refused(other_dir):
    socket_folder = Path(database.configuration(other_dir)["HOST"])
    socket_folder.mkdir(parents=True)
    socket_folder.chmod(0o777)

    with pytest.raises(database.CannotStart, match="only the server's user"):
        database.start(other_dir)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_server_that_another_user_made_is_refused(other_dir):
    (other_dir / "postgresql").mkdir(parents=True)
    os.chown(other_dir / "postgresql", 12345, 12345)

    with pytest.raises(database.CannotStart, match="another user"):
        database.start(other_dir)

    (other_dir / "postgresql").rmdir()


def test_a_server_that_cannot_start_shows_its_log(other_dir):
    database.start(other_dir)
    database.stop(other_dir)
    with (other_dir / "postgresql" / "postgresql.conf").open("a") as file:
        file.write("max_connections = nonsense\n")

    with pytest.raises(database.CannotStart, match="nonsense"):
        database.start(other_dir)


def test_a_folder_made_by_another_version_is_refused(other_dir):
    database.start(other_dir)
    database.stop(other_dir)
    (other_dir / "postgresql" / "PG_VERSION").write_text("17\n")

    with pytest.raises(database.CannotStart, match="backup"):
        database.start(other_dir)


def test_a_moved_data_folder_keeps_its_rows(tmp_path):
    # The path is long, so the socket lies elsewhere and the move changes its address.
    before, after = tmp_path / ("old" * 30), tmp_path / ("new" * 30)
    database.start(before)
    query(before, "CREATE TABLE kept AS SELECT 7 AS number")

    before.rename(after)

    try:
        assert database.start(after)
        assert query(after, "SELECT number FROM kept") == [(7,)]
    finally:
        database.stop(after)


def test_the_databases_and_copies_of_the_twin_lower_cyrillic(data_dir):
    query(data_dir, f"CREATE DATABASE copied TEMPLATE {database.EMPTY_TWIN}")

    assert query(data_dir, "SELECT lower('Я')") == [("я",)]
    assert query(
        data_dir, "SELECT datlocale FROM pg_database WHERE datname = 'copied'"
    ) == [("C.UTF-8",)]


@pytest.mark.django_db
def test_a_database_that_lowers_cyrillic_is_accepted():
    database.check_locale(connection)


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["UTF8", "LATIN1"])
def test_a_database_that_leaves_cyrillic_in_capitals_is_refused(data_dir, encoding):
    name = f"capitals_{encoding.lower()}"
    query(
        data_dir,
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'"
        " LOCALE_PROVIDER libc LOCALE 'C'",
    )
    settings = database.configuration(data_dir) | {"NAME": name}
    capitals = ConnectionHandler({"default": settings})["default"]

    with (
        contextlib.closing(capitals),
        pytest.raises(ImproperlyConfigured, match="BUILTIN_LOCALE"),
    ):
        database.check_locale(capitals)


@pytest.fixture
def media(tmp_path):
    path = tmp_path / "media"
    (path / "a").mkdir(parents=True)
    (path / "a" / "picture.webp").write_bytes(b"a picture")
    return path


def test_a_backup_brings_back_rows_and_media(data_dir, media, tmp_path):
    settings = database.configuration(data_dir)
    query(data_dir, "CREATE TABLE news AS SELECT 'До' AS headline")
    backups.write(settings, {"media": media}, tmp_path / "news.tar")
    query(data_dir, "UPDATE news SET headline = 'После'")
    (media / "a" / "picture.webp").unlink()
    (media / "later.webp").write_bytes(b"later")

    count = backups.read(settings, {"media": media}, tmp_path / "news.tar")

    assert count == 1
    assert query(data_dir, "SELECT headline FROM news") == [("До",)]
    files = [path for path in media.rglob("*") if path.is_file()]
    assert files == [media / "a" / "picture.webp"]
    assert files[0].read_bytes() == b"a picture"


def test_a_backup_of_an_earlier_release_replaces_later_tables(
    data_dir, media, tmp_path
):
    settings = database.configuration(data_dir)
    query(data_dir, "CREATE TYPE mood AS ENUM ('calm')")
    query(data_dir, "CREATE TABLE old (id int PRIMARY KEY, mood mood)")
    query(data_dir, "CREATE FUNCTION say(mood) RETURNS text RETURN 'x'")
    backups.write(settings, {"media": media}, tmp_path / "old.tar")
    query(data_dir, "CREATE TABLE later (id serial, old int REFERENCES old)")
    query(data_dir, "CREATE VIEW both_of_them AS SELECT old.id FROM old, later")

    backups.read(settings, {"media": media}, tmp_path / "old.tar")

    assert query(data_dir, "SELECT to_regclass('later')") == [(None,)]
    assert query(data_dir, "SELECT say('calm'), count(*) FROM old") == [("x", 0)]


def test_a_backup_never_overwrites_another(data_dir, media, tmp_path):
    file = tmp_path / "once.tar"
    backups.write(database.configuration(data_dir), {"media": media}, file)
    before = file.read_bytes()

    with pytest.raises(backups.BackupError, match="exists already"):
        backups.write(database.configuration(data_dir), {"media": media}, file)

    assert file.read_bytes() == before


def test_a_backup_can_be_read_by_its_maker_alone(data_dir, media, tmp_path):
    file = tmp_path / "private.tar"

    backups.write(database.configuration(data_dir), {"media": media}, file)

    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob(".*")) == []


def test_a_cut_backup_changes_nothing(data_dir, media, tmp_path):
    settings = database.configuration(data_dir)
    query(
        data_dir,
        "CREATE TABLE many AS SELECT md5(n::text) FROM generate_series(1, 50000) AS n",
    )
    file = tmp_path / "cut.dump"
    backups.dump(settings, file)
    os.truncate(file, file.stat().st_size * 2 // 3)
    query(data_dir, "CREATE TABLE untouched ()")

    with pytest.raises(backups.BackupError, match="as it was"):
        backups.restore(settings, file)

    assert query(data_dir, "SELECT count(*) FROM many") == [(50000,)]
    assert query(data_dir, "SELECT count(*) FROM untouched") == [(0,)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../outside", tarfile.REGTYPE),
        ("media/../../outside", tarfile.REGTYPE),
        ("media/link", tarfile.SYMTYPE),
        ("/outside", tarfile.REGTYPE),
    ],
)
def test_a_backup_that_reaches_outside_is_refused(
    name, kind, data_dir, media, tmp_path
):
    file = tmp_path / "hostile.tar"
    with tarfile.open(file, "w") as tar:
        for member, type_ in [("database.dump", tarfile.REGTYPE), (name, kind)]:
            info = tarfile.TarInfo(member)
            info.type = type_
            info.linkname = "/etc/passwd"
            tar.addfile(info, io.BytesIO())

    with pytest.raises(backups.BackupError):
        backups.read(database.configuration(data_dir), {"media": media}, file)

    assert (media / "a" / "picture.webp").exists()
    assert not (tmp_path / "outside").exists()


def test_a_restore_does_not_wait_for_ever_for_a_busy_server(
    data_dir, media, tmp_path, monkeypatch
):
    settings = database.configuration(data_dir)
    monkeypatch.setattr(
        backups,
        "EMPTY_THE_SCHEMA",
        backups.EMPTY_THE_SCHEMA.replace("'10s'", "'100ms'"),
    )
    query(data_dir, "CREATE TABLE IF NOT EXISTS busy ()")
    backups.write(settings, {"media": media}, tmp_path / "busy.tar")
    reading = threading.Event()
    done = threading.Event()

    def read_slowly():
        with psycopg.connect(
            host=settings["HOST"], dbname=settings["NAME"], user=settings["USER"]
        ) as client:
            client.execute("SELECT FROM busy")
            reading.set()
            done.wait(30)

    reader = threading.Thread(target=read_slowly)
    reader.start()
    reading.wait(10)
    try:
        with pytest.raises(backups.BackupError, match="Stop the web server"):
            backups.read(settings, {"media": media}, tmp_path / "busy.tar")
    finally:
        done.set()
        reader.join()


def command(data_dir, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        capture_output=True,
        check=False,
        text=True,
        env=os.environ
        | {
            "DATA_DIR": str(data_dir),
            "DJANGO_SETTINGS_MODULE": "tests.newsroom.core.edge_site",
            "PYTHONPATH": str(Path.cwd()),
        },
    )


def test_the_commands_bring_back_everything_and_ask_before(data_dir, tmp_path):
    query(data_dir, "CREATE TABLE story AS SELECT 'kept' AS headline")
    for folder in ["media", "originals"]:
        (data_dir / folder).mkdir(exist_ok=True)
        (data_dir / folder / "kept.jpg").write_text(folder)
    file = f"--file={tmp_path / 'all.tar'}"

    made = command(data_dir, "backup", file)
    query(data_dir, "DROP TABLE story")
    (data_dir / "originals" / "kept.jpg").unlink()
    asked = command(data_dir, "restore", file)
    was_left_alone = query(data_dir, "SELECT to_regclass('story')") == [(None,)]
    restored = command(data_dir, "restore", file, "--yes")

    assert made.returncode == 0, made.stderr
    assert asked.returncode == 1
    assert "--yes" in asked.stderr
    assert was_left_alone
    assert restored.returncode == 0, restored.stderr
    assert query(data_dir, "SELECT headline FROM story") == [("kept",)]
    assert (data_dir / "originals" / "kept.jpg").read_text() == "originals"
    assert (data_dir / "media" / "kept.jpg").read_text() == "media"
