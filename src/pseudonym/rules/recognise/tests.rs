//! What records say about themselves.

use super::super::{NOWHERE, Rules};
use super::*;
use crate::catalog::Group;

fn rules() -> Rules {
    Rules::new([
        ("audits", Group::Logs, "/auditLogs/directoryAudits"),
        ("sign-ins", Group::Logs, "/auditLogs/signIns"),
        ("users", Group::Objects, "/users"),
        ("group-members", Group::Objects, "/groups/{0}/members"),
    ])
}

#[test]
fn records_say_what_they_are() {
    let rules = rules();
    for (record, dataset) in [
        (r##"{"time":"x","category":"SignInLogs","properties":{}}"##, "sign-ins"),
        (r##"{"Category":"AuditLogs"}"##, "audits"),
        (r##"{"TenantId":"x","Type":"SigninLogs"}"##, "sign-ins"),
        (r##"{"@odata.context":"https://graph.example/v1.0/$metadata#users(id,mail)/$entity","id":"x"}"##, "users"),
        (
            r##"{"@odata.context":"https://graph.example/beta/$metadata#groups('1')/members","value":[]}"##,
            "group-members",
        ),
        (r##"{"@odata.type":"#microsoft.graph.user","id":"x"}"##, "users"),
        (r##"{"id":"x","userPrincipalName":"u","appId":"y","clientAppUsed":"z"}"##, "sign-ins"),
        (r##"{"id":"x","userPrincipalName":"u","mail":null}"##, "users"),
        (r##"{"Workload":"Exchange","Operation":"x"}"##, "microsoft365-activity"),
        (r##"{"id":"x","displayName":"y"}"##, "file"),
        ("[1,2]", "file"),
        ("no json", "file"),
    ] {
        assert_eq!(rules.recognise(record), rules.root(dataset), "{dataset}: {record}");
        assert_ne!(rules.root(dataset), NOWHERE);
    }
}

#[test]
fn tables_are_known_by_their_columns() {
    let rules = rules();
    let portal = ["Date (UTC)", "Request ID", "Correlation ID", "Application", "Application ID ", "Sign-in error code"];
    assert_eq!(rules.table(portal.into_iter()), rules.root("portal-sign-ins"));
    let exported = ["TimeGenerated [UTC]", "UserPrincipalName", "AppId", "IsInteractive"];
    assert_eq!(rules.table(exported.into_iter()), rules.root("sign-ins"));
    assert_eq!(rules.table(["a", "b"].into_iter()), rules.file());
}

#[test]
fn the_rows_use_no_more_members_than_there_are_bits() {
    let mut all = Recogniser::default();
    all.add_rows(|_| NOWHERE);
    assert!(all.bits.len() <= 128, "{} members", all.bits.len());
}
