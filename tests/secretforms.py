"""How secrets of the package look, for those who search for them where none may be."""

import re

# Each kind by the prefix that its texts begin with; what is caught is the secret in it. A test of
# the house holds that no prefix of the package is missing.
FORMS = {
    "mst1.": ("claim token", re.compile(r"mst1\.[a-z2-7]{16}\.([A-Za-z0-9_-]{43})")),
    "mnt1": ("claim token", re.compile(r"mnt1[a-z2-7]{16}([A-Za-z0-9_-]{43})[A-Za-z0-9_-]{72}")),
    "mat1_": ("API token", re.compile(r"mat1_([A-Za-z0-9_-]{43})")),
    "minv1_": ("invitation", re.compile(r"minv1_([A-Za-z0-9_-]{43})")),
    "mdl1.": ("public link", re.compile(r"mdl1\.([A-Za-z0-9_-]{43})")),
}
KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*(.*?)-----END", re.DOTALL)
IN_URL = re.compile(r"[a-z0-9]+://[^:/@\s]*:([^@/\s]{6,})@")


def kinds_in(text: str) -> list[str]:
    """What secrets stand in a text, by their forms alone."""
    found = [kind for kind, form in FORMS.values() if form.search(text)]
    return [*found, *(["private key"] if KEY.search(text) else [])]
