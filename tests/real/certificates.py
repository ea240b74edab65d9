"""Keys and certificates for tests, made by openssl: an authority, a server at 127.0.0.1, clients by name."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.real.missing import Missing


@dataclass(frozen=True)
class Pair:
    """A private key and its certificate as PEM files."""

    key: Path
    certificate: Path

    def as_one(self) -> Path:
        """Both in one file, as Kafka's PEM key stores want them."""
        both = self.key.with_suffix(".both.pem")
        both.write_text(self.key.read_text() + self.certificate.read_text())
        return both


class Authority:
    """Signs certificates in a folder of its own. Raises Missing without openssl."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            raise Missing("no `openssl` on the PATH to make keys")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key, self.certificate = folder / "ca.key", folder / "ca.crt"
        self._run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test authority",
                  "-keyout", self._key, "-out", self.certificate)  # fmt: skip

    def signed(self, name: str, at: str = "IP:127.0.0.1,DNS:localhost") -> Pair:
        """A pair for CN=`name`, good for a server `at` these addresses, and for a client."""
        key, asked, certificate = (self._folder / f"{name}.{ending}" for ending in ("key", "csr", "crt"))
        more = self._folder / f"{name}.ext"
        more.write_text(f"subjectAltName={at}\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n")
        self._run("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", asked)
        self._run("x509", "-req", "-in", asked, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
                  "-days", "2", "-extfile", more, "-out", certificate)  # fmt: skip
        key.chmod(0o600)
        return Pair(key, certificate)

    @staticmethod
    def _run(*arguments: str | Path) -> None:
        environment = {**os.environ, "OPENSSL_CONF": "/dev/null"} if not os.environ.get("OPENSSL_CONF") else None
        done = subprocess.run(
            ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False, env=environment
        )
        if done.returncode:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.strip()[-300:]}")
