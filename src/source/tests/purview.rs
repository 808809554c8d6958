//! The audit search of Purview, in the words of its documentation: no server of it exists to test against.

use super::office::{DAYS, TENANT, collect_place};
use super::*;
use crate::net::mock::{Asked, Reply};

const PATH: &str = "/v1.0/security/auditLog/queries";

fn record(id: &str, day: u32) -> String {
    format!(
        r##"{{"id":"{id}","createdDateTime":"2026-01-{day:02}T10:00:00Z","auditLogRecordType":"azureActiveDirectory","operation":"Add User.","organizationId":"{TENANT}","userType":"Regular","userId":"k","service":"AzureActiveDirectory","objectId":"o","userPrincipalName":"u","clientIp":null,"administrativeUnits":[],"auditData":{{"@odata.type":"#microsoft.graph.security.azureActiveDirectoryAuditRecord","CreationTime":"2026-01-{day:02}T10:00:00","Id":"{id}","Operation":"Add User.","OrganizationId":"{TENANT}","RecordType":8,"UserKey":"k","UserType":0,"Workload":"AzureActiveDirectory","ObjectId":"o","UserId":"u"}}}}"##
    )
}

/// A search that is looked at three times and has two pages.
fn well(asked: &Asked, before: usize) -> Reply {
    if asked.method == "POST" {
        let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
        assert_eq!(body["filterStartDateTime"], "2026-01-07T00:00:00Z");
        assert_eq!(body["filterEndDateTime"], "2026-01-09T00:00:00Z");
        return Reply::status(201, r#"{"id":"168ec429-084b-a489-90d8-504a87846305","status":"notStarted"}"#);
    }
    let page = |records: &[String], link: &str| Reply::json(format!(r#"{{"value":[{}]{link}}}"#, records.join(",")));
    if asked.target.ends_with("/records") {
        let link =
            format!(r#","@odata.nextLink":"http://{}{}?$skiptoken=2""#, asked.header("host").unwrap(), asked.target);
        return page(&[record("1", 7), record("2", 8)], &link);
    }
    if asked.target.contains("skiptoken") {
        return page(&[record("2", 8), record("3", 8), record("0", 9)], "");
    }
    let status = ["notStarted", "running", "succeeded"][before.min(2)];
    Reply::json(format!(r#"{{"id":"168ec429-084b-a489-90d8-504a87846305","status":"{status}"}}"#))
}

async fn search(mock: &Mock, shelf: &Shelf) -> Report {
    let place = activity::Purview::default().with_pauses(1, 4).with_patience(1);
    collect_place(&mock.client(), Place::Purview(place), shelf, DAYS).await
}

#[tokio::test]
async fn a_search_is_made_once_waited_for_and_read_to_its_last_page() {
    let mock = Mock::start(well).await;
    let shelf = Shelf::default();
    let report = search(&mock, &shelf).await;
    is(&report, Outcome::Complete);
    assert_eq!((report.records, report.duplicates, report.slices_closed), (3, 1, report.slices));
    let records: Vec<_> = shelf.records.lock().unwrap().iter().map(|(_, _, record)| record.clone()).collect();
    assert!(records[0].starts_with(r#"{"CreationTime":"2026-01-07T10:00:00","Id":"1","Operation""#), "{}", records[0]);
    assert!(records[0].contains(r#""@bundle.envelope":{"@odata.type":"#), "{}", records[0]);
    assert!(!records[0].contains("clientIp") && !records[0].contains("auditData"));
    let asked = mock.asked();
    assert!(asked.iter().all(|asked| asked.target.starts_with(PATH)));
    assert_eq!(asked.iter().filter(|asked| asked.method == "POST").count(), 1);
}

#[tokio::test]
async fn a_search_that_fails_is_cancelled_or_never_ends_says_so() {
    for (status, expected) in [("failed", "failed"), ("cancelled", "cancelled"), ("running", "time for it was up")] {
        let mock = Mock::start(move |asked, before| match asked.method.as_str() {
            "POST" => well(asked, before),
            _ => Reply::json(format!(r#"{{"id":"x","status":"{status}"}}"#)),
        })
        .await;
        let report = search(&mock, &Shelf::default()).await;
        is(&report, Outcome::Failed);
        assert!(reason(&report).contains(expected), "{}", reason(&report));
        assert!(!hint(&report).is_empty());
    }
}

#[tokio::test]
async fn clouds_without_it_and_missing_permissions_are_told_apart() {
    let mock =
        Mock::start(|_, _| Reply::error(400, "BadRequest", "Resource not found for the segment 'auditLog'.")).await;
    is(&search(&mock, &Shelf::default()).await, Outcome::Unavailable);
    let mock = Mock::start(|_, _| Reply::error(403, "UnknownError", "Insufficient privileges")).await;
    let report = search(&mock, &Shelf::default()).await;
    is(&report, Outcome::Denied);
    assert!(hint(&report).contains("AuditLogsQuery.Read.All"), "{}", hint(&report));
}

#[tokio::test]
async fn a_record_without_content_is_damage_and_pages_in_a_circle_end() {
    let mock = Mock::start(|asked, before| {
        if asked.target.contains("skiptoken") {
            return Reply::json(r#"{"value":[{"id":"4","createdDateTime":"2026-01-08T00:00:00Z"}]}"#);
        }
        well(asked, before)
    })
    .await;
    let report = search(&mock, &Shelf::default()).await;
    is(&report, Outcome::Partial);
    assert!(reason(&report).contains("1 members"), "{}", reason(&report));
    let mock = Mock::start(|asked, before| {
        if asked.target.contains("skiptoken") {
            let link = format!("http://{}{}", asked.header("host").unwrap(), asked.target);
            return Reply::json(format!(r#"{{"value":[{}],"@odata.nextLink":"{link}"}}"#, record("3", 8)));
        }
        well(asked, before)
    })
    .await;
    let report = search(&mock, &Shelf::default()).await;
    is(&report, Outcome::Partial);
    assert!(reason(&report).contains("lead back"), "{}", reason(&report));
}
