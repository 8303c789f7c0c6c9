import ssl

import pytest

from muster.errors import SettingsError
from muster.trust import public_context


def test_servers_of_others_are_trusted_by_the_system_or_by_a_file(tmp_path):
    assert public_context(None).verify_mode is ssl.CERT_REQUIRED
    for file in (tmp_path / "none.pem", str(tmp_path)):
        with pytest.raises(SettingsError, match="this CA file cannot be used for TLS") as error:
            public_context(file)
        assert error.value.file == str(file)
