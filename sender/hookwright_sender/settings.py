"""Settings of the platform, from the environment: `HOOKWRIGHT_...`."""

from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hookwright_sender.errors import SenderError

PREFIX = "HOOKWRIGHT_"
DEFAULT_DATABASE = "sqlite:///hookwright.db"
List = Annotated[tuple[str, ...], NoDecode]


class InvalidSetting(SenderError):  # noqa: N818  the name says what happened
    """A setting that cannot be used; its value, which may be a secret, is not shown."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"{name} cannot be used: {reason}. Change it or unset it")


class Settings(BaseSettings):
    """Every setting of `serve`, `worker` and the commands beside them; times are in seconds.

    `allow_networks` are CIDRs (`127.0.0.0/8`) that deliveries may go to although they are not
    public, `allow_ports` ports beside 443 and 80; `nameservers` are `ip[:port]`, asked for
    everything; `keys` the key ring, newest first. Raises `InvalidSetting` through `read`.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, str_strip_whitespace=True
    )

    database_url: str = Field(default=DEFAULT_DATABASE, repr=False)
    keys: str | None = Field(default=None, repr=False)
    timeout: float = Field(default=5.0, gt=0, le=60)
    allow_networks: List = ()
    allow_ports: List = ()
    allow_http: bool = False
    nameservers: List = ()
    log_format: str = Field(default="json", pattern="^(json|text)$")
    retry_delays: List = ()
    concurrency: int = Field(default=100, ge=1, le=10_000)
    webhook_concurrency: int = Field(default=10, ge=1, le=1_000)
    rate_limit: float = Field(default=50.0, gt=0)
    disable_after: float = Field(default=5 * 86400.0, gt=0)
    retention_days: float = Field(default=30.0, gt=0)

    @field_validator("allow_networks", "allow_ports", "nameservers", "retry_delays", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @classmethod
    def read(cls, **given: Any) -> Self:
        """Return the settings of the environment, with some of them given here instead."""
        try:
            return cls(**given)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = PREFIX + "_".join(str(part) for part in first["loc"][:1]).upper()
            raise InvalidSetting(name, first["msg"].rstrip(".").lower()) from None
