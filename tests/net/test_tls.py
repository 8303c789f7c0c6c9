import ssl

import pytest

from muster.errors import SettingsError
from muster.net.tls import server_context


def test_a_broken_certificate_names_its_file(tmp_path):
    file = tmp_path / "server.pem"
    file.write_text("no certificate")

    with pytest.raises(SettingsError) as error:
        server_context(file)

    assert error.value.file == str(file)


def test_a_missing_certificate_names_its_file(tmp_path):
    with pytest.raises(SettingsError, match="cannot be used"):
        server_context(tmp_path / "none.pem", minimum=ssl.TLSVersion.TLSv1_2)
