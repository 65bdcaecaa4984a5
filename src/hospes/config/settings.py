"""
Settings of all faces and workers. HOSPES_FACE says which process this is and by that which database logins it has.

Nothing here asks for an environment by name: a fresh checkout starts with these defaults, a production one sets variables.
"""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from hospes.config.bank import read_bank
from hospes.config.csp import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from hospes.config.debits import read_direct_debit
from hospes.config.env import env_flag, env_number, env_secret, env_text
from hospes.config.office import read_office_networks
from hospes.config.operators import read_operator, read_texts
from hospes.config.passwords import AUTH_PASSWORD_VALIDATORS as AUTH_PASSWORD_VALIDATORS
from hospes.config.passwords import HOSPES_ARGON2 as HOSPES_ARGON2
from hospes.config.passwords import HOSPES_HASHES_AT_ONCE as HOSPES_HASHES_AT_ONCE
from hospes.config.passwords import PASSWORD_HASHERS as PASSWORD_HASHERS
from hospes.config.payments import read_payment_provider, stripe_settings
from hospes.config.reconciling import read_patience
from hospes.config.second import SmsRules, WayBack, read_rules, sms_settings

ROOT = Path(__file__).resolve().parents[3]
VAR = Path(env_text("HOSPES_VAR", str(ROOT / "var")))
FACE = env_text("HOSPES_FACE", "owner")
TESTING = "pytest" in sys.modules

DEBUG = False
SECRET_KEY = (
    "only-for-tests-" + "0" * 40 if TESTING else env_secret("HOSPES_SECRET_KEY", VAR / "secrets" / "key")
)
HOSPES_SECRET_KEY_BYTES = SECRET_KEY.encode()
HOSPES_OLD_SECRET_KEYS: list[bytes] = []
_OPERATOR_FILE = Path(env_text("HOSPES_OPERATOR", str(ROOT / "operator.toml")))
HOSPES_OPERATOR = read_operator(_OPERATOR_FILE)
HOSPES_SMS_RULES = read_rules(_OPERATOR_FILE, "sms", SmsRules)
HOSPES_WAY_BACK = read_rules(_OPERATOR_FILE, "second_step", WayBack)
HOSPES_DIRECT_DEBIT = read_direct_debit(_OPERATOR_FILE)
HOSPES_OPERATOR_TEXTS = read_texts(Path(env_text("HOSPES_OPERATOR_TEXTS", str(ROOT / "operator"))))
HOSPES_BANK = read_bank(_OPERATOR_FILE, usual=HOSPES_OPERATOR.iban)
HOSPES_RECONCILING = read_patience(_OPERATOR_FILE)
HOSPES_OFFICE_NETWORKS = read_office_networks(_OPERATOR_FILE)
HOSPES_PAYMENT_PROVIDER = read_payment_provider(_OPERATOR_FILE)
HOSPES_ROLE_PREFIX = env_text("HOSPES_ROLE_PREFIX", "hospes")

# --- where things are: one port base for a whole installation on one machine ----------------------------------------------
PORT_BASE = env_number("HOSPES_PORT_BASE", 8000)
HOSPES_PORTAL_URL = env_text("HOSPES_PORTAL_URL", f"http://localhost:{PORT_BASE}")
HOSPES_OFFICE_URL = env_text("HOSPES_OFFICE_URL", f"http://localhost:{PORT_BASE + 1}")
# Not 127.0.0.1 by itself: over plain HTTP browsers make passkeys for the name localhost and for no IP address.
_PLACE = urlsplit(HOSPES_PORTAL_URL)
ON_THIS_MACHINE = _PLACE.scheme == "http" and _PLACE.hostname in ("localhost", "127.0.0.1")
ALLOWED_HOSTS = [urlsplit(u).hostname or "" for u in (HOSPES_PORTAL_URL, HOSPES_OFFICE_URL)]
ALLOWED_HOSTS += ["testserver", "localhost"] if TESTING else []
CSRF_TRUSTED_ORIGINS = [HOSPES_PORTAL_URL, HOSPES_OFFICE_URL]

# --- the database: a login for each face ----------------------------------------------------------------------------------
_LOGINS_OF_FACE = {
    "portal": {"default": "portal", "door": "door"},
    "office": {"default": "office", "door": "desk"},
    "worker": {"default": "worker"},
    "owner": {"default": "anybody"},
}
if FACE not in _LOGINS_OF_FACE:
    raise ImproperlyConfigured(f"HOSPES_FACE={FACE!r}: say one of {', '.join(_LOGINS_OF_FACE)}")
HOSPES_ALIASES = _LOGINS_OF_FACE[FACE]


def _database(login: str) -> dict[str, Any]:
    options = {"application_name": f"hospes {FACE}", "connect_timeout": 5}
    common = {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
    url = urlsplit(env_text("HOSPES_DATABASE_URL", env_text("DATABASE_URL", "postgresql://postgres@/hospes")))
    host = unquote(url.hostname or parse_qs(url.query).get("host", [""])[0])
    place = {
        "HOST": env_text("HOSPES_DATABASE_HOST", host),
        "PORT": env_text("HOSPES_DATABASE_PORT", str(url.port or parse_qs(url.query).get("port", [""])[0])),
        "NAME": env_text("HOSPES_DATABASE_NAME", url.path.strip("/") or "hospes"),
    }
    if login == "anybody":
        return {
            **common,
            **place,
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
        }
    from hospes.kernel.secrets import derived_password

    role = f"{HOSPES_ROLE_PREFIX}_login_{login}"
    return {
        **common,
        **place,
        "USER": role,
        "PASSWORD": derived_password(role, master=HOSPES_SECRET_KEY_BYTES),
    }


DATABASES = {alias: _database(login) for alias, login in HOSPES_ALIASES.items()}
DATABASE_ROUTERS = ["hospes.accounts.limits.LimitsRouter", "hospes.kernel.acting.ActingRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "hospes.kernel",
    "hospes.customers",
    "hospes.messaging",
    "hospes.accounts",
    "hospes.catalogue",
    "hospes.services",
    "hospes.billing",
    "hospes.billing.ledger",
    "hospes.billing.methods",
    "hospes.sales",
    "hospes.payments",
    "hospes.payments.bank",
    "hospes.payments.debits",
    "hospes.payments.balances",
    "hospes.payments.chargebacks",
    "hospes.payments.collecting",
    "hospes.payments.together",
    "hospes.payments.approvals",
    "hospes.payments.reconciling",
    "hospes.hosting",
    "hospes.domains",
    "hospes.privacy",
    "hospes.faces",
    "hospes.portal",
    "hospes.office",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "hospes.faces.middleware.request_log",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "hospes.faces.middleware.only_mapped_cookies",
    "hospes.accounts.passwords.gate.hold_up",
    "hospes.accounts.sessions.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "hospes.faces.middleware.sane_requests",
    "hospes.accounts.middleware.who_is_there",
    "hospes.faces.middleware.for_their_eyes_only",
    "hospes.accounts.viewing.middleware.as_the_customer",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hospes.accounts.middleware.doors",
    "hospes.faces.middleware.files_of_staff",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = f"hospes.config.urls_{FACE}" if FACE in ("portal", "office") else "hospes.config.urls_portal"
WSGI_APPLICATION = "hospes.config.wsgi.application"

_LOADERS: list[Any] = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", _LOADERS)],
            "builtins": ["django_cotton.templatetags.cotton", "hospes.faces.templatetags.hospes_ui"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "hospes.faces.context.everywhere",
            ],
        },
    }
]

# --- accounts -------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "customers.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
SESSION_ENGINE = "hospes.accounts.sessions"
SESSION_COOKIE_NAME = "hospes_office" if FACE == "office" else "hospes_portal"
SESSION_COOKIE_AGE = 8 * 3600 if FACE == "office" else 14 * 86400
SESSION_EXPIRE_AT_BROWSER_CLOSE = FACE == "office"
CSRF_COOKIE_NAME = "hospes_office_csrf" if FACE == "office" else "hospes_csrf"
SECURE_COOKIES = env_flag("HOSPES_SECURE_COOKIES", not ON_THIS_MACHINE)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "hospes.faces.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "hospes.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "hospes.accounts.forms.SignupDetails"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to somebody who is nobody here
ACCOUNT_FORMS = {
    "signup": "hospes.accounts.passwords.forms.SignupForm",
    "reset_password": "hospes.accounts.passwords.forms.ResetForm",
    "reset_password_from_key": "hospes.accounts.passwords.forms.NewPasswordForm",
}
# What anybody may try is counted by hospes.accounts.passwords.tries: the library's own would let one keep out another.
ACCOUNT_RATE_LIMITS = dict.fromkeys(("login", "signup", "reset_password", "reset_password_from_key"), "")
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "hospes.accounts.resets.ResetTokens"  # noqa: S105  # a class, no password
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # as hospes.accounts.confirming.LASTS
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = FACE != "office"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_ADAPTER = "hospes.accounts.adapter.SecondStepAdapter"
MFA_SUPPORTED_TYPES = [
    "totp"
]  # passkeys, text messages and recovery codes are our own: hospes.accounts.second
MFA_REAUTHENTICATION_REQUIRED = False  # our pages ask by hospes.accounts.confirming
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = HOSPES_OPERATOR.name

# --- languages ------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("en", _("English"))]
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True

# --- files, mail, jobs, cache, logs ---------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = (
    env_text("HOSPES_STATIC_ROOT", "") or None
)  # where `collectstatic` puts them; served from the apps without it
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
MEDIA_ROOT = VAR / "media"
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env_text("HOSPES_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = env_number("HOSPES_SMTP_PORT", PORT_BASE + 25)
EMAIL_HOST_USER = env_text("HOSPES_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env_text("HOSPES_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env_flag("HOSPES_SMTP_TLS", False)
EMAIL_TIMEOUT = 20
FILE_UPLOAD_HANDLERS = ["hospes.faces.middleware.NoFiles"]
DEFAULT_FROM_EMAIL = f"{HOSPES_OPERATOR.name} <{HOSPES_OPERATOR.email}>"
HOSPES_MOLLIE = {
    "url": env_text("HOSPES_MOLLIE_URL", f"http://127.0.0.1:{PORT_BASE + 10}"),
    "key": env_text("HOSPES_MOLLIE_KEY", "test_demo0000000000000000000000"),
    # Of the organisation, with the rights balances.read and settlements.read: what moved, and what was paid out.
    "access_token": env_text("HOSPES_MOLLIE_ACCESS_TOKEN", "access_demo00000000000000000000"),
}
HOSPES_STRIPE = stripe_settings()
HOSPES_PANEL = {
    "url": env_text("HOSPES_PANEL_URL", f"http://127.0.0.1:{PORT_BASE + 13}"),
    "user": env_text("HOSPES_PANEL_USER", "admin"),
    "key": env_text("HOSPES_PANEL_KEY", "demo-login-key"),
}
HOSPES_PEPPOL = {
    "access_point": env_text("HOSPES_PEPPOL_ACCESS_POINT", "rest"),
    "url": env_text("HOSPES_PEPPOL_URL", f"http://127.0.0.1:{PORT_BASE + 15}"),
    "token": env_text("HOSPES_PEPPOL_TOKEN", "demo-peppol-token"),
}
HOSPES_VIES = {
    "url": env_text("HOSPES_VIES_URL", f"http://127.0.0.1:{PORT_BASE + 14}/taxation_customs/vies/rest-api")
}
HOSPES_RDAP = {"url": env_text("HOSPES_RDAP_URL", f"http://127.0.0.1:{PORT_BASE + 16}")}
HOSPES_SMS = sms_settings(PORT_BASE + 11, rules=HOSPES_SMS_RULES, operator=HOSPES_OPERATOR.name)
PROCRASTINATE_ON_APP_READY = "hospes.kernel.jobs.use_acting_connection"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_IMPORT_PATHS = ["hospes.config.schedule"]
CACHES = {
    "default": {
        "BACKEND": "hospes.kernel.caching.JsonCache",
        "LOCATION": "hospes_cache",
        "KEY_FUNCTION": "hospes.kernel.caching.blind_cache_key",
        "OPTIONS": {
            "MAX_ENTRIES": 50_000
        },  # it holds the limits on tries: with the usual 300 a crowd could wash them out
    }
}
LOGGING_CONFIG = "hospes.config.logs.configure"
LOGGING: dict[str, Any] = {"version": 1}  # an empty one would not be applied

SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env_flag("HOSPES_TLS_ONLY", SECURE_COOKIES)
SECURE_HSTS_SECONDS = 31536000 if SECURE_SSL_REDIRECT else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
HOSPES_TRUSTED_PROXIES = env_number("HOSPES_TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = HOSPES_TRUSTED_PROXIES
# The address is unique without regard to case, by the constraint one_person_per_email_address.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
