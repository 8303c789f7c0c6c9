import math

import pytest

from muster.errors import InputError
from muster.wire.otlpmodel import AnyValue, ArrayValue, KeyValue
from muster.wire.otlpnames import label_name, labels_of, metric_name, number_text, value_text

NAMES = {
    ("http.server.duration", "s", False, False): "http_server_duration_seconds",
    ("duration_seconds", "s", False, False): "duration_seconds",
    ("requests", "{request}", True, False): "requests_total",
    ("total.requests", "1", True, False): "requests_total",
    ("cpu.used", "1", False, True): "cpu_used_ratio",
    ("disk.io", "By/s", False, True): "disk_io_bytes_per_second",
    ("power", "furlong", False, True): "power_furlong",
    ("2xx", "", False, True): "_2xx",
    ("job:up:sum", "", False, True): "job:up:sum",
    ("a--b", "%", False, True): "a_b_percent",
}


@pytest.mark.parametrize("given", NAMES, ids=str)
def test_metrics_are_named_as_prometheus_names_them(given):
    name, unit, is_counter, is_gauge = given

    assert metric_name(name, unit, is_counter=is_counter, is_gauge=is_gauge) == NAMES[given]


@pytest.mark.parametrize("name", ["", "...", "é"])
def test_a_name_without_a_letter_is_refused(name):
    with pytest.raises(InputError):
        metric_name(name, "", is_counter=False, is_gauge=False)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("host.name", "host_name"),
        ("2xx", "key_2xx"),
        ("_private", "key_private"),
        ("__name", "__name"),
    ],
)
def test_keys_become_names_of_labels(key, name):
    assert label_name(key) == name


def test_a_key_without_a_letter_is_refused():
    with pytest.raises(InputError):
        label_name("..")


def text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def test_what_comes_later_covers_what_came_before():
    assert labels_of(((text("a", "1"), text("b", "2")), (text("a", "3"),))) == {"a": "3", "b": "2"}


def test_keys_of_one_name_are_joined():
    assert labels_of(((text("a.b", "1"), text("a_b", "2")),)) == {"a_b": "1;2"}


def test_what_has_no_value_is_no_label():
    assert labels_of(((text("a", ""), KeyValue(key="b"), KeyValue()),)) == {}


VALUES = {
    AnyValue(bool_value=True): "true",
    AnyValue(int_value="-7"): "-7",
    AnyValue(double_value=1e21): "1000000000000000000000",
    AnyValue(double_value="NaN"): "NaN",
    AnyValue(array_value=ArrayValue(values=(AnyValue(int_value=1), AnyValue()))): "[1,null]",
    AnyValue(bytes_value="AP8="): "AP8=",
    AnyValue(): "",
}


@pytest.mark.parametrize("value", VALUES, ids=lambda value: VALUES[value])
def test_values_of_attributes_are_texts(value):
    assert value_text(value) == VALUES[value]


def test_values_within_values_end_somewhere():
    value = AnyValue(int_value=1)
    for _ in range(12):
        value = AnyValue(array_value=ArrayValue(values=(value,)))

    with pytest.raises(InputError, match="within each other"):
        value_text(value)


def test_bytes_that_are_no_base64_are_refused():
    with pytest.raises(InputError, match="base64"):
        value_text(AnyValue(bytes_value="?"))


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0.005, "0.005"), (10.0, "10"), (1e-7, "0.0000001"), (math.inf, "+Inf"), (-1.5, "-1.5")],
)
def test_bounds_are_shown_without_an_exponent(number, shown):
    assert number_text(number) == shown
