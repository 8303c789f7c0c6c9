import os
import re
import subprocess
import sys
from pathlib import Path

import muster
from muster.pki.authority import make_hierarchy

IMPORT = """
import mimetypes, os, ssl
before = dict(os.environ), list(mimetypes.knownfiles)
from muster.net.aiohttpweb import web
from aiohttp import connector
print((dict(os.environ), mimetypes.knownfiles) == before)
checks, no_checks = connector._SSL_CONTEXT_VERIFIED, connector._SSL_CONTEXT_UNVERIFIED
for each in (checks, no_checks, ssl.create_default_context()):
    print(each.cert_store_stats()["x509_ca"])
print(checks.verify_mode.name, checks.check_hostname, mimetypes.guess_type("page.html")[0])
"""


def test_its_own_client_trusts_nobody_and_who_comes_after_it_whom_the_machine_trusts(tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text(make_hierarchy(0).root)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT],
        env={**os.environ, "SSL_CERT_FILE": str(ca)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert done.stdout.splitlines() == ["True", "0", "0", "1", "CERT_REQUIRED True text/html"]


def test_nobody_has_the_library_from_elsewhere():
    source = Path(muster.__file__).parent
    having = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if re.search(r"^\s*(from|import) aiohttp\b", path.read_text(), re.MULTILINE)
    }

    assert having == {"net/aiohttpweb.py"}
