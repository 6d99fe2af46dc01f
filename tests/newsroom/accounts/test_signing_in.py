import pytest
from django.contrib.auth import hashers
from django.core.cache import cache
from django.core.management import call_command
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse

from newsroom.core import client as who_asks
from tests import make

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


def sign_in_as(client, login, password=make.PASSWORD, **extra):
    return client.post(LOGIN, {"login": login, "password": password}, **extra)


def words_of(response):
    """The page without what differs anyway: the token, and the name just typed."""
    form = response.context["form"]
    return [list(errors) for errors in form.errors.values()]


def test_people_sign_in_by_name(client):
    person = make.user()

    response = sign_in_as(client, person.username)

    assert response["Location"] == reverse("admin:index")
    assert client.session["_auth_user_id"] == str(person.pk)


def test_people_sign_in_by_mail_address(client):
    person = make.user()

    response = sign_in_as(client, person.email.upper())

    assert response["Location"] == reverse("admin:index")


def test_the_name_may_be_written_in_capitals(client):
    person = make.user()

    assert sign_in_as(client, person.username.upper()).status_code == 302


def test_somebody_whose_account_rests_does_not_get_in(client):
    person = make.user(is_active=False)

    response = sign_in_as(client, person.username)

    assert response["Location"] == reverse("account_inactive")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("attribute", ["username", "email"])
def test_known_and_unknown_people_read_the_same(client, attribute):
    known = getattr(make.user(), attribute)
    unknown = f"x{known}"

    answers = [sign_in_as(client, login, "wrong") for login in (known, unknown)]

    assert words_of(answers[0]) == words_of(answers[1]) != []
    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("attribute", ["username", "email"])
@pytest.mark.parametrize("is_known", [True, False])
def test_a_refused_sign_in_hashes_one_password_whoever_is_named(
    client, monkeypatch, attribute, is_known
):
    login = getattr(make.user(), attribute)
    runs = count_hashes(monkeypatch)

    sign_in_as(client, login if is_known else f"x{login}", "wrong")

    assert len(runs) == 1


def test_an_account_without_a_password_hashes_one_too(client, monkeypatch):
    person = make.user()
    person.set_unusable_password()
    person.save()
    runs = count_hashes(monkeypatch)

    sign_in_as(client, person.username, "wrong")

    assert len(runs) == 1


def count_hashes(monkeypatch):
    runs = []
    encode = hashers.MD5PasswordHasher.encode

    def counted(self, password, salt):
        runs.append(salt)
        return encode(self, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)
    return runs


def test_five_wrong_passwords_close_an_account_for_a_while(client):
    person = make.user()
    for _ in range(5):
        sign_in_as(client, person.username, "wrong")

    response = sign_in_as(client, person.username)

    assert "_auth_user_id" not in client.session
    assert "Too many attempts" in response.content.decode()


def test_a_locked_unknown_name_reads_like_a_locked_known_one(client):
    answers = []
    for login in (make.user().username, "nobody-of-ours"):
        cache.clear()
        for _ in range(6):
            answer = sign_in_as(client, login, "wrong")
        answers.append(words_of(answer))

    assert answers[0] == answers[1]


def test_one_network_may_not_try_many_names(client):
    for number in range(10):
        sign_in_as(client, f"name{number}", "wrong")

    response = sign_in_as(client, make.user().username)

    assert "Too many attempts" in response.content.decode()


def test_another_network_is_not_shut_out_by_that(client):
    for number in range(10):
        sign_in_as(client, f"name{number}", "wrong", REMOTE_ADDR="203.0.113.7")

    response = sign_in_as(client, make.user().username, REMOTE_ADDR="198.51.100.7")

    assert response.status_code == 302


def test_limits_store_no_network_address(client, django_assert_num_queries):
    from django.db import connection

    sign_in_as(client, "nobody", "wrong", REMOTE_ADDR="203.0.113.7")

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM django_cache")
        keys = " ".join(key for (key,) in cursor.fetchall())
    assert "login_failed" in keys
    assert "203.0.113" not in keys


def test_limits_are_kept_where_every_process_sees_them(settings):
    backend = settings.CACHES["default"]["BACKEND"]

    assert backend == "django.core.cache.backends.db.DatabaseCache"


def test_migrating_makes_the_table_of_the_limits():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE django_cache, core_addresskey")
    call_command("migrate", "core", "zero", fake=True, verbosity=0)
    call_command("migrate", "core", verbosity=0)

    cache.set("limit", 1)
    assert cache.get("limit") == 1


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "address"),
    [
        ("203.0.113.7", "", [], "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", [], "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", ["10.0.0.1"], "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "", ["10.0.0.1"], "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", ["*"], "10.0.0.1"),
        ("", "198.51.100.1", ["10.0.0.1"], "unknown"),
    ],
)
def test_a_forwarded_address_counts_only_from_a_trusted_proxy(
    settings, peer, forwarded, proxies, address
):
    settings.TRUSTED_PROXIES = proxies
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)

    assert who_asks.address(request) == address


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
    ],
)
def test_limits_count_a_customers_network(one, other, is_same):
    first, second = (
        who_asks.network_key(RequestFactory().get("/", REMOTE_ADDR=address))
        for address in (one, other)
    )

    assert (first == second) is is_same


def test_nobody_can_sign_up(client):
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")

    assert client.get("/admin/account/signup/").status_code in (302, 404)


def test_the_admin_asks_for_the_whole_sign_in(client):
    response = client.get("/admin/articles/section/")

    assert response["Location"] == f"{LOGIN}?next=/admin/articles/section/"


def test_whoever_may_not_enter_the_admin_is_told_so_once(client):
    person = make.user(is_staff=False)
    sign_in_as(client, person.username)

    response = client.get("/admin/", follow=True)

    assert response.status_code == 403


def test_the_next_page_may_not_be_somebody_elses(client):
    person = make.user()

    response = client.post(
        f"{LOGIN}?next=https://evil.example/",
        {
            "login": person.username,
            "password": make.PASSWORD,
            "next": "https://evil.example/",
        },
    )

    assert response["Location"] == reverse("admin:index")


def test_signing_out_needs_a_press(client, sign_in):
    sign_in(make.user())

    client.get(reverse("account_logout"))
    assert "_auth_user_id" in client.session

    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_the_sign_in_page_has_no_inline_script(client):
    page = client.get(LOGIN).content.decode()

    for tag in page.split("<script")[1:]:
        opening = tag.partition(">")[0]
        assert "src=" in opening or 'type="application/json"' in opening
