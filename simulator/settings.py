"""Settings: what the simulated carriers must agree on with the program under talk."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

DEMANDED = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "TELEGRAM_TOKEN")
ZALO = ("ZALO_APP_ID", "ZALO_APP_SECRET", "ZALO_OA_SECRET", "ZALO_REFRESH_TOKEN")
OA_ID = "2893352839501541173"
SMSGATE = ("SMSGATE_USER", "SMSGATE_PASSWORD", "SMSGATE_SIGNING_KEY")


@dataclass(frozen=True)
class Pace:
    """How fast the carriers are, in seconds. The time-outs are the providers' own; the rest is lively.

    Twilio gives a webhook 15 s, Telegram 60 s. Telegram repeats an update that was not answered with 2xx "a
    reasonable number of times" for up to 24 hours (core.telegram.org/bots/api#setwebhook); the growing gaps
    here are ours. Zalo gives 2 s and tries again after each gap of `zalo_retry_s`; SMSGate gives 30 s and tries
    14 times more, each gap twice the one before (docs.sms-gate.app/features/webhooks).
    """

    receipt_s: float = 0.2
    twilio_timeout_s: float = 15.0
    telegram_timeout_s: float = 60.0
    retry_first_s: float = 1.0
    retry_most_s: float = 30.0
    keep_updates_s: float = 24 * 3600.0
    zalo_timeout_s: float = 2.0
    zalo_retry_s: tuple[float, ...] = (30.0, 300.0, 900.0, 1800.0, 3600.0)
    smsgate_timeout_s: float = 30.0
    smsgate_retry_s: tuple[float, ...] = tuple(10.0 * 2**place for place in range(14))


@dataclass(frozen=True)
class ZaloAccount:
    """An application and its Official Account.

    Accounts of Zalo's signature disagree, so it has variants: `signed_first` is "app_id" or "oa_id",
    `signed_with` is "oa_secret" or "app_secret", `signed_prefix` stands before the digest, and
    `time_in_header` sends the time as X-ZEvent-Timestamp too. `echoes` says how a message that the program
    sent comes back as oa_send_text: "plain" (no admin_id), "admin" (as if an employee had written it) or "".
    """

    app_id: str
    app_secret: str = field(repr=False)
    oa_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    oa_id: str = OA_ID
    signed_first: str = "app_id"
    signed_with: str = "oa_secret"
    signed_prefix: str = "mac="
    time_in_header: bool = False
    echoes: str = "plain"
    token_lasts_s: int = 90_000
    calls_a_minute: int = 4000


@dataclass(frozen=True)
class SmsgatePhone:
    """A telephone with the SMSGate app, and how the program logs in to it.

    `number` is its SIM's. `sent_per_part`: a message of several parts gives one sms:sent for each, as some
    telephones do (github.com/capcom6/android-sms-gateway/issues/403), and not one for all, as documented.
    """

    user: str
    password: str = field(repr=False)
    signing_key: str = field(repr=False)
    number: str = "+84900000190"
    device_id: str = "ffffffffceb0b1db0000018e937c815b"
    sent_per_part: bool = True


@dataclass(frozen=True)
class Settings:
    """Accounts, addresses and pace of the simulated carriers.

    `public_url` is scheme://host[:port] of the program: webhooks go there and signatures are made over it.
    `port` 0 takes any free port. Without `zalo` or `smsgate` there is no such carrier.
    """

    twilio_account_sid: str
    twilio_auth_token: str = field(repr=False)
    twilio_from: str
    telegram_token: str = field(repr=False)
    public_url: str = "http://localhost:8000"
    host: str = "127.0.0.1"
    port: int = 8001
    pace: Pace = field(default_factory=Pace)
    twilio_overrides: str = ""
    zalo: ZaloAccount | None = None
    smsgate: SmsgatePhone | None = None

    @property
    def twilio_webhook(self) -> str:
        """The number's webhook as set in Twilio's console, with `twilio_overrides` as its fragment."""
        return f"{self.public_url}/webhooks/twilio" + (f"#{self.twilio_overrides}" if self.twilio_overrides else "")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the names in DEMANDED, ZALO and SMSGATE, ZALO_OA_ID, TWILIO_OVERRIDES, PUBLIC_URL, SIMULATOR_PORT.

        Zalo and SMSGate may be left out, each as a whole. Raises SystemExit naming what is missing: a secret is
        never invented.
        """
        demanded = [*DEMANDED]
        for names in (ZALO, SMSGATE):
            demanded += names if any(environment.get(name) for name in names) else ()
        missing = [name for name in demanded if not environment.get(name)]
        if missing:
            raise SystemExit(f"The simulator needs {', '.join(missing)} in its environment.")
        found = {name: environment.get(name, "") for name in (*DEMANDED, *ZALO, *SMSGATE)}
        account, token, line, bot, app, secret, oa_secret, refresh, user, password, key = found.values()
        return cls(
            twilio_account_sid=account,
            twilio_auth_token=token,
            twilio_from=line,
            telegram_token=bot,
            public_url=environment.get("PUBLIC_URL", "http://localhost:8000"),
            port=int(environment.get("SIMULATOR_PORT", "8001")),
            twilio_overrides=environment.get("TWILIO_OVERRIDES", ""),
            zalo=ZaloAccount(app, secret, oa_secret, refresh, environment.get("ZALO_OA_ID") or OA_ID) if app else None,
            smsgate=SmsgatePhone(user, password, key) if user else None,
        )
