import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from newsroom.accounts import roles
from newsroom.accounts.models import User
from tests import make

pytestmark = pytest.mark.django_db

NEW = "a-long-new-password-7"
OPEN_PAGE = "/admin/articles/section/"


def ask_for_link(client, address, **extra):
    return client.post(reverse("account_reset_password"), {"email": address}, **extra)


def link_in(text):
    return re.search(r"http\S+/password/reset/\S+", text).group()


def choose_password(client, link, password=NEW):
    path = link.removeprefix("http://127.0.0.1:8000")
    form = client.get(path, follow=True)
    return client.post(
        form.request["PATH_INFO"], {"password1": password, "password2": password}
    )


def test_a_mailed_link_sets_a_new_password(client, do_jobs, mailoutbox):
    person = make.user()
    ask_for_link(client, person.email.upper())
    do_jobs()

    choose_password(client, link_in(mailoutbox[0].body))

    person.refresh_from_db()
    assert person.check_password(NEW)
    assert mailoutbox[0].to == [person.email]


def test_a_link_works_once(client, do_jobs, mailoutbox):
    person = make.user()
    ask_for_link(client, person.email)
    do_jobs()
    link = link_in(mailoutbox[0].body)
    choose_password(client, link)

    response = client.get(link.removeprefix("http://127.0.0.1:8000"))

    assert "was used already" in response.content.decode()


def test_the_person_hears_of_the_new_password(client, do_jobs, mailoutbox):
    person = make.user()
    ask_for_link(client, person.email)
    do_jobs()
    choose_password(client, link_in(mailoutbox[0].body))
    do_jobs()

    notice = mailoutbox[1]
    assert notice.subject == "Your password was set anew"
    assert "127.0.0.1\n" not in notice.body
    assert "Browser" not in notice.body


@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_links_lead_to_the_site_whatever_host_was_asked(
    client, do_jobs, mailoutbox, settings, host
):
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.SITE_URL = "https://news.example"
    ask_for_link(client, make.user().email, headers={"host": host})
    do_jobs()

    mails = " ".join(mail.body for mail in mailoutbox)
    assert ("https://news.example/admin/account/" in mails) is (host == "localhost")
    assert "://localhost" not in mails
    assert "evil.example" not in mails


def test_known_and_unknown_addresses_get_the_same_answer(client):
    known = ask_for_link(client, make.user().email)
    unknown = ask_for_link(client, "nobody@newsroom.example")

    assert known.status_code == unknown.status_code == 302
    assert known["Location"] == unknown["Location"]


def test_known_and_unknown_addresses_cost_the_same_queries(client):
    address = make.user().email
    counts = []
    for asked in (address, f"x{address}"):
        with CaptureQueriesContext(connection) as queries:
            ask_for_link(client, asked)
        counts.append(len(queries))

    assert counts[0] == counts[1] > 0


def test_an_unknown_address_is_mailed_nothing(client, do_jobs, mailoutbox):
    ask_for_link(client, "nobody@newsroom.example")
    make.user(is_active=False, email="rests@newsroom.example")
    ask_for_link(client, "rests@newsroom.example")
    do_jobs()

    assert mailoutbox == []


def test_no_address_and_no_link_stands_among_the_jobs(client):
    person = make.user()
    ask_for_link(client, person.email)
    ask_for_link(client, "nobody@newsroom.example")

    assert [job.args for job in ProcrastinateJob.objects.order_by("pk")] == [
        {"user_id": person.pk},
        {"user_id": 0},
    ]


def test_links_cannot_be_asked_for_without_end(client):
    address = make.user().email
    for _ in range(5):
        ask_for_link(client, address)

    assert ask_for_link(client, address).status_code == 429
    assert ProcrastinateJob.objects.count() == 5


def test_a_weak_password_is_refused(client, do_jobs, mailoutbox):
    person = make.user()
    ask_for_link(client, person.email)
    do_jobs()

    response = choose_password(client, link_in(mailoutbox[0].body), "password123")

    assert response.context["form"].errors
    person.refresh_from_db()
    assert not person.check_password("password123")


def test_a_changed_password_ends_the_other_sessions(client, sign_in):
    person = make.user()
    sign_in(person)
    response = client.post(
        reverse("account_change_password"),
        {"oldpassword": make.PASSWORD, "password1": NEW, "password2": NEW},
    )

    assert response.status_code == 302
    assert client.get(OPEN_PAGE).status_code == 200
    person.refresh_from_db()
    assert person.check_password(NEW)


def test_the_admins_own_password_page_leads_to_ours(sign_in):
    response = sign_in(make.user()).get("/admin/password_change/")

    assert response["Location"] == reverse("account_change_password")


def test_staff_are_added_with_a_link_and_no_password(client, capsys):
    call_command(
        "create_staff", "mara", email="Mara@Newsroom.example", role=["Publishers"]
    )
    link = capsys.readouterr().out.splitlines()[-1]
    choose_password(client, link)

    person = User.objects.get(username="mara")
    assert person.email == "mara@newsroom.example"
    assert person.is_staff
    assert not person.is_superuser
    assert person.check_password(NEW)
    assert [group.name for group in person.groups.all()] == [roles.PUBLISHERS]


def test_staff_added_twice_are_one_person(capsys):
    for role in ("Writers", "Editors"):
        call_command("create_staff", "mara", email="m@newsroom.example", role=[role])

    person = User.objects.get(username="mara")
    assert [group.name for group in person.groups.all()] == [roles.EDITORS]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"email": "nonsense", "role": ["Writers"]}, "valid email"),
        ({"email": "a@newsroom.example", "role": []}, "--role"),
    ],
)
def test_staff_are_not_added_by_half(values, words):
    with pytest.raises(CommandError, match=words):
        call_command("create_staff", "mara", **values)

    assert not User.objects.exists()


def test_an_address_belongs_to_one_person():
    other = make.user()

    with pytest.raises(CommandError, match="this address already"):
        call_command("create_staff", "mara", email=other.email, role=["Writers"])
