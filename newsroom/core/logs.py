"""Logs as JSON lines (or coloured in development), without anything personal.

No address of a person or a network, no token, no search word: keys that would carry
them are dropped, and what looks like them is cut out of every other string, the
messages of exceptions included. Local variables are never shown.
"""

import logging
import logging.config
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

DROPPED_KEYS = frozenset(
    {
        "address",
        "authorization",
        "cookie",
        "cookies",
        "email",
        "headers",
        "host",
        "ip",
        "key",
        "login",
        "password",
        "q",
        "query",
        "query_string",
        "referer",
        "remote_addr",
        "request",
        "to",
        "token",
        "user_agent",
        "username",
    }
)
KEPT_KEYS = frozenset({"level", "logger", "request_id", "timestamp"})

_MAIL_ADDRESS = re.compile(
    r"[^\s@<>\"'()\[\]{},;:=/]{1,100}(?:@|%40)[^\s@<>\"'()\[\]{},;:=/]{1,255}"
)
_QUERY = re.compile(r"\?[^\s\"'<>]+")
# Twenty letters, digits, - and _ with at least one digit and one letter among them.
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_-])(?=[\w-]*\d)(?=[\w-]*[^\W\d])[A-Za-z0-9_-]{20,}"
)
_IPV4 = re.compile(r"(?<![\w.])(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_IPV6 = re.compile(
    r"(?<![\w:.])(?!::1(?![\w:]))(?=[0-9a-fA-F:]*[0-9a-fA-F])"
    r"(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}(?![\w:])"
)


def configuration(*, human_readable: bool, level: str = "INFO") -> dict[str, Any]:
    """What ``logging.config.dictConfig`` takes: everything goes to stdout."""
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if human_readable
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    render_exception,
                    without_personal_keys,
                    redact_strings,
                    renderer,
                ],
                "foreign_pre_chain": _PROCESSORS,
            }
        },
        "handlers": {"stdout": {"()": StdoutHandler, "formatter": "line"}},
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            # Told once, with the request's id, by ``request_log``.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"level": "CRITICAL", "handlers": []},
            "django.security": {"level": "CRITICAL"},
            "procrastinate.blueprints": {"level": "WARNING"},
            "procrastinate.jobs": {"level": "WARNING"},
            "procrastinate.periodic": {"level": "WARNING"},
            "uvicorn.access": {"level": "CRITICAL", "propagate": False},
            # The pool tells every connection that it tries.
            "psycopg.pool": {"level": "ERROR"},
            "PIL": {"level": "WARNING"},
            # They tell each letter that they draw, names among them.
            "fontTools": {"level": "WARNING"},
            "fpdf": {"level": "ERROR"},
        },
    }


def configure(settings: dict[str, Any]) -> None:
    """Set up the standard library's logging and structlog (``LOGGING_CONFIG``)."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def redacted(text: str) -> str:
    """The text without what looks like a person's or a reader's."""
    text = _QUERY.sub("?…", text)
    text = _MAIL_ADDRESS.sub("[address]", text)
    text = _TOKEN.sub("[token]", text)
    text = _IPV4.sub("[network]", text)
    return _IPV6.sub("[network]", text)


def without_personal_keys(
    logger: WrappedLogger, method: str, event: EventDict
) -> EventDict:
    return {key: value for key, value in event.items() if key not in DROPPED_KEYS}


def redact_strings(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {
        key: value if key in KEPT_KEYS else _clean(value)
        for key, value in event.items()
    }


def render_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Turn an exception into its traceback as text: no local variables."""
    exc_info: Any = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    if isinstance(exc_info, BaseException):
        exc_info = (type(exc_info), exc_info, exc_info.__traceback__)
    if exc_info and exc_info != (None, None, None):
        event["exception"] = _as_text(exc_info)
    return event


def report_errors_to_sentry(dsn: str) -> None:
    """Send errors to Sentry (or what speaks its protocol), as clean as the logs."""
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        max_breadcrumbs=0,
        before_send=scrubbed,
        before_send_transaction=scrubbed,
    )


def scrubbed(event: MutableMapping[str, Any], hint: Any) -> dict[str, Any]:
    """An error report without the request's address, headers and person."""
    kept: dict[str, Any] = _clean(
        {key: value for key, value in event.items() if key not in _NOT_REPORTED}
    )
    # These name the report itself and look like tokens.
    for key in ("event_id", "contexts", "release"):
        if key in event:
            kept[key] = event[key]
    request = event.get("request")
    if isinstance(request, dict) and "method" in request:
        kept["request"] = {"method": request["method"]}
    return kept


_NOT_REPORTED = frozenset(
    {"breadcrumbs", "contexts", "event_id", "extra", "release", "request", "user"}
)


class StdoutHandler(logging.StreamHandler[TextIO]):
    """Writes to what stdout is at the moment, which a test or a server may replace."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)


def _as_text(exc_info: ExcInfo) -> str:
    return "".join(traceback.format_exception(*exc_info)).rstrip()


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, MutableMapping):
        return {
            key: _clean(inner)
            for key, inner in value.items()
            if not (isinstance(key, str) and key.lower() in DROPPED_KEYS)
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redacted(str(value))


_PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
