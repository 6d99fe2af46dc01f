import os
import sys
from argparse import ArgumentParser
from collections import Counter

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from newsroom.newsletters import bounces, mailboxes, reports

BLOCK = 64 << 10


class Command(BaseCommand):
    help = (
        "Read reports of mails that did not arrive. Safe to run at any time, and to "
        "run twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--mailbox",
            default=settings.BOUNCE_MAILBOX_URL,
            help=f"{mailboxes.FORMS}; usually BOUNCE_MAILBOX_URL",
        )
        parser.add_argument(
            "--stdin", action="store_true", help="one mail, as a mail server pipes it"
        )
        parser.add_argument(
            "--recipient", default="", help="with --stdin: the envelope's recipient"
        )

    def handle(
        self, *, mailbox: str, stdin: bool, recipient: str, **options: object
    ) -> None:
        try:
            findings = self._take_in(recipient) if stdin else self._read(mailbox)
        except DatabaseError as error:
            # The mail server keeps the mail and comes again (sysexits.h).
            words = f"The database does not answer: {type(error).__name__}"
            raise CommandError(words, returncode=os.EX_TEMPFAIL) from None
        told = ", ".join(f"{name} {count}" for name, count in sorted(findings.items()))
        self.stdout.write(
            f"Reports: {findings.total()}" + (f" ({told})" if told else "")
        )

    def _read(self, mailbox: str) -> Counter[str]:
        if not mailbox:
            raise CommandError("Set BOUNCE_MAILBOX_URL, or name the mailbox.")
        try:
            return mailboxes.read(mailbox)
        except mailboxes.Unreachable as error:
            raise CommandError(str(error)) from None

    def _take_in(self, recipient: str) -> Counter[str]:
        mail = sys.stdin.buffer
        raw = mail.read(reports.MOST_BYTES)
        while mail.read(BLOCK):
            pass  # a mail server whose pipe breaks would take that for a failure
        return Counter([bounces.take_in(raw, recipient=recipient).value])
