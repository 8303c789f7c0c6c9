from muster.wire.netdata.alarmconfig import AlarmConfiguration
from muster.wire.netdata.protobuf import decode, encode


def test_an_alarms_configuration_has_the_numbers_of_the_format_page():
    config = AlarmConfiguration(alarm="a", p_db_lookup_after=-60, summary="s")

    assert encode(config).hex() == "0a0161e001c4ffffffffffffffff019a020173"
    assert decode(AlarmConfiguration, encode(config)) == config
