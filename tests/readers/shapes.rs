//! Every reader gives the shape that its dataset has. Constructed inputs.

use serde_json::{Value, json};

use crate::{read_text, wide};

#[test]
fn an_event_is_the_same_whoever_wrote_it_down() {
    let xml = "<Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Directory Synchronization'/>\
        <EventID Qualifiers='0'>611</EventID><Level>2</Level><TimeCreated SystemTime='2024-01-31T22:00:00Z'/><EventRecordID>7</EventRecordID>\
        <Channel>Application</Channel><Computer>srv1</Computer><Security UserID='S-1-5-18'/></System>\
        <EventData><Data>failed &amp; gave up</Data><Data Name='Code'>5</Data></EventData></Event></Events>";
    let json = r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Directory Synchronization"}},
        "EventID":{"#attributes":{"Qualifiers":0},"#text":611},"Level":2,"TimeCreated":{"#attributes":{"SystemTime":"2024-01-31T22:00:00Z"}},
        "EventRecordID":7,"Channel":"Application","Computer":"srv1","Security":{"#attributes":{"UserID":"S-1-5-18"}}},
        "EventData":{"Data":{"#text":"failed & gave up"},"Code":5}}}"##;
    let expected = json!({
        "channel": "Application", "provider": "Directory Synchronization", "eventId": 611, "level": "Error", "time": "2024-01-31T22:00:00Z",
        "computer": "srv1", "userId": "S-1-5-18", "recordId": 7, "data": {"values": ["failed & gave up"], "Code": "5"},
    });
    for (name, bytes) in [("a.xml", wide(xml)), ("a.json", json.into()), ("a.jsonl", json.replace('\n', " ").into())] {
        let read = read_text("events", name, bytes);
        assert_eq!(read.only(), &expected, "{name}");
    }
}

#[test]
fn data_of_every_nesting_is_found() {
    let event = |data: &str| {
        format!(
            "<Event><System><Provider Name='AD FS'/><EventID>100</EventID><Channel>AD FS/Admin</Channel></System>{data}</Event>"
        )
    };
    for (data, expected) in [
        (
            "<UserData><Event xmlns='x'><EventData><Data>a</Data><Data>b</Data></EventData></Event></UserData>",
            json!({"values": ["a", "b"]}),
        ),
        (
            "<UserData><X><Who Id='1'>me</Who><Bare/></X></UserData>",
            json!({"Who": {"Id": "1", "#text": "me"}, "Bare": ""}),
        ),
        ("<EventData Name='N'><Data Name='a'>1</Data></EventData>", json!({"Name": "N", "a": "1"})),
        ("<EventData/>", Value::Null),
    ] {
        let read = read_text("events", "a.xml", event(data));
        assert_eq!(read.only()["data"], expected);
    }
}

#[test]
fn events_that_no_row_wants_are_counted() {
    let event = |provider: &str, id: u32| {
        format!(
            "<Event><System><Provider Name='{provider}'/><EventID>{id}</EventID><Channel>Application</Channel></System></Event>"
        )
    };
    let text = event("MsiInstaller", 1033) + &event("ADSync", 6941) + &event("Some Shop", 611);
    let read = read_text("events", "a.xml", text);
    assert_eq!((read.records.len(), read.tally.passed_over), (1, 2));
    assert_eq!(read.only()["eventId"], 6941);
}

#[test]
fn wizard_traces_know_midnight_and_continued_lines() {
    let text = "[23:59:59.900] [  1] [INFO ] one\r\n[23:59:59.950] [  2] [ERROR] two\r\nfurther : line\r\n   at x\r\n[00:00:00.100] [  1] [VERB ] three\r\n[23:59:59.990] [  3] [INFO ] late\r\n";
    let read = read_text("connect-trace", "t.log", text);
    let got: Vec<_> = read.records.iter().map(|(_, record)| (record["time"].clone(), record["text"].clone())).collect();
    let expected = [
        ("2024-01-31T23:59:59.900", "one"),
        ("2024-01-31T23:59:59.950", "two\nfurther : line\n   at x"),
        ("2024-02-01T00:00:00.100", "three"),
        ("2024-02-01T23:59:59.990", "late"),
    ];
    assert_eq!(got, expected.map(|(time, text)| (Value::from(time), Value::from(text))));
    assert_eq!(read.lines, [1, 2, 5, 6]);
    let before = read_text("connect-trace", "t.log", "no head\nno head either\n[10:00:00.000] [ 1] [INFO ] x\n");
    assert_eq!((before.records[0].1.clone(), before.tally.texts), (json!({"text": "no head\nno head either"}), 1));
}

#[test]
fn agent_traces_gather_what_belongs_together() {
    let text = "A.exe Error: 3 : failed\n  at b\n    ThreadId=5\n    DateTime=2024-01-01T00:00:00Z\nA.exe Verbose: 0 : x : y\n";
    let read = read_text("agent-trace", "a.log", text);
    let file = "trace-20240131-235900.log";
    assert_eq!(
        read.records.iter().map(|(_, record)| record.clone()).collect::<Vec<_>>(),
        [
            json!({"level": "Error", "source": "A.exe", "id": 3, "thread": "5", "time": "2024-01-01T00:00:00Z", "text": "failed\n  at b", "file": file}),
            json!({"level": "Verbose", "source": "A.exe", "id": 0, "text": "x : y", "file": file}),
        ]
    );
}

#[test]
fn registry_values_of_every_type_are_read() {
    let text = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n\"s\"=\"a\\\\b \\\"c\\\"\"\r\n@=dword:0000000a\r\n\
        \"e\"=hex(2):25,00,50,00,\\\r\n  25,00,00,00\r\n\"m\"=hex(7):61,00,00,00,62,00,00,00,00,00\r\n\"q\"=hex(b):01,00,00,00,00,00,00,00\r\n\
        \"b\"=hex:01,02\r\n\"UserSid\"=hex:01,01,00,00,00,00,00,05,12,00,00,00\r\n\"lines\"=\"one\r\ntwo\"\r\n\r\n[HKEY_LOCAL_MACHINE\\A\\empty]\r\n";
    let read = read_text("registry", "a.reg", wide(text));
    assert_eq!(read.tally.texts, 0);
    let values: Vec<_> =
        read.records.iter().map(|(_, record)| (record["type"].clone(), record["value"].clone())).collect();
    let expected = [
        (json!("REG_SZ"), json!("a\\b \"c\"")),
        (json!("REG_DWORD"), json!(10)),
        (json!("REG_EXPAND_SZ"), json!("%P%")),
        (json!("REG_MULTI_SZ"), json!(["a", "b"])),
        (json!("REG_QWORD"), json!(1)),
        (json!("REG_BINARY"), Value::Null),
        (json!("REG_BINARY"), json!("S-1-5-18")),
        (json!("REG_SZ"), json!("one\ntwo")),
        (Value::Null, Value::Null),
    ];
    assert_eq!(values, expected);
    assert_eq!(read.records[5].1["bytes"], "0102");
    assert_eq!(read.records[8].1, json!({"key": "HKEY_LOCAL_MACHINE\\A\\empty"}));
    let proxy = "REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\C]\n\"WinHttpSettings\"=hex:28,00,00,00,00,00,00,00,03,00,00,00,04,00,00,00,70,3a,38,30,01,00,00,00,78\n";
    let read = read_text("registry", "a.reg", proxy);
    assert_eq!(
        (&read.only()["flags"], &read.only()["proxyServer"], &read.only()["proxyBypass"]),
        (&json!(3), &json!("p:80"), &json!("x"))
    );
    let queried = "HKEY_LOCAL_MACHINE\\B\n    Enabled    REG_DWORD    0x1\n    Name    REG_SZ    a b\n";
    let read = read_text("registry", "q.txt", queried);
    assert_eq!((&read.records[0].1["value"], &read.records[1].1["value"]), (&json!(1), &json!("a b")));
}

#[test]
fn entries_of_a_directory_export_find_their_datasets() {
    let entry = |classes: &[&str]| {
        let classes: String = classes.iter().map(|class| format!("objectClass: {class}\n")).collect();
        format!(
            "dn: CN=x,DC=y\n{classes}member;range=0-1: CN=a\nmember;range=0-1: CN=b\nuserCertificate;binary:: AA==\nmsLAPS-Password: never\n\n"
        )
    };
    let text = ["user", "group", "contact", "site"].map(|class| entry(&["top", class])).concat()
        + &entry(&["user", "computer"]);
    let read = read_text("ldif", "a.ldif", text);
    let sets: Vec<_> = read.records.iter().map(|(dataset, _)| *dataset).collect();
    assert_eq!(sets, ["ad-users", "ad-groups", "ad-contacts", "ad-forest", "ad-computers"]);
    assert_eq!(
        read.records[0].1,
        json!({"dn": "CN=x,DC=y", "objectClass": ["top", "user"], "member": ["CN=a", "CN=b"], "userCertificateCount": 1})
    );
}

#[test]
fn lists_of_objects_know_their_cmdlet() {
    let text = "Get-ADSyncScheduler\r\n===================\r\n\r\nSyncCycleEnabled : True\r\nNext             : soon\r\n                   or later\r\n\r\nSyncCycleEnabled : False\r\n\r\nName Type\r\n---- ----\r\n";
    let read = read_text("cmdlet", "out.txt", wide(text));
    assert_eq!(
        read.records.iter().map(|(_, record)| record.clone()).collect::<Vec<_>>(),
        [
            json!({"text": "==================="}),
            json!({"cmdlet": "Get-ADSyncScheduler", "SyncCycleEnabled": "True", "Next": "soon\nor later"}),
            json!({"cmdlet": "Get-ADSyncScheduler", "SyncCycleEnabled": "False"}),
            json!({"text": "Name Type\n---- ----"}),
        ]
    );
}

#[test]
fn changes_in_a_connector_space_say_what_is_added() {
    let text = "<cs-objects><cs-object cs-dn='CN=a'><unapplied-export><delta><attr name='mail' operation='update'><value operation='delete'>x</value>\
        <value operation='add'>y</value></attr><attr name='gone' operation='delete'/></delta></unapplied-export></cs-object></cs-objects>";
    let read = read_text("cs-export", "a.xml", text);
    assert_eq!(
        read.only()["unapplied-export"]["delta"],
        json!({"attr:delete": {"mail": ["x"]}, "attr:add": {"mail": ["y"]}, "attribute": {"operation": "delete", "name": "gone"}})
    );
}

#[test]
fn services_certificates_and_requests_are_read() {
    let services = "SERVICE_NAME: ADSync\nDISPLAY_NAME: Sync\n        STATE              : 4  RUNNING\n\nSERVICE_NAME: adfssrv\n        STATE : 1  STOPPED\n";
    let read = read_text("services", "s.txt", services);
    assert_eq!(
        read.records[0].1,
        json!({"kind": "service", "SERVICE_NAME": "ADSync", "DISPLAY_NAME": "Sync", "STATE": "4  RUNNING"})
    );
    assert_eq!(read.records.len(), 2);
    let http = read_text("httperr", "h.log", "#Fields: date sc-status s-reason\n2024-01-31 503 -\nshort\n");
    assert_eq!(http.records[0].1, json!({"record": "httperr", "date": "2024-01-31", "sc-status": "503"}));
    assert_eq!(http.tally.texts, 1);
    let store = "My \"Personal\"\n================ Certificate 0 ================\nSerial Number: 61\nIssuer: CN=CA\n NotBefore: 1/1/2020\n NotAfter: 1/1/2030\nSubject: CN=x\nCert Hash(sha1): aa bb\n  Key Container = k\n";
    let read = read_text("certutil", "c.txt", store);
    assert_eq!(
        read.only(),
        &json!({"store": "My", "serialNumber": "61", "issuer": "CN=CA", "notBefore": "1/1/2020", "notAfter": "1/1/2030", "subject": "CN=x",
            "thumbprint": "aabb", "hasPrivateKey": true})
    );
}

#[test]
fn a_policy_in_json_is_taken_apart() {
    let text = json!({"version": 1, "synchronizationRules": [{"name": "a"}, {"name": "b"}], "onpremisesDirectoryPolicy": [{"name": "x", "partitions": [{"name": "p"}]}]});
    let read = read_text("connect-configuration", "policy.json", text.to_string());
    assert_eq!((read.count("record", "synchronizationRules"), read.count("record", "partitions")), (2, 1));
    assert_eq!(read.records.last().unwrap().1, json!({"record": "policy", "version": 1}));
}
