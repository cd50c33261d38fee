"""A certificate authority of a test's own, and one certificate for this machine."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NOW = datetime.datetime.now(datetime.UTC)


def write_certificates(folder: Path) -> dict[str, Path]:
    """The files, by the settings that name them."""
    authority = ec.generate_private_key(ec.SECP256R1())
    machine = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fmqa test")])
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    ca = _signed(name, name, authority.public_key(), authority, is_ca=True)
    cert = _signed(own, name, machine.public_key(), authority, is_ca=False)
    key = machine.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    files = {
        "cluster_ca": ca.public_bytes(serialization.Encoding.PEM),
        "cluster_cert": cert.public_bytes(serialization.Encoding.PEM),
        "cluster_key": key,
    }
    for setting, data in files.items():
        (folder / f"{setting}.pem").write_bytes(data)
    return {setting: folder / f"{setting}.pem" for setting in files}


def _signed(subject, issuer, public, signer, *, is_ca: bool) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOW - datetime.timedelta(days=1))
        .not_valid_after(_NOW + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )
