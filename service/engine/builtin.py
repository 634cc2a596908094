"""The actions the engine carries out itself, without a target system."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from service.engine.executor import Builtin
from service.engine.order import Ask, Done, Order, Result
from service.playbook.model import Grade, duration
from service.snapshot.seal import Sealer


def builtins(sealer: Sealer, sources: Iterable[str]) -> Mapping[str, Builtin]:
    """The built-in actions by name.

    Args:
        sources: The configured connectors that hand over logs.
    """
    configured = frozenset(sources)

    def seal(order: Order) -> Result:
        """Seal what is held. A source the playbook names and nobody configured is shown as not covered."""
        named = [str(name) for name in order.arguments.get("connectors", ())]
        lookback = duration(order.arguments["lookback"]) if "lookback" in order.arguments else None
        days = lookback // timedelta(days=1) if lookback else None
        blind_because = sealer.check(sealer.seal(order.departure_id, named, lookback_days=days))
        absent = sorted(set(named) - configured)
        said = [
            f"Not configured, so not looked at: {', '.join(absent)}." if absent else "",
            f"The seal holds; the logs cannot say: {blind_because}" if blind_because else "",
        ]
        return Done(grade=Grade.OBSERVED, changed=False, said=" ".join(filter(None, said)))

    return {"snapshot.seal": seal, "wait": _waited, "ask": _asked}


def _waited(_: Order) -> Result:
    return Done(grade=Grade.OBSERVED, changed=False)


def _asked(order: Order) -> Result:
    question = str(order.arguments.get("question", ""))
    return Ask(error="", what=question, hint="", failed=False)
