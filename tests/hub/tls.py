"""A certificate of our own for a host and all names below it, and how a browser finds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """A certificate that vouches for itself, and its key."""

    host: str
    file: Path
    key: Path

    @property
    def arguments(self) -> list[str]:
        """Return what makes Chromium find every name below the host on this machine."""
        return [f"--host-resolver-rules=MAP {self.host} 127.0.0.1, MAP *.{self.host} 127.0.0.1"]

    @classmethod
    def make(cls, folder: Path, host: str, *more: str) -> Certificate:
        """Return a certificate for *host*, `*.host` and *more*, in *folder*; nobody else may read the key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        now = datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.DNSName(one) for one in (host, f"*.{host}", *more)])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        found = cls(host, folder / "certificate.pem", folder / "key.pem")
        found.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        found.key.touch(mode=0o600)
        found.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return found
