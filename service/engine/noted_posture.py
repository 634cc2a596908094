"""What a device was like before it was locked, noted beside the evidence."""

from connectors.sdk.capabilities import ManagesDevices
from connectors.sdk.types import Device, Evidence, Proof, Target
from service.engine.order import POSTURE


def posture_of(connector: object, target: Target) -> tuple[Evidence, ...]:
    """Encryption, key escrow and antivirus, while the device still reports: before it is locked."""
    if not isinstance(target, Device) or not isinstance(connector, ManagesDevices):
        return ()
    posture = connector.posture(target)
    body = {
        "encrypted": posture.encrypted,
        "recovery key escrowed": posture.recovery_key_escrowed,
        "antivirus on": posture.antivirus_on,
        "antivirus up to date": posture.antivirus_up_to_date,
        "last check-in": posture.last_check_in.isoformat() if posture.last_check_in else None,
    }
    return (
        Evidence(
            kind=POSTURE,
            proof=Proof.NOTED,
            how="device management record",
            observed_at=posture.read_at,
            body=body,
        ),
    )
