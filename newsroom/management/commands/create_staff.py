from argparse import ArgumentParser

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from newsroom.accounts import letters, roles
from newsroom.accounts.models import User


class Command(BaseCommand):
    help = (
        "Add somebody who works here and print a link with which they choose their "
        "password. Run again, it changes address and roles and prints a new link."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what they sign in with")
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--role",
            action="append",
            choices=list(roles.TABLE),
            default=[],
            help="may be given several times",
        )
        parser.add_argument(
            "--superuser", action="store_true", help="may do everything"
        )

    def handle(
        self,
        *,
        name: str,
        email: str,
        role: list[str],
        superuser: bool,
        **options: object,
    ) -> None:
        if not role and not superuser:
            raise CommandError(
                f"Give at least one --role ({', '.join(roles.TABLE)}) or --superuser."
            )
        try:
            person = _save(name, email.lower(), role, superuser=superuser)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(
            f"{person.username} chooses a password here, once, within three days:"
        )
        self.stdout.write(letters.link(person))


@transaction.atomic
def _save(name: str, email: str, role: list[str], *, superuser: bool) -> User:
    person = User.objects.filter(username__iexact=name).first()
    if person is None:
        person = User(username=name)
        person.set_unusable_password()
    person.email = email
    person.is_staff = True
    person.is_active = True
    person.is_superuser = superuser
    person.full_clean(exclude=["password"])
    person.save()
    person.groups.set(Group.objects.filter(name__in=role))
    return person
