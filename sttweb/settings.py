"""Django's settings. What an owner may change comes from `sttweb.env`."""

from datetime import timedelta

import dj_database_url
import dj_email_url
from csp.constants import NONCE, NONE, SELF

from sttweb import env

BASE_DIR = env.BASE_DIR
DATA_DIR = env.DATA_DIR
SECRET_KEY = env.SECRET_KEY
DEBUG = env.DEBUG
ALLOWED_HOSTS = env.ALLOWED_HOSTS

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "channels",
    "csp",
    "django_rq",
    "sttweb.accounts",
    "sttweb.runtime",
    "transcripts",
]

MIDDLEWARE = [
    "sttweb.request_id.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "sttweb.headers.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

# Of the routes for programs. All of it works without a thread, so that a call that waits holds none; a cookie
# means nothing there.
API_MIDDLEWARE = [
    "sttweb.request_id.middleware",
    "transcripts.api.middleware.length_of_pieces",
    "transcripts.api.middleware.own_thread",
]

ROOT_URLCONF = "sttweb.urls"
ASGI_APPLICATION = "sttweb.asgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
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
                "transcripts.context.speech_model",
            ],
        },
    },
]

DATABASES = {"default": dj_database_url.parse(env.DATABASE_URL)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE makes writers queue: a read that turns into a write would fail with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # Test threads and processes share the database only where it is a file.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.REDIS_URL or f"unix://{env.VALKEY_SOCKET}"
CACHES = {"default": {"BACKEND": "sttweb.cache.RedisOrMemoryCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # redis-py 8 would close each idle WebSocket after 5 s (django/channels_redis#422).
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": 20}]},
    },
}

QUEUES = ("fetch", "prepare", "prepare_long", "transcribe_live", "preview", "transcribe", "finish", "deliver")
# One queue a stage, so that a stage that waits for its device never holds up another.
RQ_QUEUES = {
    # JSON, because through a pickle whoever can write to the queue could run code.
    name: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 3600, "SERIALIZER": "rq.serializers.JSONSerializer"}
    for name in QUEUES
}
RQ = {"COMMIT_MODE": "auto"}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "sttweb.staticfiles.StaticFilesStorage"},
}

SMTP = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_CONFIG = dj_email_url.parse(env.EMAIL_URL)
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL_CONFIG["EMAIL_HOST"]
EMAIL_PORT = EMAIL_CONFIG["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL_CONFIG["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL_CONFIG["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL_CONFIG["EMAIL_USE_TLS"]
EMAIL_USE_SSL = EMAIL_CONFIG["EMAIL_USE_SSL"]
EMAIL_FILE_PATH = EMAIL_CONFIG["EMAIL_FILE_PATH"]
EMAIL_TIMEOUT = EMAIL_CONFIG["EMAIL_TIMEOUT"] or 10
DEFAULT_FROM_EMAIL = env.EMAIL_FROM

AUTH_USER_MODEL = "accounts.User"
# allauth's backend alone: with Django's beside it each wrong password would be hashed twice.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

STT_SIGNUP = env.SIGNUP
ACCOUNT_ADAPTER = "sttweb.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "sttweb.accounts.forms.LoginForm",
    "signup": "sttweb.accounts.forms.SignupForm",
    "change_password": "sttweb.accounts.forms.ChangePasswordForm",
    "reset_password": "sttweb.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "sttweb.accounts.forms.ResetPasswordKeyForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# What is shared with an address is for whoever reads its mail: where mail is sent, accounts prove that.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = EMAIL_BACKEND == SMTP
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED else "none"
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# At most 60 wrong passwords an hour from one address, and for one account.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "60/h/ip,5/5m/key",
    "reset_password": "20/h/ip,5/h/key",
    "reset_password_from_key": "60/h/ip",
    "signup": f"{env.SIGNUPS_PER_HOUR}/h/ip",
    "change_password": "20/h/user",
}
# How many proxies stand in front: only so many of the addresses in X-Forwarded-For are believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.PROXIES

SESSION_COOKIE_NAME = "sttweb_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if env.HTTPS:
    # TLS ends at a proxy, which must set this header itself.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # HSTS for the subdomains, and the browsers' preload list, are the domain owner's to decide.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# Plain lines on the terminal: what we do, and what goes wrong in a library.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "sttweb.request_id.LogFormatter",
            "format": "{asctime} {levelname} {name} {request_id} {message}",
            "datefmt": "%Y-%m-%dT%H:%M:%S",
            "style": "{",
        },
    },
    "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["terminal"], "level": "WARNING"},
    "loggers": {
        "sttweb": {"level": "INFO"},
        "transcripts": {"level": "INFO"},
        # Django's own handler for this one mails the administrators, and prints only while DEBUG is on.
        "django": {"handlers": [], "level": "WARNING"},
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        # wavesurfer.js styles its own shadow tree; only pages that ask for the nonce get one.
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# The speech models and the limits on what one account may keep.
STT_MODEL = env.MODEL
STT_TRANSLATE_MODEL = env.TRANSLATE_MODEL
STT_DEVICE = env.DEVICE
STT_COMPUTE_TYPE = env.COMPUTE_TYPE
STT_QUOTA_SECONDS = env.QUOTA_HOURS * 3600
STT_QUOTA_BYTES = int(env.QUOTA_GB * 1e9)
STT_MAX_OPEN_UPLOADS = env.MAX_OPEN_UPLOADS
# After these nobody is expected to continue: what came is transcribed as it is.
STT_RECORDING_IDLE = timedelta(minutes=env.RECORDING_IDLE_MINUTES)
STT_UPLOAD_IDLE = timedelta(hours=env.UPLOAD_IDLE_HOURS)
STT_TRASH = timedelta(days=env.TRASH_DAYS)
# What may be fetched from links, and the folder from which files are taken in.
STT_IMPORT_BYTES = int(env.IMPORT_GB * 1e9)
STT_IMPORT_PORTS = env.IMPORT_PORTS
STT_IMPORT_ALLOW = env.IMPORT_ALLOW
STT_WATCH_DIR = env.WATCH_DIR
STT_WATCH_USER = env.WATCH_USER
STT_WATCH_AFTER = env.WATCH_AFTER
# What one API key may ask for, and send at once.
STT_API_RATE = env.API_RATE
STT_API_BYTES = env.API_MB * 1_000_000
# Private networks that webhooks may reach, on every port; elsewhere they reach these ports.
STT_WEBHOOK_ALLOW = env.WEBHOOK_ALLOW
STT_WEBHOOK_PORTS = env.WEBHOOK_PORTS
# Where large requests are received: the system's own folder may be in memory.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "incoming"
STT_PATCH_BYTES = 8 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = STT_PATCH_BYTES
