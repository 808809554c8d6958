//! Tests of skipping and stepping: ends, errors, limits.

use super::*;

#[test]
fn finds_the_same_ends_as_serde_json() {
    for text in ["{}", "[]", "-0.5e+3", "\"a\\u0041\\\"\"", "[1,[2,{\"a\":[]}],null]", "{\"a\":{\"b\":[true,false]}}"] {
        assert_eq!(skip_value(text.as_bytes(), 0), Ok(text.len()), "{text}");
        assert!(serde_json::from_str::<serde_json::Value>(text).is_ok());
    }
}

#[test]
fn runs_end_where_they_end() {
    for length in 0..40 {
        for end in 0..=255_u8 {
            let mut bytes = vec![b'a' + (length % 26) as u8; length];
            bytes.extend([end, b'"', end, 0x80, 0xff, b'x', b'y', b'z', b'x', b'y']);
            let slow = bytes.iter().position(|&byte| ENDS_RUN[usize::from(byte)]);
            assert_eq!(Some(run_end(&bytes, 0)), slow, "{length} {end}");
        }
    }
    assert_eq!(run_end("gr\u{fc}\u{df}e, \u{4e16}\u{754c}".as_bytes(), 0), 15);
}

#[test]
fn refuses_what_is_not_json() {
    let bad = [
        "",
        "{",
        "[1,]",
        "{\"a\" 1}",
        "{a:1}",
        "01x",
        "-",
        "1.",
        "\"\\x\"",
        "\"\u{1}\"",
        "tru",
        "[1}",
        "{\"a\":1]",
        "\"abc",
    ];
    for text in bad {
        let whole = skip_value(text.as_bytes(), 0).is_ok_and(|end| end == text.len());
        assert!(!whole, "{text}");
        assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text}");
    }
}

#[test]
fn nesting_has_a_limit_and_no_recursion() {
    let deep = "[".repeat(100_000);
    assert_eq!(skip_value(deep.as_bytes(), 0).map_err(|error| error.expected), Err("less nesting"));
    let full = "[".repeat(JSON_DEPTH_MAX) + &"]".repeat(JSON_DEPTH_MAX);
    assert_eq!(skip_value(full.as_bytes(), 0), Ok(full.len()));
}

#[test]
fn members_and_items_give_spans_and_the_end() {
    let text = b" { \"a\" : 1 , \"b\":[ 2 , {\"c\":3} ] } tail";
    let mut object = members(text, 0).unwrap();
    let all: Vec<_> = object.by_ref().map(|member| member.unwrap()).collect();
    assert_eq!(all.len(), 2);
    assert_eq!(&text[all[1].1.clone()], b"[ 2 , {\"c\":3} ]");
    assert_eq!(&text[object.end()..], b" tail");
    let mut array = items(text, all[1].1.start).unwrap();
    let parts: Vec<_> = array.by_ref().map(|item| item.unwrap()).collect();
    assert_eq!(parts.len(), 2);
    assert_eq!(array.end(), all[1].1.end);
}

#[test]
fn an_error_ends_the_iteration() {
    let mut object = members(b"{\"a\":1 \"b\":2}", 0).unwrap();
    assert!(object.next().unwrap().is_ok());
    assert!(object.next().unwrap().is_err());
    assert!(object.next().is_none());
}
