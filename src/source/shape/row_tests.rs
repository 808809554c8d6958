//! Rows of every kind of table, as they come and as records.

use super::*;

fn shaped(table: &str, cells: &[(&str, &str)]) -> (String, Shaped) {
    let values: Vec<&[u8]> = cells.iter().map(|(_, value)| value.as_bytes()).collect();
    let shaped = Frame::of(table, cells.iter().map(|(name, _)| (*name, false))).shape(&values);
    let text = String::from_utf8(shaped.record.to_vec()).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
    assert!(!text.contains('\n'));
    (text, shaped)
}

#[test]
fn a_non_interactive_sign_in_gets_its_objects_back() {
    let (text, shaped) = shaped(
        "AADNonInteractiveUserSignInLogs",
        &[
            ("TenantId", r#""00000000-0000-0000-0000-000000000001""#),
            ("TimeGenerated", r#""2026-01-05T10:02:00Z""#),
            ("OperationName", r#""Sign-in activity""#),
            ("Location", r#""NO""#),
            ("LocationDetails", r#""{\"city\":\"Bergen\",\r\n \"geoCoordinates\":{}}""#),
            ("Status", r#""{\"errorCode\":50126}""#),
            ("ConditionalAccessPolicies", r#""[{\"id\":\"p\",\"conditionsSatisfied\":23}]""#),
            ("ProcessingTimeInMs", r#""133""#),
            ("IPAddress", r#""203.0.113.9""#),
            ("Id", r#""a-1""#),
            ("CreatedDateTime", r#""2026-01-05T10:00:00.5Z""#),
            ("UserType", r#""""#),
            ("IsRisky", "null"),
            ("DeviceDetail", r#""{\"cut\":\"off"#),
            ("Type", r#""AADNonInteractiveUserSignInLogs""#),
        ]
        .map(|(name, value)| (name, if name == "DeviceDetail" { r#""{\"cut\":""# } else { value })),
    );
    assert_eq!(
        text,
        concat!(
            r#"{"location":{"city":"Bergen", "geoCoordinates":{}},"status":{"errorCode":50126},"#,
            r#""appliedConditionalAccessPolicies":[{"id":"p","conditionsSatisfied":23}],"#,
            r#""processingTimeInMilliseconds":133,"ipAddress":"203.0.113.9","id":"a-1","#,
            r#""createdDateTime":"2026-01-05T10:00:00.5Z","deviceDetail":"{\"cut\":","#,
            r#""@bundle.envelope":{"WorkspaceId":"00000000-0000-0000-0000-000000000001","#,
            r#""TimeGenerated":"2026-01-05T10:02:00Z","OperationName":"Sign-in activity","Location":"NO","#,
            r#""Type":"AADNonInteractiveUserSignInLogs"}}"#
        )
    );
    assert_eq!(shaped.id, Some(mark(br#""a-1""#)));
    assert_eq!(shaped.at.unwrap().1, "2026-01-05T10:00:00.5Z");
    assert_eq!(shaped.route.unwrap().dataset, "sign-ins-noninteractive");
}

#[test]
fn the_time_of_a_row_is_the_events_own_or_when_it_was_made() {
    let late = [("TimeGenerated", r#""2026-01-05T10:02:00Z""#), ("ActivityDateTime", "null")];
    assert_eq!(shaped("AuditLogs", &late).1.at.unwrap().1, "2026-01-05T10:02:00Z");
    let (text, shaped) = shaped("AADProvisioningLogs", &[("TimeGenerated", r#""2026-01-05T10:02:00Z""#)]);
    assert_eq!(text, r#"{"activityDateTime":"2026-01-05T10:02:00Z"}"#);
    assert_eq!(shaped.at.unwrap().1, "2026-01-05T10:02:00Z");
}

#[test]
fn a_risky_user_is_another_record_at_another_time() {
    let at = |time: &str| {
        let cells = [("Id", r#""u""#), ("RiskLastUpdatedDateTime", time)];
        shaped("AADRiskyUsers", &cells).1.id
    };
    let (first, second) = (at(r#""2026-01-05T10:02:00Z""#), at(r#""2026-01-06T10:02:00Z""#));
    assert!(first.is_some() && first != second);
    assert_eq!(at("null"), None);
}

#[test]
fn nothing_is_lost_where_two_columns_mean_one_property() {
    let both = |second: &str| {
        shaped(
            "SigninLogs",
            &[("ConditionalAccessPolicies", r#"[{"id":1}]"#), ("AppliedConditionalAccessPolicies", second)],
        )
        .0
    };
    assert_eq!(both(r#"[{"id":1}]"#), r#"{"appliedConditionalAccessPolicies":[{"id":1}]}"#);
    assert_eq!(
        both(r#""[2]""#),
        r#"{"appliedConditionalAccessPolicies":[{"id":1}],"@bundle.envelope":{"AppliedConditionalAccessPolicies":"[2]"}}"#
    );
}

#[test]
fn a_risk_detection_keeps_its_details_as_the_text_that_graph_sends() {
    let (text, _) =
        shaped("AADUserRiskEvents", &[("AdditionalInfo", r#"[{"Key":"k"}]"#), ("Location", r#"{"city":"x"}"#)]);
    assert_eq!(text, r#"{"additionalInfo":"[{\"Key\":\"k\"}]","location":{"city":"x"}}"#);
}

#[test]
fn an_unknown_table_is_a_record_too() {
    let frame = Frame::of("SomethingNew_CL", [("Odd\"Name", false), ("Bag", true), ("Type", false)]);
    let shaped = frame.shape(&[b"1.50", br#""{\"a\":1}""#, b"\"t\""]);
    assert_eq!(&shaped.record[..], br#"{"odd\"Name":1.50,"bag":{"a":1},"@bundle.envelope":{"Type":"t"}}"#);
    assert!(shaped.route.is_none() && shaped.id.is_none() && shaped.at.is_none());
    assert_eq!(&frame.shape(&[]).record[..], b"{}");
}

proptest::proptest! {
    #[test]
    fn any_text_gives_a_valid_record(text in ".{0,40}", column in "(Status|LocationDetails|ProcessingTimeInMs|AdditionalInfo|UserId|Type)") {
        let value = serde_json::to_string(&text).unwrap();
        let (record, _) = shaped("SigninLogs", &[(column.as_str(), value.as_str())]);
        let outside = !text.is_empty();
        proptest::prop_assert_eq!(record.len() > 2, outside);
    }
}
