import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from newsroom.accounts import roles
from newsroom.accounts.models import User
from tests import make

pytestmark = pytest.mark.django_db


def role(name):
    return Group.objects.get(name=name).pk


def change_url(person):
    return reverse("admin:accounts_user_change", args=[person.pk])


def fields(person, **changes):
    return {
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "groups": [group.pk for group in person.groups.all()],
        "is_active": "on",
    } | changes


def test_a_new_colleague_works_here_with_the_roles_chosen(sign_in):
    url = reverse("admin:accounts_user_add")

    sign_in(make.superuser()).post(
        url,
        {
            "username": "ilya",
            "first_name": "Ilya",
            "last_name": "Sorin",
            "email": "ilya@newsroom.example",
            "groups": [role(roles.WRITERS)],
            "password1": "a-long-enough-phrase",
            "password2": "a-long-enough-phrase",
        },
    )

    person = User.objects.get(username="ilya")
    assert person.is_staff
    assert not person.is_superuser
    assert person.check_password("a-long-enough-phrase")
    assert [group.name for group in person.groups.all()] == [roles.WRITERS]


def test_a_name_or_address_in_use_is_refused_whatever_its_case(sign_in):
    make.user(username="ilya", email="ilya@newsroom.example")
    client = sign_in(make.superuser())
    typed = {"password1": "a-long-enough-phrase", "password2": "a-long-enough-phrase"}
    url = reverse("admin:accounts_user_add")

    by_name = client.post(url, typed | {"username": "ILYA"})
    by_address = client.post(
        url, typed | {"username": "other", "email": "Ilya@Newsroom.example"}
    )

    assert "already exists" in by_name.text
    assert "Somebody has this address already." in by_address.text
    assert User.objects.count() == 2


def test_a_password_is_never_shown_but_can_be_set(sign_in):
    person = make.writer()
    client = sign_in(make.superuser())

    page = client.get(change_url(person)).text
    client.post(
        reverse("admin:auth_user_password_change", args=[person.pk]),
        {
            "password1": "another-long-phrase",
            "password2": "another-long-phrase",
            "usable_password": "true",
        },
    )

    assert "algorithm" not in page
    person.refresh_from_db()
    assert person.password not in page
    assert person.check_password("another-long-phrase")


def test_who_leaves_is_switched_off_and_signed_out(sign_in):
    person = make.writer()
    data = fields(person)
    del data["is_active"]
    theirs = Client()
    theirs.force_login(
        person, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    sign_in(make.superuser()).post(change_url(person), data)

    assert theirs.get(reverse("admin:index")).status_code == 302


def test_nobody_is_deleted(sign_in):
    person = make.writer()
    url = reverse("admin:accounts_user_delete", args=[person.pk])

    response = sign_in(make.superuser()).post(url, {"post": "yes"})

    assert response.status_code == 403
    assert User.objects.filter(pk=person.pk).exists()


@pytest.mark.parametrize("given_up", ["is_superuser", "is_active"])
def test_the_only_administrator_stays_one(sign_in, given_up):
    person = make.superuser()
    data = fields(person, is_superuser="on")
    del data[given_up]

    response = sign_in(person).post(change_url(person), data)

    assert "This is the only administrator." in response.text
    person.refresh_from_db()
    assert person.is_superuser
    assert person.is_active


def test_one_of_two_administrators_may_step_back(sign_in):
    make.superuser()
    person = make.superuser()

    sign_in(person).post(change_url(person), fields(person))

    person.refresh_from_db()
    assert not person.is_superuser


def test_changing_a_writer_needs_no_administrator_to_be_left_behind(sign_in):
    person = make.writer()

    sign_in(make.superuser()).post(
        change_url(person), fields(person, first_name="Ilya")
    )

    person.refresh_from_db()
    assert person.first_name == "Ilya"


@pytest.mark.parametrize("name", list(roles.TABLE))
def test_no_role_sees_staff_or_roles(sign_in, name):
    person = make.user(name)
    client = sign_in(person)
    urls = [
        reverse("admin:accounts_user_changelist"),
        reverse("admin:accounts_user_add"),
        change_url(person),
        reverse("admin:auth_user_password_change", args=[person.pk]),
        reverse("admin:auth_group_changelist"),
        reverse("admin:auth_group_change", args=[role(name)]),
    ]

    answers = [client.get(url).status_code for url in urls]

    assert answers == [403] * len(urls)


def test_a_role_is_read_and_never_changed(sign_in):
    writer = make.writer(first_name="Ilya", last_name="Sorin")
    client = sign_in(make.superuser())
    url = reverse("admin:auth_group_change", args=[role(roles.WRITERS)])

    page = client.get(url).text
    refused = client.post(url, {"name": "Emperors"})

    assert "Can add article" in page
    assert str(writer) in page
    assert refused.status_code == 403
    assert Group.objects.filter(name=roles.WRITERS).exists()


def test_addresses_and_second_factors_are_their_owners_alone():
    assert not admin.site.is_registered(EmailAddress)
    assert not admin.site.is_registered(Authenticator)


def test_a_lost_second_factor_can_be_removed(sign_in):
    lost, kept = make.publisher(), make.publisher()
    for person in (lost, kept):
        Authenticator.objects.create(
            user=person, type=Authenticator.Type.TOTP, data={"secret": "x"}
        )

    response = sign_in(make.superuser()).post(
        reverse("admin:accounts_user_changelist"),
        {"action": "remove_second_factor", "_selected_action": [lost.pk]},
        follow=True,
    )

    assert "1 person signs in with the password alone now" in response.text
    assert list(Authenticator.objects.values_list("user", flat=True)) == [kept.pk]


def test_the_list_of_staff_asks_as_often_for_many_as_for_few(
    sign_in, django_assert_max_num_queries
):
    for _ in range(6):
        make.writer()
    client = sign_in(make.superuser())

    with django_assert_max_num_queries(14):
        page = client.get(reverse("admin:accounts_user_changelist")).text

    assert page.count("Writers</td>") == 6


@pytest.mark.parametrize("name", list(roles.TABLE))
def test_each_role_has_every_permission_of_the_table(name):
    group = Group.objects.get(name=name)

    held = {
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in group.permissions.select_related("content_type")
    }

    assert held == set(roles.TABLE[name])
