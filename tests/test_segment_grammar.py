"""How a segment's text is read. docs/explanation/segments.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piwikcli.archive.segments import catalogue, define
from piwikcli.archive.segments.grammar import Condition, Expression, parse
from piwikcli.errors import UsageError

KNOWN = catalogue()


def read(text: str) -> list[list[tuple[str, str, str]]]:
    return [[(one.name, one.operator, one.value) for one in part] for part in parse(text).parts]


def test_or_binds_tighter_than_and() -> None:
    assert read("a==1,b==2;c==3") == [[("a", "==", "1"), ("b", "==", "2")], [("c", "==", "3")]]


@pytest.mark.parametrize("operator", ["==", "!=", ">=", ">", "<=", "<", "=@", "!@", "=^", "=$"])
def test_operators(operator: str) -> None:
    assert read(f"name{operator}value") == [[("name", operator, "value")]]


def test_the_shortest_name_before_the_first_operator_counts() -> None:
    assert read("a==b!=c") == [[("a", "==", "b!=c")]]
    assert read("a>b>=c") == [[("a", ">", "b>=c")]]


def test_blank_texts_select_everything() -> None:
    assert read("  ") == []
    assert read("a==1;;b==2") == [[("a", "==", "1")], [("b", "==", "2")]]


def test_a_delimiter_after_a_backslash_or_at_the_end_is_part_of_the_value() -> None:
    assert read(r"a==1\,2;b==3\;4") == [[("a", "==", "1,2")], [("b", "==", "3;4")]]
    assert read("a==1;") == [[("a", "==", "1;")]]
    assert read("a==1,") == [[("a", "==", "1,")]]


@pytest.mark.parametrize(
    "text",
    [
        "pageUrl==http://example.org/a b",
        "pageUrl==http%3A%2F%2Fexample.org%2Fa%20b",
        "pageUrl==http%253A%252F%252Fexample.org%252Fa%2520b",
        "pageUrl%3D%3Dhttp%3A%2F%2Fexample.org%2Fa+b",
    ],
)
def test_percent_encoding_is_undone_however_often_it_was_done(text: str) -> None:
    assert read(text) == [[("pageUrl", "==", "http://example.org/a b")]]


def test_delimiters_that_are_encoded_twice_separate_nothing() -> None:
    assert read("pageUrl==a%253Bb%252Cc") == [[("pageUrl", "==", "a;b,c")]]
    assert read("a==1%3Bb==2") == [[("a", "==", "1")], [("b", "==", "2")]]


def test_only_equality_has_empty_values() -> None:
    assert read("a==;b!=") == [[("a", "==", "")], [("b", "!=", "")]]
    with pytest.raises(
        UsageError, match=r"The segment 'a=@' has no value specified\. You can leave this value empty only"
    ):
        parse("a=@")


def test_what_is_no_condition_is_named_with_its_place() -> None:
    with pytest.raises(UsageError, match=r"The segment condition 'foo' is not valid \(character 6\)"):
        parse("a==1;foo")
    with pytest.raises(UsageError, match="The segment condition '' is not valid"):
        parse("a==1,,b==2")


def test_what_is_beyond_8192_characters_is_cut_off() -> None:
    assert len(parse(f"a=={'x' * 9000}").parts[0][0].value) == 8192 - 3


_values = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
_conditions = st.builds(
    Condition, st.sampled_from(["a", "b"]), st.sampled_from(["==", "!=", ">", "<"]), _values
).filter(lambda one: one.value != "" or one.operator in ("==", "!="))
_expressions = st.lists(st.lists(_conditions, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(
    lambda parts: Expression(tuple(parts))
)


@given(_expressions)
def test_an_expression_as_text_reads_as_itself(expression: Expression) -> None:
    assert parse(str(expression)) == expression


# names and values -----------------------------------------------------------------------------------------


def test_all_ways_to_write_a_segment_share_one_form() -> None:
    forms = ("countryCode==de;browserCode==FF", "browserCode==FF;country==de", "country%3D%3Dde;browserCode==FF")
    assert {define(text, KNOWN).normal for text in forms} == {"browserCode==FF;countryCode==de"}
    assert define("actions>1,actions>1", KNOWN).normal == "actions>1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("browserCod==FF", "Segment 'browserCod' is not a supported segment. Did you mean browserCode?"),
        ("referrerType==mail", "Referrer type 'mail' is not valid."),
        ("deviceBrand==Pear", "deviceBrand segment must be one of: "),
        ("deviceType==toaster", "Invalid 'log_visit.config_device_type' segment value toaster"),
        ("actions>many", "Segment actions takes a number, not 'many'"),
        ("actions>nan", "Segment actions takes a number, not 'nan'"),
        ("actions>1e400", "Segment actions takes a number, not '1e400'"),
        (f"visitId=={'9' * 40}", "Segment visitId takes a number"),
        ("daysSinceFirstVisit>1.5", "Segment daysSinceFirstVisit takes days, not '1.5'"),
        ("visitIp==10.0.0", "Segment visitIp takes an address"),
        ("visitorId==abc", "Segment visitorId takes 16 hexadecimal digits, not 'abc'"),
        ("revenueOrder!=5", "This match type != is not available for revenueOrder segments"),
        ("continentCode==xyz", "Segment continentCode takes afr, ant, asi, amc, eur, amn, oce, ams, not 'xyz'"),
    ],
)
def test_what_cannot_be_answered_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        define(text, KNOWN)
    assert message in str(error.value)


def test_every_segment_has_a_name_of_its_own() -> None:
    from piwikcli.plugins import dimensions

    names = [name for dimension in dimensions() for name in (dimension.segment, *dimension.aliases)]
    assert len(names) == len(set(names))
    unions = {name for dimension in dimensions() for name in dimension.union}
    assert unions <= set(names)
