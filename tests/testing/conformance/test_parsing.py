"""Recorded lines and texts, read again."""

from muster.testing.conformance.parsing import difference_of_lines, difference_of_text

POINT = {
    "measurement": "m",
    "key": "m,t=a",
    "tags": [["t", "a"]],
    "fields": [{"key": "v", "type": "integer", "value": "1"}],
    "has_time": True,
    "time_ns": "7",
}
LINES = {"input": "m,t=a v=1i 7\n", "precision": "n", "uint_support": False, "valid": True}
TEXT = {"kind": "expr", "input": "1 +  2", "valid": True, "text": "1 + 2"}


def test_points_are_compared():
    assert difference_of_lines({**LINES, "points": [POINT]}) == ""
    assert "time_ns" in difference_of_lines({**LINES, "points": [{**POINT, "time_ns": "8"}]})


def test_a_point_without_a_time_gets_that_of_the_reading_cut_to_its_unit():
    case = {**LINES, "input": "m,t=a v=1i", "precision": "h"}

    assert difference_of_lines({**case, "points": [{**POINT, "has_time": False}]}) == ""


def test_errors_of_lines_are_compared():
    case = {**LINES, "input": "m", "points": None}

    assert difference_of_lines({**case, "error": "unable to parse 'm': missing fields"}) == ""
    assert difference_of_lines({**case, "error": "other"})


def test_normal_forms_and_errors_of_texts_are_compared():
    assert difference_of_text(TEXT) == ""
    assert difference_of_text({**TEXT, "text": "3"})
    assert difference_of_text({**TEXT, "valid": False, "error": "no"})
    bad = {"kind": "duration", "input": "x", "valid": False, "error": "invalid duration"}
    assert difference_of_text(bad) == ""
    good = {"kind": "duration", "input": "1s", "valid": True, "duration_ns": 10**9}
    assert difference_of_text(good) == ""
