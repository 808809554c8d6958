//! Every kind of file, written here from records in the shape of the service.

use serde_json::{Value, json};

use super::*;
use crate::record::Outcome;

/// Sign-ins in Graph's shape.
pub(super) fn sign_ins() -> Vec<Value> {
    let one = |n: u32| {
        json!({
            "id": format!("0000000{n}-1111-2222-3333-444455556666"),
            "createdDateTime": format!("2026-01-05T10:0{n}:00Z"),
            "userPrincipalName": format!("user{n}@contoso.example"),
            "appId": "00000002-0000-0000-c000-000000000000",
            "clientAppUsed": "Browser",
            "ipAddress": "203.0.113.9",
            "signInEventTypes": ["interactiveUser"],
            "status": {"errorCode": 50126 + n, "failureReason": "Wrong, \"quoted\"\nand broken"},
            "location": {"city": "Redmond", "state": "Washington", "countryOrRegion": "US"},
        })
    };
    (1..=3).map(one).collect()
}

pub(super) fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// The portal's own header (57 columns), doubled and padded names as they are.
const INTERACTIVE: &str = "Date (UTC),Request ID,User agent,Correlation ID,User ID,User,Username,User type,Cross tenant access type,Incoming token type,Authentication Protocol,Unique token identifier,Original transfer method,Client credential type,Token Protection - Sign In Session,Token Protection - Sign In Session StatusCode,Application,Application ID ,App owner tenant ID,Resource,Resource ID ,Resource tenant ID,Resource owner tenant ID,Home tenant ID,Home tenant name,IP address,Location,Status,Sign-in error code,Failure reason,Client app,Device ID,Browser,Operating System,Compliant,Managed,Join Type,Multifactor authentication result,Multifactor authentication auth method,Multifactor authentication auth detail,Authentication requirement,Sign-in identifier,Session ID,IP address (seen by resource),Through Global Secure Access,Global Secure Access IP address,Autonomous system  number,Flagged for review,Token issuer type,Incoming token type,Token issuer name,Latency,Conditional Access,Managed Identity type,Associated Resource Id,Federated Token Id,Federated Token Issuer";

/// Each sign-in as the portal's table has it.
fn portal_csv(records: &[Value]) -> String {
    let mut out = format!("\u{feff}{INTERACTIVE}\r\n");
    for record in records {
        for (n, name) in INTERACTIVE.split(',').enumerate() {
            let cell = match name {
                "Date (UTC)" => record["createdDateTime"].as_str().unwrap().to_owned(),
                "Request ID" => record["id"].as_str().unwrap().to_owned(),
                "Username" => record["userPrincipalName"].as_str().unwrap().to_owned(),
                "Application ID " => record["appId"].as_str().unwrap().to_owned(),
                "Sign-in error code" => record["status"]["errorCode"].to_string(),
                "Failure reason" => record["status"]["failureReason"].as_str().unwrap().to_owned(),
                "Location" => "Redmond, Washington, US".to_owned(),
                "IP address" => record["ipAddress"].as_str().unwrap().to_owned(),
                "Client app" => "Browser".to_owned(),
                "Incoming token type" => format!("token {n}"),
                _ => String::new(),
            };
            let comma = if n > 0 { "," } else { "" };
            out.push_str(&format!("{comma}\"{}\"", cell.replace('"', "\"\"")));
        }
        out.push_str("\r\n");
    }
    out
}

pub(super) fn envelope(record: &Value) -> Value {
    json!({"time": "1/5/2026 10:00:30 AM", "resourceId": "/tenants/x/providers/Microsoft.aadiam", "category": "SignInLogs",
        "operationName": "Sign-in activity", "resultType": "50126", "properties": record})
}

/// A row of the table SigninLogs: columns and cells.
fn row(record: &Value) -> Vec<(&'static str, Value)> {
    vec![
        ("TimeGenerated", record["createdDateTime"].clone()),
        ("CreatedDateTime", record["createdDateTime"].clone()),
        ("Id", record["id"].clone()),
        ("UserPrincipalName", record["userPrincipalName"].clone()),
        ("AppId", record["appId"].clone()),
        ("IPAddress", record["ipAddress"].clone()),
        ("Status", record["status"].clone()),
        ("LocationDetails", record["location"].clone()),
        ("Type", json!("SigninLogs")),
    ]
}

fn query_answer(records: &[Value]) -> String {
    let columns: Vec<_> = row(&records[0]).iter().map(|(name, _)| json!({"name": name, "type": "string"})).collect();
    let rows: Vec<Vec<Value>> =
        records.iter().map(|record| row(record).into_iter().map(|(_, cell)| cell).collect()).collect();
    json!({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}).to_string()
}

fn analytics_csv(records: &[Value]) -> String {
    let name = |name: &str| if name.contains("Time") { format!("{name} [UTC]") } else { name.to_owned() };
    let header: Vec<String> = row(&records[0]).iter().map(|(one, _)| format!("\"{}\"", name(one))).collect();
    let mut out = header.join(",") + "\n";
    for record in records {
        let cells = row(record).into_iter().map(|(name, cell)| {
            let text = match cell {
                // As the portal of Log Analytics writes instants.
                Value::String(text) if name.contains("Time") => {
                    format!("1/5/2026, 10:{}:00.000 AM", &text[14..16])
                }
                Value::String(text) => text,
                other => other.to_string(),
            };
            format!("\"{}\"", text.replace('"', "\"\""))
        });
        out += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    out
}

fn powershell(records: &[Value]) -> String {
    fn pascal(value: &Value) -> Value {
        match value {
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| (key[..1].to_uppercase() + &key[1..], pascal(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Value::Array(items) => items.iter().map(pascal).collect(),
            other => other.clone(),
        }
    }
    serde_json::to_string_pretty(&records.iter().map(pascal).collect::<Vec<_>>()).unwrap()
}

/// Every form in which the same sign-ins may lie in a folder.
pub(super) fn forms() -> Vec<(&'static str, Vec<u8>)> {
    let records = sign_ins();
    let enveloped: Vec<Value> = records.iter().map(envelope).collect();
    let page =
        json!({"@odata.context": "https://graph.microsoft.com/beta/$metadata#auditLogs/signIns", "value": records});
    let utf16 = |text: &str| {
        let mut bytes = vec![0xFF, 0xFE];
        text.encode_utf16().for_each(|unit| bytes.extend(unit.to_le_bytes()));
        bytes
    };
    vec![
        ("a.json", serde_json::to_string_pretty(&records).unwrap().into()),
        ("b.json", format!("\u{feff}{page}").into()),
        ("c.jsonl", lines(&records).into()),
        ("d.json", json!({"records": enveloped}).to_string().into()),
        ("e.json", lines(&enveloped).replace('\n', "\r\n").into()),
        ("f.json", query_answer(&records).into()),
        ("g.csv", analytics_csv(&records).into()),
        ("h.csv", portal_csv(&records).into()),
        ("i.json", powershell(&records).into()),
        ("j.json", utf16(&page.to_string())),
        ("k.json", json!({"responses": [{"id": "1", "status": 200, "body": page}]}).to_string().into()),
        ("l.json", json!([{"value": records}]).to_string().into()),
    ]
}

#[tokio::test]
async fn the_same_sign_ins_from_every_form_are_one_set() {
    let folder = Folder::new();
    forms().iter().for_each(|(name, content)| drop(folder.put(name, content)));
    let shelf = Shelf::default();
    let imported = run(&[folder.path()], &["sign-ins"], WINDOW, &shelf).await;
    let ids: Vec<String> = sign_ins().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(shelf.values("sign-ins", "id"), ids);
    assert_eq!(imported.accounts.len(), forms().len());
    for (account, (name, _)) in imported.accounts.iter().zip(forms()) {
        let expected = if name == "a.json" { [3, 3, 0, 0, 0, 0] } else { [3, 0, 3, 0, 0, 0] };
        assert_eq!(sums(account), (expected, false), "{name}");
        assert_eq!(account.recognised, ["sign-ins"], "{name}");
    }
    assert_eq!(imported.reports[0].verdict.outcome, Outcome::Partial);
}

#[tokio::test]
async fn every_form_alone_gives_the_shape_of_the_service() {
    for (name, content) in forms() {
        let folder = Folder::new();
        let shelf = Shelf::default();
        run(&[folder.put(name, content)], &["sign-ins"], WINDOW, &shelf).await;
        let found = shelf.records("sign-ins");
        assert_eq!(found.len(), 3, "{name}");
        for (record, expected) in found.iter().zip(sign_ins()) {
            for member in ["id", "createdDateTime", "userPrincipalName", "appId", "ipAddress", "status", "location"] {
                assert_eq!(record[member], expected[member], "{name}: {member}");
            }
        }
    }
}

#[tokio::test]
async fn the_richer_record_wins_over_the_table() {
    let folder = Folder::new();
    folder.put("a.csv", portal_csv(&sign_ins()));
    folder.put("b.json", lines(&sign_ins()[..2]));
    let shelf = Shelf::default();
    let imported = run(&[folder.path()], &["sign-ins"], WINDOW, &shelf).await;
    assert_eq!(sums(&imported.accounts[0]), ([3, 1, 2, 0, 0, 0], false));
    assert_eq!(sums(&imported.accounts[1]), ([2, 2, 0, 0, 0, 0], false));
    let rich = shelf.records("sign-ins").iter().filter(|record| record["signInEventTypes"].is_array()).count();
    assert_eq!(rich, 2);
}

#[tokio::test]
async fn every_column_of_the_portal_is_somewhere() {
    let mut csv = format!("{INTERACTIVE}\n");
    let cells: Vec<String> = (0..57).map(|n| format!("cell-{n}")).collect();
    csv += &(cells.join(",") + "\n");
    let folder = Folder::new();
    let shelf = Shelf::default();
    let imported = run(&[folder.put("InteractiveSignIns.csv", csv)], &["sign-ins"], WINDOW, &shelf).await;
    assert_eq!(sums(&imported.accounts[0]), ([1, 1, 0, 0, 0, 0], false));
    let text = shelf.records("sign-ins")[0].to_string();
    for cell in cells {
        assert!(text.contains(&format!("\"{cell}\"")), "{cell}");
    }
}

#[tokio::test]
async fn the_name_settles_what_the_columns_leave_open() {
    let folder = Folder::new();
    folder.put("NonInteractiveSignIns_2026.csv", portal_csv(&sign_ins()));
    let shelf = Shelf::default();
    run(&[folder.path()], &["sign-ins", "sign-ins-noninteractive"], WINDOW, &shelf).await;
    assert_eq!(shelf.values("sign-ins-noninteractive", "id").len(), 3);
}

#[tokio::test]
async fn each_record_that_is_not_taken_is_accounted_for() {
    let folder = Folder::new();
    let mut text = lines(&sign_ins());
    text += "\nnot JSON\n";
    text += "{\"other\":1}\n";
    text += &sign_ins()[0].to_string().replace("2026-01-05", "1999-01-05").replace("00000001", "00000009");
    text += "\n";
    text += &json!({"id": "a", "activityDateTime": "2026-01-05T10:00:00Z", "initiatedBy": {}, "targetResources": []})
        .to_string();
    text += "\n{\"id\":\"torn";
    let shelf = Shelf::default();
    let imported = run(&[folder.put("x.jsonl", text)], &["sign-ins"], WINDOW, &shelf).await;
    let account = &imported.accounts[0];
    assert_eq!(sums(account), ([8, 3, 0, 1, 1, 3], true));
    assert_eq!(account.recognised, ["sign-ins", "audits"]);
    let rejected: Vec<_> = account.rejected.iter().map(|one| (one.line, one.record)).collect();
    assert_eq!(rejected, [(5, 4), (6, 5), (9, 8)]);
}

#[tokio::test]
async fn unified_audit_searches_give_the_record_inside() {
    let data = |id: &str| {
        json!({"Id": id, "CreationTime": "2026-01-05T10:00:00", "Operation": "UserLoggedIn", "OrganizationId": "o",
            "RecordType": 15, "UserId": "u@contoso.example", "Workload": "AzureActiveDirectory"})
    };
    let cell = |id: &str| data(id).to_string().replace('"', "\"\"");
    let script = format!(
        "#TYPE Deserialized.Microsoft.Exchange.Data\r\n\"RecordType\",\"CreationDate\",\"UserIds\",\"Operations\",\"AuditData\",\"Identity\"\r\n\"AzureActiveDirectoryStsLogon\",\"1/5/2026 10:00:00 AM\",\"u@contoso.example\",\"UserLoggedIn\",\"{}\",\"1\"\r\n\"X\",\"y\",\"z\",\"w\",\"{{\"\"Id\"\":\"\"cut\",\"2\"\r\n",
        cell("1")
    );
    let portal = format!(
        "\u{feff}RecordId,CreationDate,RecordType,Operation,UserId,AuditData,AssociatedAdminUnits\n2,2026-01-05T10:00:00.0000000Z,15,UserLoggedIn,u@contoso.example,\"{}\",\n",
        cell("2")
    );
    let folder = Folder::new();
    folder.put("a.csv", script);
    folder.put("b.csv", portal);
    folder.put("c.json", json!([{"Identity": "3", "AuditData": data("3").to_string()}]).to_string());
    folder.put("d.json", json!([data("4"), data("1")]).to_string());
    let shelf = Shelf::default();
    let imported = run(&[folder.path()], &["microsoft365-activity"], WINDOW, &shelf).await;
    let all: Vec<_> = imported.accounts.iter().map(sums).collect();
    // The documents come before the tables, so that the first table's record is a duplicate.
    assert_eq!(
        all,
        [
            ([2, 0, 1, 0, 0, 1], false),
            ([1, 1, 0, 0, 0, 0], false),
            ([1, 1, 0, 0, 0, 0], false),
            ([2, 2, 0, 0, 0, 0], false),
        ]
    );
    assert_eq!(imported.accounts[0].rejected[0].line, 4);
    assert_eq!(shelf.values("microsoft365-activity", "Id"), ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn parts_of_a_list_go_to_their_datasets() {
    let event = |id: &str, kind: &str| {
        let mut record = sign_ins()[0].clone();
        (record["id"], record["signInEventTypes"]) = (json!(id), json!([kind]));
        record
    };
    let page = json!({"@odata.context": "https://graph.microsoft.com/beta/$metadata#auditLogs/signIns",
        "value": [event("1", "interactiveUser"), event("2", "nonInteractiveUser"), event("3", "servicePrincipal")]});
    let registered = json!({"id": "4", "category": "Device", "activityDateTime": "2026-01-05T10:00:00Z",
        "initiatedBy": {}, "targetResources": []});
    let folder = Folder::new();
    folder.put("page.json", page.to_string());
    folder.put("audits.json", registered.to_string());
    let shelf = Shelf::default();
    let wanted = ["sign-ins", "sign-ins-noninteractive", "audits", "device-registration"];
    let imported = run(&[folder.path()], &wanted, WINDOW, &shelf).await;
    let found = |dataset| shelf.values(dataset, "id").join(" ");
    assert_eq!(wanted.map(found), ["1", "2", "4", "4"]);
    assert_eq!(sums(&imported.accounts[0]), ([1, 1, 0, 0, 0, 0], false));
    assert_eq!(sums(&imported.accounts[1]), ([3, 2, 0, 0, 1, 0], false));
}

#[tokio::test]
async fn what_is_no_record_is_a_plain_file() {
    let folder = Folder::new();
    for (name, content) in [
        ("a.log", "just some text\nand more\n".to_owned()),
        ("b.har", json!({"log": {"version": "1.2", "creator": {}, "entries": [{"request": {}}]}}).to_string()),
        ("c.csv", "Name,Colour\na,red\nb,blue\n".to_owned()),
        ("d.json", json!({"category": "Administrative", "properties": {}, "caller": "x"}).to_string()),
        ("e.xml", "<a><b/></a>".to_owned()),
        ("f.json", json!({"value": [{"@odata.type": "#microsoft.graph.user", "id": "1"}]}).to_string()),
        ("g.jsonl", "null\nnull\n".to_owned()),
    ] {
        folder.put(name, content);
    }
    std::fs::create_dir_all(folder.path().join("z/data/logs")).unwrap();
    folder.put("z/data/logs/sign-ins.jsonl", lines(&sign_ins()));
    let shelf = Shelf::default();
    let imported = run(&[folder.path()], &["sign-ins", "audits"], WINDOW, &shelf).await;
    assert!(shelf.0.lock().unwrap().is_empty());
    assert_eq!(imported.accounts.len(), 8);
    let (earlier, others) = imported.accounts.split_last().unwrap();
    assert!(others.iter().all(|account| account.plain), "{others:#?}");
    assert!(matches!(earlier.end, crate::files::FileEnd::Withheld { reason: reader::EARLIER, .. }), "{earlier:?}");
    assert!(!earlier.plain);
    assert!(imported.reports.iter().all(|report| report.verdict.outcome == Outcome::Unavailable));
}

#[tokio::test]
async fn archives_and_long_documents_are_read_to_their_end() {
    let many: Vec<Value> = (0..40_000)
        .map(|n| {
            let mut record = sign_ins()[0].clone();
            record["id"] = json!(format!("id-{n}"));
            record
        })
        .collect();
    let page = json!({"value": many}).to_string();
    assert!(page.len() > crate::limits::DOCUMENT_BYTES_MAX);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, page.as_bytes()).unwrap();
    let folder = Folder::new();
    folder.put("page.json.gz", gzip.finish().unwrap());
    folder.put("table.json", query_answer(&many));
    let shelf = Shelf::default();
    let imported = run(&[folder.path()], &["sign-ins"], WINDOW, &shelf).await;
    assert_eq!(sums(&imported.accounts[0]), ([40_000, 40_000, 0, 0, 0, 0], false));
    assert_eq!(sums(&imported.accounts[1]), ([40_000, 0, 40_000, 0, 0, 0], false));
    assert_eq!(imported.accounts[0].unpacked_from, Some("gzip"));
}

#[tokio::test]
async fn incidents_are_a_dataset() {
    let incidents = ["ABCD1234@2026-01-05T10:00:00Z", "EFGH5678"].map(|text| text.parse::<Incident>().ok().unwrap());
    let shelf = Shelf::default();
    let imported = run_with(&[], &incidents, &["authenticator", "sign-ins"], WINDOW, &shelf).await;
    assert_eq!(shelf.values("authenticator", "incidentId"), ["ABCD1234", "EFGH5678"]);
    let outcomes: Vec<_> = imported.reports.iter().map(|report| report.verdict.outcome).collect();
    assert_eq!(outcomes, [Outcome::Complete, Outcome::Unavailable]);
}
