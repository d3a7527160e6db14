#!/usr/bin/env python3
"""Make every key and certificate of the lab in the folder given. Throw-away keys, for the lab alone.

    pki.py FOLDER        needs the package `cryptography`, and `openssl` for SHA-1 and MD5 signatures and for DH parameters
"""
import datetime
import ipaddress
import pathlib
import subprocess
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FOLDER = pathlib.Path(sys.argv[1])
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
# The last one is the server's end of the delayed wire.
HOSTS = ("localhost", "127.0.0.1", "10.99.0.2")


def make_key(kind):
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


def name(common_name):
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lab"),
        x509.NameAttribute(NameOID.COMMON_NAME, common_name),
    ])


def alternative_name(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Authority:
    """A key that signs, and its certificate: signed by another authority, or by itself."""

    def __init__(self, common_name, kind, days, signer=None):
        self.key = make_key(kind)
        self.subject = name(common_name)
        path_length = 0 if signer else None
        builder = certificate_builder(self.subject, self.key, signer or self, -DAY, days).add_extension(
            x509.BasicConstraints(True, path_length), True
        ).add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)
        self.certificate = builder.sign((signer or self).key, hashes.SHA256())


def certificate_builder(subject, key, signer, start, days):
    return (
        x509.CertificateBuilder().subject_name(subject).public_key(key.public_key()).issuer_name(signer.subject)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + start).not_valid_after(NOW + start + days * DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), False)
    )


class Itself:
    """Signer of a self-signed end entity certificate."""

    def __init__(self, subject, key):
        self.subject, self.key = subject, key


def end_entity(key, signer=None, common_name="localhost", hosts=HOSTS, start=-1, days=80, must_staple=False,
               usage=ExtendedKeyUsageOID.SERVER_AUTH):
    subject = name(common_name)
    signer = signer or Itself(subject, key)
    builder = certificate_builder(subject, key, signer, start * DAY, days)
    builder = builder.add_extension(x509.BasicConstraints(False, None), True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([alternative_name(host) for host in hosts]), False)
    if must_staple:
        builder = builder.add_extension(x509.TLSFeature([x509.TLSFeatureType.status_request]), False)
    return builder.sign(signer.key, hashes.SHA256())


def save(stem, key, *chain):
    if key:
        old_form = serialization.PrivateFormat.TraditionalOpenSSL  # all that OpenSSL 1.0.1e and old PostgreSQLs are sure to read
        new_form = serialization.PrivateFormat.PKCS8
        form = new_form if isinstance(key, ed25519.Ed25519PrivateKey) else old_form
        pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        file = FOLDER / f"{stem}.key"
        file.touch(0o600)
        file.write_bytes(pem)
    (FOLDER / f"{stem}.pem").write_bytes(b"".join(c.public_bytes(serialization.Encoding.PEM) for c in chain))


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def weak_signature(digest, authority):
    """`cryptography` refuses to sign with MD5 and SHA-1; the command still does."""
    key = make_key("rsa2048")
    save(digest, key)
    path = {ending: FOLDER / f"{digest}.{ending}" for ending in ("key", "csr", "pem")}
    extensions = FOLDER / "weak.ext"
    extensions.write_text("subjectAltName=" + ",".join(
        ("IP:" if host[0].isdigit() else "DNS:") + host for host in HOSTS) + "\nextendedKeyUsage=serverAuth\n")
    openssl("req", "-new", "-key", path["key"], "-subj", "/O=Lab/CN=localhost", "-out", path["csr"])
    openssl("x509", "-req", "-in", path["csr"], "-CA", FOLDER / f"{authority}.pem", "-CAkey", FOLDER / f"{authority}.key",
            "-CAcreateserial", f"-{digest}", "-days", 80, "-extfile", extensions, "-out", path["pem"])


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    root = Authority("Lab Root", "p256", 3650)
    intermediate = Authority("Lab Intermediate", "p256", 1800, signer=root)
    rsa_root = Authority("Lab RSA Root", "rsa2048", 3650)
    client_ca = Authority("Lab Client CA", "p256", 3650)
    save("root", None, root.certificate, rsa_root.certificate)  # what a client trusts
    save("root-ec", None, root.certificate)
    save("intermediate", None, intermediate.certificate)
    save("rsa-root", rsa_root.key, rsa_root.certificate)
    save("client-ca", None, client_ca.certificate)
    key = make_key("p256")
    save("client", key, end_entity(key, client_ca, "root", hosts=(), usage=ExtendedKeyUsageOID.CLIENT_AUTH))

    usual = (intermediate.certificate,)
    cases = {
        "rsa": ("rsa2048", {}, usual),
        "ec": ("p256", {"common_name": "Lab EC"}, usual),  # NSS names keys by subject: not the same one as for RSA
        "ed25519": ("ed25519", {}, usual),
        "expired": ("p256", {"start": -90, "days": 80}, usual),
        "future": ("p256", {"start": 10, "days": 80}, usual),
        "soon": ("p256", {"start": -80, "days": 85}, usual),
        "wrong-host": ("p256", {"hosts": ("db.example.net",)}, usual),
        "no-san": ("p256", {"hosts": ()}, usual),
        "long": ("p256", {"days": 900}, usual),
        "rsa1024": ("rsa1024", {}, usual),
        "must-staple": ("p256", {"must_staple": True}, usual),
        "no-intermediate": ("p256", {}, ()),
        "disorder": ("p256", {}, (root.certificate, intermediate.certificate)),
        "with-root": ("p256", {}, (intermediate.certificate, root.certificate)),
    }
    for stem, (kind, options, issuers) in cases.items():
        key = make_key(kind)
        save(stem, key, end_entity(key, intermediate, **options), *issuers)
    key = make_key("p256")
    save("self-signed", key, end_entity(key))
    # Straight under an RSA root, for servers too old to verify an ECDSA signature.
    key = make_key("rsa2048")
    save("old-rsa", key, end_entity(key, rsa_root))
    for digest in ("sha1", "md5"):
        weak_signature(digest, "rsa-root")

    for bits in (1024, 2048):
        # -dsaparam: seconds instead of a minute; safe primes are not what the lab is about.
        openssl("dhparam", "-dsaparam", "-out", FOLDER / f"dh{bits}.pem", bits)
    openssl("pkcs12", "-export", "-in", FOLDER / "old-rsa.pem", "-inkey", FOLDER / "old-rsa.key", "-out", FOLDER / "java.p12",
            "-passout", "pass:lab")
    # nginx and haproxy are happier with one file each
    for stem in ("rsa", "ec"):
        both = FOLDER / f"{stem}.both.pem"
        both.touch(0o600)
        both.write_bytes((FOLDER / f"{stem}.pem").read_bytes() + (FOLDER / f"{stem}.key").read_bytes())


main()
