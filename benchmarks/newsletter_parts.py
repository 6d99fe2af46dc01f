"""What the measurements of newsletters do inside a site, each in a process of its own.

python -m benchmarks.newsletter_parts fill 20000 | issue | queue | size | …
"""

import itertools
import json
import os
import random
import resource
import signal
import smtplib
import sys
import time

import django

WORDS = "One of the many words that somebody wrote about the week in the city. "
SLUG = "measured"


def fill(count: str) -> dict:
    """So many readers, and no others."""
    from django.db import connection
    from django.utils import timezone

    from newsroom.core import mail_addresses
    from newsroom.newsletters.models import Newsletter

    newsletter, _ = Newsletter.objects.get_or_create(
        slug=SLUG,
        defaults={"name": "The Week", "when": "every Friday", "description": "All."},
    )
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE newsletters_subscription, newsletters_delivery, "
            "newsletters_subscriber CASCADE"
        )
        with cursor.copy(
            "COPY newsletters_subscriber (address_sealed, address_digest,"
            " domain_digest, language, format, source, created_at, soft_bounces)"
            " FROM STDIN"
        ) as copy:
            domain = mail_addresses.domain_digest("example.org")
            for number in range(int(count)):
                address = f"reader{number}@example.org"
                sealed, digest = (
                    mail_addresses.seal(address),
                    mail_addresses.digest(address),
                )
                row = (sealed, digest, domain, "en", "full", "import", now, 0)
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO newsletters_subscription (subscriber_id, newsletter_id, state,"
            " source, requested_at, confirmed_at) SELECT id, %s, 'confirmed', 'import',"
            " %s, %s FROM newsletters_subscriber",
            [newsletter.pk, now, now],
        )
        cursor.execute("VACUUM ANALYZE")
    return {}


def new_issue():
    from django.utils import timezone

    from newsroom.newsletters.models import Issue, Newsletter

    issue = Issue.objects.create(
        newsletter=Newsletter.objects.get(slug=SLUG),
        subject="The week in five stories",
        preheader="What happened, and why",
        intro=f"<p>{WORDS * 18}</p>",
        status=Issue.Status.SENDING,
        started_at=timezone.now(),
    )
    return Issue.objects.select_related("newsletter").get(pk=issue.pk)


def issue() -> dict:
    """A new issue that is ready to be handed over."""
    from newsroom.newsletters import sending

    made = sending._to_be_sent(new_issue().pk)
    return {"id": str(made.pk), "audience": made.audience}


def queue() -> dict:
    from django.db import transaction

    from newsroom.newsletters import audience

    made = new_issue()
    began = time.perf_counter()
    with transaction.atomic():
        count = audience.freeze(made)
    seconds = time.perf_counter() - began
    made.deliveries.all().delete()
    made.delete()
    return {"seconds": seconds, "count": count}


def work(issue_id: str) -> dict:
    """Send an issue to its end, together with others."""
    from newsroom.newsletters import books, sending
    from newsroom.newsletters.models import Issue

    Issue.objects.count()  # connected
    print("ready", flush=True)
    sys.stdin.readline()
    spent_before = time.process_time()
    number = int(issue_id)
    while Issue.objects.filter(pk=number, status=Issue.Status.SENDING).exists():
        if not sending.work_on(number, seconds=60):
            time.sleep(0.02)
    ended = time.monotonic()
    spent = time.process_time() - spent_before
    submitted = books.of(Issue.objects.get(pk=number)).submitted
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "submitted": submitted,
        "megabytes": peak,
        "spent": spent,
        "ended": ended,
    }


def _fillings():
    """The message of an issue, and what would fill it for one reader after another."""
    from newsroom.newsletters import compiling, links, verp

    kept = compiling.compile(new_issue(), {"en-full"})
    message = compiling.read(kept)["en-full"]
    for number in itertools.count(1):
        to = f"reader{number}@example.org"
        yield (
            to,
            message.fill(
                to=to,
                message_id=verp.message_id(number),
                leave=links.for_ever(number, 1),
                preferences=links.preferences(number, b"12345678"),
            ),
            kept["en-full"],
        )


def size() -> dict:
    return {"bytes": len(next(_fillings())[1])}


def by_smtplib(count: str, port: str) -> dict:
    """A mail after the other on one connection, with Python's own client."""
    fillings = _fillings()
    next(fillings)
    with smtplib.SMTP("127.0.0.1", int(port)) as client:
        began = time.perf_counter()
        for to, content, _ in itertools.islice(fillings, int(count)):
            client.sendmail("week@news.example", [to], content[:-3])
        return {"rate": int(count) / (time.perf_counter() - began)}


def by_django(count: str) -> dict:
    """As Django's documentation tells: a message object for each reader."""
    from django.core.mail import EmailMultiAlternatives, get_connection

    _to, _content, kept = next(_fillings())
    with get_connection("django.core.mail.backends.smtp.EmailBackend") as backend:
        began = time.perf_counter()
        for number in range(int(count)):
            token = f"{number:038d}"
            message = EmailMultiAlternatives(
                subject=kept["subject"],
                body=f"{kept['text']}\nhttps://news.example/leave/{token}/",
                from_email="week@news.example",
                to=[f"reader{number}@example.org"],
                headers={"List-Unsubscribe": f"<https://news.example/leave/{token}/>"},
            )
            message.attach_alternative(f"{kept['html']}<!-- {token} -->", "text/html")
            backend.send_messages([message])
        return {"rate": int(count) / (time.perf_counter() - began)}


def kill(issue_id: str, workers: str, kills: str) -> dict:
    """Send an issue with workers of which one is killed again and again.

    Workers are copies of this process, so that the next one is there at once.
    """
    from django.db import connection

    number, dice = int(issue_id), random.Random(11)
    alive = [_fork(number) for _ in range(int(workers))]
    killed = 0
    while killed < int(kills):
        time.sleep(dice.uniform(0.0, 0.15))
        if not _is_being_sent(number):
            break
        connection.close()  # no copy may share it
        place = dice.randrange(len(alive))
        os.kill(alive[place], signal.SIGKILL)
        os.waitpid(alive[place], 0)
        killed += 1
        alive[place] = _fork(number)
    return {"kills": killed, **_end(number, alive)}


def kill_database(issue_id: str, workers: str, kills: str) -> dict:
    """Send an issue while a process of PostgreSQL's is killed again and again.

    PostgreSQL then ends all its processes, and starts anew from what is on disk.
    """
    from django.db import connection

    number, dice = int(issue_id), random.Random(11)
    # Longer than PostgreSQL takes to come back, as in life: else living workers would
    # be thought dead.
    alive = [_fork(number, seconds_silent=20) for _ in range(int(workers))]
    killed = 0
    while killed < int(kills):
        time.sleep(dice.uniform(0.3, 1.5))
        if not _is_being_sent(number):
            break
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                " AND datname = current_database() AND pid <> pg_backend_pid() LIMIT 1"
            )
            found = cursor.fetchone()
        connection.close()
        if found is not None:
            os.kill(found[0], signal.SIGKILL)
            killed += 1
    return {"kills": killed, **_end(number, alive)}


def _end(number: int, alive: list[int]) -> dict:
    """What the books say when all workers have ended."""
    from newsroom.newsletters import books
    from newsroom.newsletters.models import Issue

    for pid in alive:
        os.waitpid(pid, 0)
    issue = Issue.objects.get(pk=number)
    found = books.of(issue)
    return {
        "status": issue.status,
        "audience": found.audience,
        "submitted": found.submitted,
        "balanced": found.balanced,
    }


def _is_being_sent(number: int) -> bool:
    """Asks until the database answers, for a minute at most."""
    from django.db import InterfaceError, OperationalError, connection

    from newsroom.newsletters.models import Issue

    patient_until = time.monotonic() + 60
    while True:
        try:
            return Issue.objects.filter(pk=number, status="sending").exists()
        except (OperationalError, InterfaceError):
            if time.monotonic() > patient_until:
                raise
            connection.close()
            time.sleep(0.1)


def _fork(number: int, *, seconds_silent: float = 4) -> int:
    """A worker as a process of its own; what takes minutes takes seconds here."""
    from django.db import InterfaceError, OperationalError, connection

    from newsroom.newsletters import claims, runs, sending

    if pid := os.fork():
        return pid
    claims.SECONDS_SILENT = seconds_silent
    runs.BACK_OFF = (0.5,) * 50
    while _is_being_sent(number):
        try:
            has_more = sending.work_on(number, seconds=2)
        except (OperationalError, InterfaceError):  # as ``sending.take_turn`` does
            connection.close()
            has_more = False
        if not has_more:
            time.sleep(0.2)
    os._exit(0)


COMMANDS = {
    "django": by_django,
    "fill": fill,
    "issue": issue,
    "kill": kill,
    "kill_database": kill_database,
    "queue": queue,
    "size": size,
    "smtplib": by_smtplib,
    "work": work,
}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
