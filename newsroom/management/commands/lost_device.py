from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from newsroom.accounts import second_factor
from newsroom.accounts.models import User


class Command(BaseCommand):
    help = (
        "Remove the second factor of somebody who lost a device, and sign them out "
        "everywhere. Be sure that it is they who ask: call them back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **options: object) -> None:
        person = User.objects.filter(username__iexact=username).first()
        if person is None:
            raise CommandError("Nobody signs in with this name.")
        ended = second_factor.forget_devices(person)
        self.stdout.write(
            f"{person.username} sets up a new second factor at the next sign-in. "
            f"Sessions ended: {ended}."
        )
