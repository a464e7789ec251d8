"""Options of logging in, which each daemon that has users adds to its own; and the policy they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.settings import Option, integer, optional_path, text, timespan
from gromox.directory.auth import AuthPolicy
from gromox.directory.limiter import LimiterBounds
from gromox.directory.settings import ENABLE_FIRSTTIME_PASSWORD
from gromox.directory.token import TokenReader

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.settings import Settings

AUTH_BACKEND_SELECTION: Final = Option(
    "auth_backend_selection",
    text,
    "ldap",
    "Who verifies passwords: ldap or externid (users imported from LDAP there, others by their hash here), "
    "always_ldap, always_mysql (all by their hash here), pam, deny_all, or allow_all.",
    choices=("deny_all", "allow_all", "ldap", "externid", "always_ldap", "always_mysql", "pam"),
)
AUTH_FAIL_DELAY: Final = Option(
    "auth_fail_delay",
    timespan,
    1.0,
    "How long the answer to a failed login is held back; 0 not at all.",
    unit="seconds",
)
HTTP_BASIC_AUTH_CRED_CACHING: Final = Option(
    "http_basic_auth_cred_caching",
    timespan,
    60.0,
    "How long a verified password is taken without asking the user database again; 0 asks every time.",
    unit="seconds",
)
USERFILTER_RL_MAXTRIES: Final = Option(
    "userfilter_rl_maxtries",
    integer,
    10,
    "Failed logins of one user from one address before they are blocked; "
    "an address alone has ten times as many.",
    low=1,
)
USERFILTER_RL_WINDOW: Final = Option(
    "userfilter_rl_window", timespan, 60.0, "The time in which failed logins are counted.", unit="seconds"
)
USERFILTER_MAXBANS: Final = Option(
    "userfilter_maxbans",
    integer,
    1000,
    "How many users and addresses with failed logins are remembered; 0 blocks none.",
    low=0,
    high=1_000_000,
)
BLOCK_INTERVAL_AUTHS: Final = Option(
    "block_interval_auths",
    timespan,
    60.0,
    "How long a login stays blocked after too many failures.",
    unit="seconds",
    low=1,
)
AUTH_SCRAM: Final = Option(
    "auth_scram",
    text,
    "no",
    "SCRAM-SHA-256, by which passwords do not come over the wire: no; collect (keep its keys when somebody "
    "logs in with a password); yes (offer it too; who has not logged in since cannot use it).",
    choices=("no", "collect", "yes"),
)
OAUTH_PUBLIC_KEY: Final[Option[Path | None]] = Option(
    "oauth_public_key",
    optional_path,
    None,
    "Public keys (PEM, RSA or P-256) that sign tokens of the identity provider; nothing: OAUTHBEARER and "
    "XOAUTH2 are not offered.",
)
OAUTH_ISSUER: Final = Option(
    "oauth_issuer", text, "", "What a token has to name as its issuer (iss); nothing: it is not asked."
)
OAUTH_AUDIENCE: Final = Option(
    "oauth_audience",
    text,
    "",
    "What a token has to name as its audience (aud), several separated by blanks; nothing: such tokens are "
    "refused that name any.",
)
OAUTH_CLAIM: Final = Option("oauth_claim", text, "email", "The claim of a token that holds the login name.")
OAUTH_DISCOVERY_URL: Final = Option(
    "oauth_discovery_url",
    text,
    "",
    "The address of the provider's openid-configuration, told to clients whose token is refused.",
)

#: What a daemon that logs users in adds to its own options.
AUTH_OPTIONS: Final[tuple[Option[object], ...]] = (
    AUTH_BACKEND_SELECTION,
    AUTH_FAIL_DELAY,
    HTTP_BASIC_AUTH_CRED_CACHING,
    USERFILTER_RL_MAXTRIES,
    USERFILTER_RL_WINDOW,
    USERFILTER_MAXBANS,
    BLOCK_INTERVAL_AUTHS,
    AUTH_SCRAM,
)
#: What a daemon adds that has SASL, and with it tokens.
TOKEN_OPTIONS: Final[tuple[Option[object], ...]] = (
    OAUTH_PUBLIC_KEY,
    OAUTH_ISSUER,
    OAUTH_AUDIENCE,
    OAUTH_CLAIM,
    OAUTH_DISCOVERY_URL,
)


def tokens_of(daemon: Settings) -> TokenReader | None:
    """Return who verifies tokens by :data:`TOKEN_OPTIONS`; None: nobody. Raises OSError."""
    path = daemon[OAUTH_PUBLIC_KEY]
    if path is None:
        return None
    return TokenReader(
        path.read_bytes(),
        issuer=daemon[OAUTH_ISSUER],
        audience=daemon[OAUTH_AUDIENCE].split(),
        claim=daemon[OAUTH_CLAIM],
        discovery=daemon[OAUTH_DISCOVERY_URL],
    )


def auth_policy(daemon: Settings, database: Settings) -> AuthPolicy:
    """Return how a daemon verifies logins.

    Args:
        daemon: settings of a program that has :data:`AUTH_OPTIONS`.
        database: settings of ``gromox.directory.settings.PROGRAM``.
    """
    return AuthPolicy(
        backend=daemon[AUTH_BACKEND_SELECTION],
        cache_lifetime=daemon[HTTP_BASIC_AUTH_CRED_CACHING],
        fail_delay=daemon[AUTH_FAIL_DELAY],
        scram=daemon[AUTH_SCRAM],
        first_password=database[ENABLE_FIRSTTIME_PASSWORD],
        limits=LimiterBounds(
            max_tries=daemon[USERFILTER_RL_MAXTRIES],
            window=daemon[USERFILTER_RL_WINDOW],
            ban=daemon[BLOCK_INTERVAL_AUTHS],
            max_entries=daemon[USERFILTER_MAXBANS],
        ),
    )
