//! Events as exports have them, and as they should not be.

use time::macros::datetime;

use super::*;

const SIGN_IN: &str = r#"{"time":"2026-02-01T16:27:59.3432132Z","resourceId":"/tenants/aaaabbbb-0000-cccc-1111-dddd2222eeee/providers/Microsoft.aadiam","category":"SignInLogs","tenantId":"t","durationMs":"133","Level":4,"properties":{"id":"i-1","createdDateTime":"2026-02-01T16:26:24.6955459+00:00","tenantId":"t","durationMs":133,"n":1.50,"conditionsSatisfied":23}}"#;

fn shape(text: &str) -> Result<Shaped, NotShaped> {
    from_envelope_of(&Bytes::from(text.to_owned()), None)
}

fn text(shaped: &Shaped) -> &str {
    std::str::from_utf8(&shaped.record).unwrap()
}

#[test]
fn properties_come_as_written_and_the_rest_stands_at_the_end() {
    let shaped = shape(SIGN_IN).unwrap();
    assert_eq!(
        text(&shaped),
        r#"{"id":"i-1","createdDateTime":"2026-02-01T16:26:24.6955459+00:00","tenantId":"t","durationMs":133,"n":1.50,"conditionsSatisfied":23,"@bundle.envelope":{"time":"2026-02-01T16:27:59.3432132Z","resourceId":"/tenants/aaaabbbb-0000-cccc-1111-dddd2222eeee/providers/Microsoft.aadiam","category":"SignInLogs","Level":4}}"#
    );
    assert_eq!(shaped.route.unwrap().dataset, "sign-ins");
    assert_eq!(shaped.id, Some(mark(b"\"i-1\"")), "as the reader of Graph marks it");
    let (at, written) = shaped.at.unwrap();
    assert_eq!(at, datetime!(2026-02-01 16:26:24.6955459 UTC));
    assert_eq!(written, "2026-02-01T16:26:24.6955459+00:00");
}

#[test]
fn every_spelling_seen_is_read() {
    let rows = [
        // Category with a capital letter, US time, no time of its own.
        (
            r#"{"time":"8/22/2022 6:07:16 PM","Category":"USERRISKEVENTS","properties":{"id":"x","detectedDateTime":"0001-01-01T00:00:00Z"}}"#,
            Some("user-risk-events"),
            Some(datetime!(2022-08-22 18:07:16 UTC)),
            true,
        ),
        // A string of JSON; names in another case.
        (
            r#"{"category":"ProvisioningLogs","properties":"{ \"Id\": \"x\", \"ActivityDateTime\":\"2026-01-02T03:04:05\" }"}"#,
            Some("provisioning"),
            Some(datetime!(2026-01-02 03:04:05 UTC)),
            true,
        ),
        // A category that no dataset is made of.
        (
            r#"{"time":"2026-01-02T03:04:05Z","category":"AzureADGraphActivityLogs","properties":{"timeGenerated":"2026-01-02T03:00:00Z"}}"#,
            None,
            Some(datetime!(2026-01-02 3:00 UTC)),
            false,
        ),
        (
            r#"{"time":"12/1/2026 12:07:16 AM","category":"AuditLogs"}"#,
            Some("audits"),
            Some(datetime!(2026-12-01 0:07:16 UTC)),
            false,
        ),
        (r#"{"category":"AuditLogs","properties":"no JSON"}"#, Some("audits"), None, false),
        (r#"{"category":"AuditLogs","properties":{}}"#, Some("audits"), None, false),
        // Of two parts of an id one is missing.
        (r#"{"category":"RiskyUsers","properties":{"id":"x"}}"#, Some("risky-users"), None, false),
        (r#"{"category":7,"properties":null}"#, None, None, false),
    ];
    for (event, dataset, at, has_id) in rows {
        let shaped = shape(event).unwrap();
        assert_eq!(shaped.route.map(|route| route.dataset.as_str()), dataset, "{event}");
        assert_eq!((shaped.at.as_ref().map(|(at, _)| *at), shaped.id.is_some()), (at, has_id), "{event}");
        let parsed: serde_json::Value = serde_json::from_slice(&shaped.record).unwrap();
        assert!(
            parsed[ENVELOPE]["category"].is_string()
                || parsed[ENVELOPE]["category"].is_number()
                || parsed[ENVELOPE]["Category"].is_string()
        );
    }
}

#[test]
fn what_no_properties_can_be_read_from_stays_in_the_envelope() {
    let shaped = shape(r#"{"category":"AuditLogs","properties":"no JSON"}"#).unwrap();
    assert_eq!(text(&shaped), r#"{"@bundle.envelope":{"category":"AuditLogs","properties":"no JSON"}}"#);
    let empty = shape(r#"{"category":"AuditLogs","properties":{}}"#).unwrap();
    assert_eq!(text(&empty), r#"{"@bundle.envelope":{"category":"AuditLogs","properties":{}}}"#);
}

#[test]
fn the_exporters_bookkeeping_is_dropped() {
    let shaped = shape(r#"{"__UDI_RequiredFields_A":1,"category":"AuditLogs","properties":{"__UDI_RequiredFields_B":{"x":[1]},"id":"a","b":2,"__UDI_RequiredFields_C":0}}"#).unwrap();
    assert_eq!(text(&shaped), r#"{"id":"a","b":2,"@bundle.envelope":{"category":"AuditLogs"}}"#);
}

#[test]
fn what_is_no_event_is_refused_and_quotes_nothing() {
    for (bad, expected) in [
        ("", "invalid JSON at byte 0: expected an object"),
        (r#"{"category":"AuditLogs","properties":{"#, "invalid JSON at byte 38: expected a key"),
        (r#"{"properties":{}} x"#, "invalid JSON at byte 18: expected the end of the event"),
        ("[1]", "not a JSON object: only whole events of Azure Monitor can be read"),
        (r#"{"id":"secret"}"#, "not an event of Azure Monitor: it has neither properties nor a category"),
    ] {
        let error = shape(bad).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some(expected), "{bad}");
    }
}

#[test]
fn batches_arrays_and_lines_give_their_events() {
    let rows = [
        (r#"{"records":[{"a":1}, {"b":2}]}"#, vec![r#"{"a":1}"#, r#"{"b":2}"#]),
        ("\u{feff}[{\"a\":1},\n{\"b\":2}]\r\n", vec![r#"{"a":1}"#, r#"{"b":2}"#]),
        ("{\"a\":1}\r\n{\"b\":2}\r\n", vec![r#"{"a":1}"#, r#"{"b":2}"#]),
        ("{\"records\":[{\"a\":1}]}\n{\"records\":[]}\n{\"b\":2}", vec![r#"{"a":1}"#, r#"{"b":2}"#]),
        (r#"{"records":"none"}"#, vec![r#"{"records":"none"}"#]),
        ("", vec![]),
    ];
    for (message, expected) in rows {
        assert_eq!(records_of(&Bytes::from(message.to_owned())).unwrap(), expected, "{message}");
    }
    for bad in ["{\"records\":[{]}", "{\"a\":1", "7"] {
        assert!(records_of(&Bytes::from(bad.to_owned())).is_err(), "{bad}");
    }
}

#[test]
fn events_of_another_tenant_are_told_apart() {
    let own = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
    for (event, expected) in [
        (r#"{"tenantId":"AAAABBBB-0000-CCCC-1111-DDDD2222EEEE"}"#, true),
        (r#"{"tenantId":"ffffbbbb-0000-cccc-1111-dddd2222eeee"}"#, false),
        (r#"{"resourceId":"/TENANTS/AAAABBBB-0000-CCCC-1111-DDDD2222EEEE/PROVIDERS/MICROSOFT.AADIAM"}"#, true),
        (r#"{"resourceId":"/tenants/ffffbbbb-0000-cccc-1111-dddd2222eeee/providers/x"}"#, false),
        (r#"{"category":"AuditLogs"}"#, true),
    ] {
        assert_eq!(is_of_tenant(event.as_bytes(), own), expected, "{event}");
    }
}

/// `SOURCES_BIG=1 CARGO_PROFILE_TEST_OPT_LEVEL=3 cargo test --lib shape::envelope -- --nocapture`
#[test]
fn events_of_usual_length_are_shaped_at_more_than_200_mb_a_second() {
    if std::env::var_os("SOURCES_BIG").is_none() {
        eprintln!("left out: says something about optimised code only; set SOURCES_BIG=1");
        return;
    }
    let policy = r#"{"id":"44445555-eeee-6666-ffff-7777aaaa8888","displayName":"Require compliant device","enforcedGrantControls":["RequireCompliantDevice"],"result":"failure","conditionsSatisfied":23},"#;
    let list = policy.repeat(20);
    let event = SIGN_IN.replace("\"n\":1.50", &format!("\"n\":1.50,\"policies\":[{}]", list.trim_end_matches(',')));
    let event = Bytes::from(event);
    let began = tokio::time::Instant::now();
    const TIMES: usize = 100_000;
    let bytes: usize = (0..TIMES).map(|_| from_envelope_of(&event, None).unwrap().record.len()).sum();
    let rate = (event.len() * TIMES) as f64 / 1e6 / began.elapsed().as_secs_f64();
    eprintln!("{} bytes an event, {bytes} bytes in all, {rate:.0} MB/s", event.len());
    assert!(rate > 200.0, "{rate:.0} MB/s");
}
