//! Kinds of files beyond those of the sign-ins, damaged ones, and runs that are stopped.

use proptest::prelude::*;
use serde_json::json;

use super::shapes::{envelope, forms, lines, sign_ins};
use super::*;
use crate::files::FileEnd;
use crate::record::Outcome;

/// A capture of an event hub with these bodies, made by hand (Avro 1.11, object container files, codec null).
fn capture(bodies: &[String]) -> Vec<u8> {
    fn long(value: usize, out: &mut Vec<u8>) {
        let mut zigzag = value << 1;
        while zigzag > 127 {
            out.push(u8::try_from(zigzag & 127).unwrap() | 128);
            zigzag >>= 7;
        }
        out.push(u8::try_from(zigzag).unwrap());
    }
    fn text(value: &[u8], out: &mut Vec<u8>) {
        long(value.len(), out);
        out.extend_from_slice(value);
    }
    let schema = br#"{"type":"record","name":"EventData","fields":[{"name":"Offset","type":"string"},{"name":"Body","type":["null","bytes"]}]}"#;
    let mut out = b"Obj\x01".to_vec();
    long(1, &mut out);
    text(b"avro.schema", &mut out);
    text(schema, &mut out);
    long(0, &mut out);
    out.extend_from_slice(&[7; 16]);
    let mut block = Vec::new();
    for body in bodies {
        text(b"4294967296", &mut block);
        long(1, &mut block);
        text(body.as_bytes(), &mut block);
    }
    long(bodies.len(), &mut out);
    text(&block, &mut out);
    out.extend_from_slice(&[7; 16]);
    out
}

#[tokio::test]
async fn captures_of_an_event_hub_are_opened() {
    let enveloped: Vec<_> = sign_ins().iter().map(envelope).collect();
    let bodies = [
        serde_json::to_string_pretty(&json!({"records": enveloped[..2]})).unwrap(),
        json!({"records": enveloped[2..]}).to_string(),
    ];
    let whole = capture(&bodies);
    let folder = Folder::new();
    folder.put("00.avro", &whole);
    folder.put("01.avro", &whole[..whole.len() - 9]);
    folder.put("02.avro", b"Obj\x01\xff\xff\xff\xff no Avro at all");
    let shelf = Shelf::default();
    let imported = run(&[folder.path()], &["sign-ins"], WINDOW, &shelf).await;
    let [first, torn, wrong] = imported.accounts.as_slice() else { panic!("three files") };
    assert_eq!((sums(first), first.unpacked_from), (([3, 3, 0, 0, 0, 0], false), Some("avro")));
    assert!(matches!(first.end, FileEnd::Whole { bytes, repaired: 0 } if bytes == whole.len() as u64), "{first:?}");
    assert!(matches!(torn.end, FileEnd::Withheld { sha256: Some(_), .. }), "{torn:?}");
    assert!(matches!(wrong.end, FileEnd::Withheld { .. }), "{wrong:?}");
    assert_eq!(shelf.values("sign-ins", "id").len(), 3);
}

#[tokio::test]
async fn everything_in_a_bundle_of_ours_is_clean_already() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join("old/data/files")).unwrap();
    folder.put("old/bag-info.txt", "Bag-Software-Agent: entra-bundle 0.1.0\nBagging-Date: 2026-01-05\n");
    folder.put("old/data/files/x.jsonl", lines(&sign_ins()));
    folder.put("olden.jsonl", lines(&sign_ins()));
    let shelf = Shelf::default();
    let imported = run(&[folder.path()], &["sign-ins"], WINDOW, &shelf).await;
    for account in &imported.accounts[..2] {
        assert!(matches!(account.end, FileEnd::Withheld { reason: reader::EARLIER, .. }), "{account:?}");
        assert_eq!(sums(account), ([0; 6], false));
    }
    assert_eq!(imported.accounts[2].imported, 3);
}

#[tokio::test]
async fn tables_of_scripts_and_of_the_portal() {
    let folder = Folder::new();
    folder.put(
        "audit.csv",
        "Date (UTC),Correlation ID,Service,Category,Activity,Result,ActorUserPrincipalName,Target1DisplayName,Odd one\n2026-01-05T10:00:00Z,c,Core Directory,UserManagement,Update user,Success,a@contoso.example,Somebody,x\n",
    );
    folder.put(
        "provisioning.csv",
        "\u{feff}ID,Date,Change ID,Cycle ID,Job ID,Action\np-1,1/5/2026 10:00:00 AM,ch,cy,j,Create\n",
    );
    folder.put(
        "script.csv",
        "\"Id\",\"CreatedDateTime\",\"UserPrincipalName\",\"AppId\",\"ClientAppUsed\",\"IPAddress\"\n\"s-1\",\"1/5/2026 10:00:00\",\"u@contoso.example\",\"a\",\"Browser\",\"203.0.113.9\"\n",
    );
    let cli = json!([{"TableName": "PrimaryResult", "TimeGenerated": "2026-01-05T10:00:00Z", "Id": "l-1",
        "Type": "AADNonInteractiveUserSignInLogs", "DeviceDetail": "{\"deviceId\":\"d\"}", "IPAddress": "203.0.113.9"}]);
    folder.put("z-cli.json", cli.to_string());
    let office = json!({"TimeGenerated": "2026-01-05T10:00:00Z", "Type": "OfficeActivity", "OfficeId": "o-1",
        "OfficeWorkload": "Exchange", "Operation": "MailItemsAccessed", "OrganizationId": "t", "RecordType": "50"});
    folder.put("z-office.json", office.to_string());
    let shelf = Shelf::default();
    let wanted = ["audits", "provisioning", "sign-ins", "sign-ins-noninteractive", "microsoft365-activity"];
    let imported = run(&[folder.path()], &wanted, WINDOW, &shelf).await;
    assert!(
        imported.accounts.iter().all(|account| sums(account) == ([1, 1, 0, 0, 0, 0], false)),
        "{:#?}",
        imported.accounts
    );
    let audit = &shelf.records("audits")[0];
    assert_eq!(audit["initiatedBy"]["user"]["userPrincipalName"], "a@contoso.example");
    assert_eq!(audit["targetResources"][0]["displayName"], "Somebody");
    assert_eq!((&audit["result"], &audit["@bundle.envelope"]["Odd one"]), (&json!("success"), &json!("x")));
    let provisioned = &shelf.records("provisioning")[0];
    assert_eq!(provisioned["activityDateTime"], "2026-01-05T10:00:00Z");
    assert_eq!(provisioned["provisioningAction"], "create");
    assert_eq!(shelf.records("sign-ins")[0]["ipAddress"], "203.0.113.9");
    assert_eq!(shelf.records("sign-ins-noninteractive")[0]["deviceDetail"]["deviceId"], "d");
    let activity = &shelf.records("microsoft365-activity")[0];
    assert_eq!((&activity["Id"], &activity["CreationTime"]), (&json!("o-1"), &json!("2026-01-05T10:00:00Z")));
}

#[tokio::test]
async fn an_import_that_is_stopped_says_so() {
    let folder = Folder::new();
    folder.put("a.jsonl", lines(&sign_ins()));
    let (mock, ledger, shelf) = (mock().await, Ledger::default(), Shelf::default());
    let client = mock.client();
    let dataset = Catalog::embedded().unwrap().dataset("sign-ins").unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let inputs = Inputs::find(&[folder.path()]).unwrap();
    let imported = import(inputs, &[], &[(dataset, request(&client, &ledger, WINDOW))], &shelf, &cancel).await;
    assert_eq!(imported.reports[0].verdict.outcome, Outcome::Interrupted);
    assert_eq!(imported.inputs.count(), 1);
}

#[tokio::test]
async fn an_import_can_run_beside_others() {
    let folder = Folder::new();
    folder.put("a.jsonl", lines(&sign_ins()));
    let client = mock().await.client();
    let task = tokio::spawn(async move {
        let (ledger, shelf) = (Ledger::default(), Shelf::default());
        let dataset = Catalog::embedded().unwrap().dataset("sign-ins").unwrap();
        let inputs = Inputs::find(&[folder.path()]).unwrap();
        let wanted = [(dataset, request(&client, &ledger, WINDOW))];
        import(inputs, &[], &wanted, &shelf, &CancellationToken::new()).await.accounts.len()
    });
    assert_eq!(task.await.unwrap(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is cut out of a file or put into it: nothing panics, and the account adds up (checked by `run`).
    #[test]
    fn damaged_files_are_accounted_for(form in 0usize..12, at in any::<prop::sample::Index>(), length in 0usize..200,
        put in prop::collection::vec(prop::sample::select(&b"{}[]\",:\n\\ \xff0a"[..]), 0..6)) {
        let (name, mut content) = forms().swap_remove(form);
        let from = at.index(content.len());
        let to = (from + length).min(content.len());
        content.splice(from..to, put);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = Folder::new();
            let shelf = Shelf::default();
            let imported = run(&[folder.put(name, content)], &["sign-ins"], WINDOW, &shelf).await;
            let given: u64 = imported.accounts.iter().map(|account| account.imported).sum();
            assert_eq!(shelf.records("sign-ins").len() as u64, given);
        });
    }
}
