"""The site for uvicorn, which ``manage.py serve`` starts with the right options."""

from django.conf import settings

from newsroom.core.edge import Edge, Limits
from newsroom.core.notes import Notes
from newsroom.support.appeals import tally
from newsroom.wsgi import application as wsgi_application

application = Edge(
    wsgi_application,
    limits=Limits(
        threads=settings.WEB_THREADS,
        body_deadline=settings.BODY_DEADLINE,
        body_cap=settings.BODY_CAP,
        body_cap_admin=settings.BODY_CAP_ADMIN,
    ),
    trusted_proxies=settings.TRUSTED_PROXIES,
    notes=Notes(tally.PATH, tally.take, tally.add_up, tally.SECONDS_BETWEEN),
)
