from pathlib import Path

import pytest

from muster.config import load
from muster.errors import SettingsError
from muster.hub.settings import Settings, check


def test_defaults_need_no_file():
    check(load(Settings).value)


def test_file_environment_and_flags_reach_every_part(tmp_path):
    file = tmp_path / "hub.toml"
    file.write_text('[listen]\nnames = ["hub.example"]\n[listen.web]\nidle = "5s"\n')
    loaded = load(
        Settings,
        file=file,
        environment={"MUSTER_STORE_WRITER_RETENTION": "7d"},
        flags={"data": tmp_path, "listen.port_base": 9000},
    )

    assert loaded.value.listen.names == ("hub.example",)
    assert loaded.value.listen.web.idle.total_seconds() == 5
    assert loaded.value.store.writer.retention.days == 7
    assert loaded.value.data == Path(tmp_path)
    assert loaded.origin("listen.port_base") == "command line"


def test_a_web_certificate_is_named_by_two_paths(tmp_path):
    file = tmp_path / "hub.toml"
    file.write_text('[web]\ncertificate = "/c.pem"\nkey = "/k.pem"\n')

    assert load(Settings, file=file).value.web.certificate == Path("/c.pem")


@pytest.mark.parametrize(
    ("flags", "key"),
    [
        ({"listen.port_base": 65_534}, "listen.port_base"),
        ({"listen.port_base": 0}, "listen.port_base"),
        ({"listen.addresses": []}, "listen.addresses"),
        ({"link.silence": "5s"}, "link.silence"),
        ({"links.gone": "5s"}, "links.gone"),
        ({"web.certificate": "/c.pem"}, "web.key"),
        ({"proxy.prefix": "muster"}, "proxy.prefix"),
        ({"influx.udp_precision": "y"}, "influx.udp_precision"),
        ({"store.url": "clickhouse://a/values"}, "store.url"),
        ({"forward": {"attic": {"url": "attic:8086"}}}, "forward.attic.url"),
    ],
)
def test_values_that_do_not_fit_each_other_are_named(flags, key):
    with pytest.raises(SettingsError) as error:
        check(load(Settings, flags=flags).value)

    assert error.value.key == key


def test_neighbours_are_tables_with_names(tmp_path):
    file = tmp_path / "hub.toml"
    file.write_text('[forward.attic]\nurl = "https://attic"\nca_file = "/ca.pem"\nnodes = ["w*"]\n')
    loaded = load(Settings, file=file)
    check(loaded.value)

    assert loaded.value.forward["attic"].ca_file == Path("/ca.pem")
    assert ("forward", str(file)) in [(key, origin) for key, _, origin in loaded.rows()]
    file.write_text('[forward.attic]\nurl = "https://attic"\nnode = ["w*"]\n')
    with pytest.raises(SettingsError, match="unknown field `node`"):
        load(Settings, file=file)


def test_an_unknown_setting_is_named_with_its_file(tmp_path):
    file = tmp_path / "hub.toml"
    file.write_text("[listen]\nport = 1\n")

    with pytest.raises(SettingsError, match=r"hub\.toml: listen\.port: unknown setting"):
        load(Settings, file=file)
