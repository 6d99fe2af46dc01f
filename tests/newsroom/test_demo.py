import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article, Correction, Image, StateChange
from newsroom.accounts import roles
from newsroom.accounts.models import User
from newsroom.demo import fill
from newsroom.newsletters.models import Issue, Newsletter, Subscriber
from newsroom.publication.models import Page, Publication
from newsroom.support.models import Contribution

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def test_the_meridian_fills_an_empty_site_and_every_page_of_it_can_be_read(client):
    said = []

    fill.fill(said.append)

    assert fill.is_filled()
    assert said[-3:] == [
        f"{Article.objects.count()} articles are there.",
        f"Newsletters with {Subscriber.objects.count()} readers are there.",
        f"Campaigns and {Contribution.objects.count()} gifts are there.",
    ]
    assert Publication.current().name == "The Meridian"
    assert Article.objects.published().count() >= 30
    assert Article.objects.scheduled().count() == 2
    assert Article.objects.filter(status=Article.Status.WITHDRAWN).count() == 1
    drafts = Article.objects.filter(status=Article.Status.DRAFT)
    assert set(drafts.values_list("created_by__username", flat=True)) == {
        "writer",
        "editor",
        "publisher",
    }
    assert Correction.objects.exists()
    assert StateChange.objects.filter(action="withdraw").exists()
    assert not Image.objects.without_credit().exists()
    assert all(image.sizes["full"]["jpg"] for image in Image.objects.all())
    pages = ["/", "/corrections/"]
    pages += [article.get_absolute_url() for article in Article.objects.published()]
    pages += [page.get_absolute_url() for page in Page.objects.published()]
    pages += ["/newsletters/"]
    pages += [letter.get_absolute_url() for letter in Newsletter.objects.all()]
    pages += [issue.get_absolute_url() for issue in Issue.objects.in_archive()]
    assert {client.get(page).status_code for page in pages} == {200}


def test_the_demos_staff_have_the_roles_that_their_names_promise(client):
    staff = fill._staff()

    assert staff["admin"].is_superuser
    assert staff["publisher"].groups.get().name == roles.PUBLISHERS
    assert User.objects.get(username="writer").check_password(fill.PASSWORD)


def test_the_demo_runs_nowhere_but_in_the_demo(settings):
    settings.DEMO = settings.DEBUG = False

    with pytest.raises(CommandError, match="make demo"):
        call_command("demo")


def test_one_command_serves_the_site_and_ctrl_c_ends_all_that_it_started(tmp_path):
    environment = os.environ | {
        "ADDRESS_KEY": "only-for-this-test-only-for-this-test-only-for-this",
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": "embedded",
        "DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "SECRET_KEY": "only-for-this-test-only-for-this-test-only-for-this",
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True, cwd=ROOT)
    # The site is not empty, so the command fills nothing in.
    one_article = "from tests import make; make.published_article(headline='The one')"
    subprocess.run(
        [*manage, "shell", "-v0", "-c", one_article],
        env=environment,
        check=True,
        cwd=ROOT,
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    demo = subprocess.Popen(
        [*manage, "demo", f"--port={port}"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        printed = list(iter(demo.stdout.readline, "Password       meridian\n"))
        page = fetch(f"http://127.0.0.1:{port}/")
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=60)
    finally:
        demo.kill()

    assert any("The data of the last run is kept." in line for line in printed)
    assert "The one" in page
    assert "Ending." in rest
    assert demo.returncode == 0
    assert not list((tmp_path / "data").rglob("postmaster.pid"))


def fetch(url: str) -> str:
    """The page, as soon as the server is there."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(url) as answer:  # noqa: S310
                return answer.read().decode()
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"{url} was never served")
