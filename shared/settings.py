"""Settings: from the environment alone, typed, secrets masked, every problem reported at once."""

from collections.abc import Sequence
from typing import Any, Literal, TypeVar, cast

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.privacy.master_keys import DEVELOPMENT
from shared.privacy.master_keys import read as read_master_keys


class SettingsInvalid(Exception):
    """The environment can't be used; the message lists every problem, one a line."""


S = TypeVar("S", bound="ServiceSettings")
T = TypeVar("T", bound=BaseSettings)


class KernelSettings(BaseSettings):
    """What all services share. Each field is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore", hide_input_in_errors=True)

    environment: Literal["development", "production"] = Field(
        default="development", description="production refuses self-signed tokens and built-in secrets."
    )
    kafka_bootstrap_servers: str = Field(min_length=1, description="host:port[,host:port...] of the Kafka cluster.")
    identity_secret: SecretStr = Field(
        default=SecretStr("development-identity-secret"),
        min_length=16,
        description="Key of the hashes under which identifiers are found. Never change it.",
    )
    cursor_secret: SecretStr = Field(
        default=SecretStr("development-cursor-secret"),
        min_length=16,
        description="Signs page cursors and consistency tokens.",
    )
    keys_database_url: SecretStr | None = Field(
        default=None, description="postgresql://... of the database of data keys, which all services share."
    )
    master_keys: SecretStr = Field(
        default=SecretStr(DEVELOPMENT),
        description="name:base64,... of 32 random bytes each: the first wraps data keys, the others only unwrap.",
    )
    oidc_issuer: str | None = Field(
        default=None, description="Issuer of the bearer tokens; without it the development mode signs its own."
    )
    oidc_audience: str = Field(default="rapport", description="Audience that a token must name.")
    oidc_jwks_url: str | None = Field(default=None, description="Where the issuer's public keys are.")
    development_token_secret: SecretStr = Field(
        default=SecretStr("development-token-secret-not-for-production"),
        min_length=32,
        description="Signs the development mode's tokens.",
    )
    upgrading_from: str | None = Field(
        default=None,
        description="The release whose processes still run beside this one, or may come back: what time alone"
        " decides waits, since that release couldn't read it (docs/guides/upgrade.md).",
    )
    drain_lag: float = Field(
        default=0.0,
        ge=0,
        le=300,
        description="Seconds that an API goes on answering after SIGTERM, already not ready: until every balancer has"
        " noticed (docs/guides/rolling-restart.md).",
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto: console on a terminal, JSON otherwise."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe level that is written."
    )

    @field_validator("master_keys")
    @classmethod
    def _are_keys(cls, given: SecretStr) -> SecretStr:
        read_master_keys(given.get_secret_value())
        return given

    @model_validator(mode="after")
    def _production_is_strict(self) -> "KernelSettings":
        if self.environment != "production":
            return self
        wrong = [
            name.upper()
            for name in ("identity_secret", "cursor_secret", "master_keys")
            if any(part.strip().startswith("development-") for part in _parts(getattr(self, name)))
        ]
        if wrong:
            raise ValueError(f"set {', '.join(wrong)}: the built-in values are for development only")
        if not (self.oidc_issuer and self.oidc_jwks_url):
            raise ValueError("set OIDC_ISSUER and OIDC_JWKS_URL: production refuses tokens that Rapport signed itself")
        return self


def _parts(secret: SecretStr) -> list[str]:
    return secret.get_secret_value().split(",")


class ServiceSettings(BaseSettings):
    """What one service adds, under its own prefix (CONTACT_DATABASE_URL, CONTACT_PORT, ...).

    A service's subclass sets `model_config = SettingsConfigDict(env_prefix="CONTACT_", extra="ignore")`.
    """

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    database_url: SecretStr = Field(min_length=1, description="postgresql://... of this service's own database.")
    host: str = Field(default="127.0.0.1", description="Address that the API listens on.")
    port: int = Field(default=0, ge=0, le=65535, description="Port of the API; 0 takes a free one.")
    metrics_port: int = Field(default=0, ge=0, le=65535, description="Port of /metrics; 0 takes a free one.")

    @property
    def cautions(self) -> Sequence[str]:
        """Return sentences about settings that were given and won't do what one may expect; start-up logs them."""
        return ()


def load(kernel: type[KernelSettings], service: type[S]) -> tuple[KernelSettings, S]:
    """Return both settings, read from the environment.

    Raises SettingsInvalid with every problem of both at once, each naming its variable.
    """
    problems: list[str] = []
    loaded = [_load(settings, problems) for settings in (kernel, service)]
    if problems:
        raise SettingsInvalid("The settings can't be used:\n" + "\n".join(problems))
    return cast("tuple[KernelSettings, S]", tuple(loaded))


def read(settings: type[T], **given: Any) -> T:
    """Return one kind of settings, read from the environment but for what is given. Raises SettingsInvalid."""
    problems: list[str] = []
    loaded = _load(settings, problems, **given)
    if problems:
        raise SettingsInvalid("The settings can't be used:\n" + "\n".join(problems))
    return cast("T", loaded)


def _load(settings: type[BaseSettings], problems: list[str], **given: Any) -> BaseSettings | None:
    try:
        return settings(**given)
    except ValidationError as error:
        prefix = str(settings.model_config.get("env_prefix", ""))
        problems += [_describe(prefix, item["loc"], item["msg"]) for item in error.errors()]
        return None


def _describe(prefix: str, location: tuple[int | str, ...], message: str) -> str:
    name = "_".join(str(part) for part in location)
    return f"  {(prefix + name).upper()}: {message}" if name else f"  {message}"
