"""Test accounts that a drill has shut and not opened yet: kept before the call, so that a kill leaves none shut."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from connectors.sdk.capabilities import ReadsState, RestoresAccounts
from connectors.sdk.context import Context
from connectors.sdk.errors import ConnectorError, Refused
from connectors.sdk.registry import Registry
from connectors.sdk.types import Account, Since
from service.engine import sealed
from service.ledger.keys import Keys
from service.store import Base, Store

#: What a drill does to its account, and by which key.
ACTION: Final = "disable_account"
KEY: Final = "drill"


class DrillAccount(Base):
    """One test account from before it is shut until it was read back as open. `image` is how it was, encrypted."""

    __tablename__ = "drill_accounts"

    drill: Mapped[int] = mapped_column(ForeignKey("drills.number"), primary_key=True, autoincrement=False)
    system: Mapped[str] = mapped_column(String(100), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(500))
    image: Mapped[bytes] = mapped_column(LargeBinary)
    shut_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut:
    """Keeps them, and opens those of a drill that was cut short."""

    store: Store
    keys: Keys
    registry: Registry
    now: Callable[[], datetime]

    def keep(self, drill: int, account: Account) -> None:
        """Read how an account is and commit that it is about to be shut. Raises `ConnectorError`."""
        reader = self._open(account.connector, reading=True)
        if not (isinstance(reader, ReadsState) and isinstance(reader, RestoresAccounts)):
            raise Refused(
                f"{account.connector} cannot say how an account was, so it could not be opened again.",
                hint="Take it off drill.systems.",
            )
        image = sealed.seal_before(self.keys, None, reader.read(account))
        with self.store.write("drill.begin") as session:
            session.add(
                DrillAccount(
                    drill=drill,
                    system=account.connector,
                    account_id=account.id,
                    image=image,
                    shut_at=self.now(),
                )
            )

    def opened(self, drill: int, system: str) -> None:
        """Forget one that was read back as open."""
        with self.store.write("drill") as session:
            session.execute(
                delete(DrillAccount).where(DrillAccount.drill == drill, DrillAccount.system == system)
            )

    def of(self, drill: int) -> dict[str, DrillAccount]:
        """What a drill has shut and nobody opened, by system."""
        with self.store.read() as session:
            found = session.scalars(select(DrillAccount).where(DrillAccount.drill == drill)).all()
        return {each.system: each for each in found}

    def open_again(self, one: DrillAccount) -> str:
        """Put an account back as it was; gives what is wrong, empty where nothing is. Touches nothing of others."""
        try:
            return self._put_back(one)
        except ConnectorError as error:
            return f"{error.what} {error.hint}"

    def _put_back(self, one: DrillAccount) -> str:
        (image,) = sealed.images_of(self.keys, one.image, one.system).values()
        reader = self._restorer(one.system, reading=True)
        receipt = reader.receipt_of(ACTION, image)
        found = reader.compare(image.account, receipt)
        if any(each.since is Since.CHANGED for each in found):
            return "Somebody else was there since, so it was left. Open the test account there yourself."
        if any(each.since is Since.AS_LEFT for each in found):
            self._restorer(one.system, reading=False).restore_account(image.account, receipt)
            found = self._restorer(one.system, reading=True).compare(image.account, receipt)
        if any(each.since is not Since.AS_BEFORE for each in found):
            return "It is not as it was before. Open the test account there yourself."
        self.opened(one.drill, one.system)
        return ""

    def _restorer(self, system: str, *, reading: bool) -> RestoresAccounts:
        return cast("RestoresAccounts", self._open(system, reading=reading))

    def _open(self, system: str, *, reading: bool) -> object:
        context = Context(now=self.now, idempotency_key=KEY, fresh=reading, read_only=reading)
        return cast("object", self.registry.open(system, context))
