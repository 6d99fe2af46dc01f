"""Settings of the site: one file, environment variables, closed defaults.

Unset means production. ``docs/operating.md`` describes every variable.
"""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from js_asset import static_lazy

from newsroom.core import database, logs, policies

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

# --- What kind of start this is -----------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)

# --- Secrets and addresses ----------------------------------------------------

SECRET_KEY = "for-development-only" if DEBUG else env.str("SECRET_KEY")
# Old keys: codes and links made with them stay readable after a change.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Readers' addresses are sealed and found with it: it can never change.
ADDRESS_KEY = "for-development-only-" * 2 if DEBUG else env.str("ADDRESS_KEY")
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if DEBUG or DEMO else []
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

# --- Local state --------------------------------------------------------------

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))
MEDIA_ROOT = str(DATA_DIR / "media")
MEDIA_URL = "/media/"
# Originals never lie where readers' files do.
ORIGINALS_ROOT = str(DATA_DIR / "originals")

# --- Database -----------------------------------------------------------------

WEB_THREADS = env.int("WEB_THREADS", default=8)

_database_url = env.str(
    "DATABASE_URL", default="embedded" if DEBUG or DEMO else environ.Env.NOTSET
)
DATABASE_EMBEDDED = _database_url == "embedded"
if DATABASE_EMBEDDED:
    _default: dict[str, Any] = database.configuration(DATA_DIR)
else:
    _default = env.db_url_config(_database_url)
    if _default.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            "DATABASE_URL names a database that is not PostgreSQL. Write "
            "postgresql://user:password@host/name, or embedded."
        )
_default["CONN_MAX_AGE"] = 0
if env.bool("DATABASE_POOL", default=True):
    _default["OPTIONS"] = _default.get("OPTIONS", {}) | {
        "pool": {"min_size": 1, "max_size": WEB_THREADS, "timeout": 5},
        # PostgreSQL plans a page's queries once a connection, not once a request.
        "server_side_binding": True,
        "prepare_threshold": 3,
    }
else:
    # Behind PgBouncer: no prepared statements, no cursors kept on the server.
    _default["OPTIONS"] = _default.get("OPTIONS", {}) | {"prepare_threshold": None}
    _default["DISABLE_SERVER_SIDE_CURSORS"] = True
DATABASES = {"default": _default}
DATABASE_DIRECT_URL = env.str("DATABASE_DIRECT_URL", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Limits on guessing, and codes that work once, must be seen by every process.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
    }
}

# --- Applications -------------------------------------------------------------

INSTALLED_APPS = [
    "newsroom.apps.NewsroomAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_prose_editor",
    "js_asset",
    "procrastinate.contrib.django",
    "simple_history",
    "taggit",
    "newsroom.apps.NewsroomConfig",
    "newsroom.core",
    "newsroom.accounts",
    "newsroom.publication",
    "articles",
    "newsroom.newsletters",
    "newsroom.support",
]

MIDDLEWARE = [
    "newsroom.core.compression.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "newsroom.core.request_log.RequestLogMiddleware",
    "newsroom.core.headers.SecurityHeadersMiddleware",
    "newsroom.core.headers.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "newsroom.accounts.second_factor.SecondFactorMiddleware",
    "newsroom.core.local_time.NewsroomTimeMiddleware",
    "newsroom.publication.addresses.RedirectMiddleware",
]

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Widgets of ours have templates beside the others.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Language and time --------------------------------------------------------

LANGUAGE_CODE = "en-gb"
LANGUAGES = [
    ("en", _("English")),
    ("ru", _("Russian")),
    ("uk", _("Ukrainian")),
    ("be", _("Belarusian")),
    ("ka", _("Georgian")),
    ("de", _("German")),
    ("fr", _("French")),
    ("ar", _("Arabic")),
    ("fa", _("Persian")),
    ("zh-hans", _("Chinese")),
]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["newsroom.formats"]

# --- Static files and media ---------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = str(DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "originals": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": ORIGINALS_ROOT, "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "newsroom.core.static.BundledStaticFilesStorage"
    },
}
if env.str("S3_BUCKET", default=""):
    _s3 = {
        "bucket_name": env.str("S3_BUCKET"),
        "endpoint_url": env.str("S3_ENDPOINT", default=None),
        "region_name": env.str("S3_REGION", default=None),
        "querystring_auth": False,
    }
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": _s3 | {"location": "media"},
    }
    STORAGES["originals"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": _s3 | {"location": "originals", "default_acl": "private"},
    }

FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
FILE_UPLOAD_PERMISSIONS = 0o644
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# The edge: how long and how large a request's body may be (seconds, bytes).
BODY_DEADLINE = env.float("BODY_DEADLINE", default=10.0)
BODY_CAP = env.int("BODY_CAP", default=1 << 20)
BODY_CAP_ADMIN = env.int("BODY_CAP_ADMIN", default=64 << 20)

# --- Accounts -----------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_validation = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_validation}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_validation}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_validation}.CommonPasswordValidator"},
    {"NAME": f"{_validation}.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "account_login"
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=not (DEBUG or DEMO))

ACCOUNT_ADAPTER = "newsroom.accounts.adapter.StaffAdapter"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_FORMS = {
    "login": "newsroom.accounts.forms.SignInForm",
    "reset_password": "newsroom.accounts.forms.PasswordLinkForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/h/ip,5/h/key",
}
MFA_ADAPTER = "newsroom.accounts.adapter.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Newsroom"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG or DEMO

SESSION_COOKIE_NAME = "staff"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

# --- Security -----------------------------------------------------------------

_https = SITE_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 31536000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

EMBED_ORIGINS = policies.EMBED_ORIGINS
CONTENT_SECURITY_POLICY = policies.PUBLIC
ADMIN_CONTENT_SECURITY_POLICY = policies.ADMIN

# --- Mail ---------------------------------------------------------------------

_mail = env.email_url(
    "EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25"
)
# Sent by the backend that the address names; failures are noted for the desk.
MAIL_BACKEND = _mail.pop("EMAIL_BACKEND")
# Parameters of the address: what its server may be given of an issue.
MAIL_LIMITS = _mail.pop("OPTIONS", {})
# Other servers for issues: name=address, with spaces between.
MAIL_SENDERS = dict(one.split("=", 1) for one in env.str("MAIL_SENDERS", "").split())
# How many mails a worker may have handed over and not yet noted: after its death so
# many at most are sent twice.
MAIL_WINDOW = env.int("MAIL_WINDOW", default=20)
MAIL_NOTES_STRICT = env.bool("MAIL_NOTES_STRICT", default=False)
# How many workers send the same issue.
MAIL_WORKERS = env.int("MAIL_WORKERS", default=4)
vars().update(_mail)
if DEMO:
    EMAIL_BACKEND = "newsroom.core.mail.FolderBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
else:
    EMAIL_BACKEND = "newsroom.core.mail.NotingBackend"
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="newsroom@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# The sender of mails to givers who asked that nothing in their mailbox name us.
NEUTRAL_FROM_EMAIL = env.str(
    "NEUTRAL_FROM_EMAIL", default="post@letters.example" if DEMO else ""
)
# Reports of mails that did not arrive: where they go, and how they come in.
BOUNCE_DOMAIN = env.str("BOUNCE_DOMAIN", default="")
BOUNCE_MAILBOX_URL = env.str("BOUNCE_MAILBOX_URL", default="")
BOUNCE_WEBHOOK_KEY = env.str("BOUNCE_WEBHOOK_KEY", default="")
# The provider whose events are taken in, and what django-anymail needs to know of it.
ANYMAIL_PROVIDER = env.str("ANYMAIL_PROVIDER", default="")
ANYMAIL = env.json("ANYMAIL", default={})
DKIM_SELECTOR = env.str("DKIM_SELECTOR", default="")
DKIM_DOMAIN = env.str("DKIM_DOMAIN", default="")
DKIM_KEY_FILE = env.str("DKIM_KEY_FILE", default="")

# --- Gifts --------------------------------------------------------------------

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
# Another address of the API, such as a stand-in on this machine.
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="").rstrip("/")
# The account that transfers go to. The demo shows one that is nobody's.
BANK_HOLDER = env.str("BANK_HOLDER", default="The Meridian (demo)" if DEMO else "")
BANK_IBAN = env.str("BANK_IBAN", default="DE89370400440532013000" if DEMO else "")
BANK_BIC = env.str("BANK_BIC", default="")
BANK_NAME = env.str("BANK_NAME", default="A bank of the demo" if DEMO else "")
# Other lines for who pays from elsewhere, as "Routing number: 021000021; …".
BANK_DETAILS = env.str("BANK_DETAILS", default="")

# A header in which a delivery network names the country of who posts a gift: two
# letters. Looked at once, kept nowhere.
COUNTRY_HEADER = env.str("COUNTRY_HEADER", default="")

# --- The editor ---------------------------------------------------------------


# Cleaning happens in newsroom.core.html, where every writer passes: these add nothing.
def _cleaned_elsewhere(config: object, shared_config: object) -> None:
    return None


_own_parts = [
    "PullQuote",
    "LibraryFigure",
    "EmbedFigure",
    "SmartQuotes",
    "CleanPaste",
    "CharacterPicker",
    "TrailingNode",
]
DJANGO_PROSE_EDITOR_EXTENSIONS = [
    {
        "js": [static_lazy("admin/js/editor_nodes.js")],
        "extensions": dict.fromkeys(_own_parts, _cleaned_elsewhere),
    }
]

# --- Background work ----------------------------------------------------------

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
# A worker that has been silent for so long is taken for dead.
SECONDS_UNTIL_STALLED = 30
PROCRASTINATE_READONLY_MODELS = True

TAGGIT_CASE_INSENSITIVE = True
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True

# --- Logs: no address of a reader, no token, no search word -------------------

LOGGING = logs.configuration(
    human_readable=DEBUG, level=env.str("LOG_LEVEL", default="INFO")
)
LOGGING_CONFIG = "newsroom.core.logs.configure"

if env.str("SENTRY_DSN", default=""):
    logs.report_errors_to_sentry(env.str("SENTRY_DSN"))
