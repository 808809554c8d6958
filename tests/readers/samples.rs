//! Public samples, in place: all become records, and as many as they hold.

use crate::{read, samples};

#[test]
fn every_event_log_is_read_to_its_last_good_record() {
    let Some(folder) = samples("samples/onprem/evtx") else { return };
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert_eq!(paths.len(), 9);
    let mut found = Vec::new();
    for path in paths {
        let read = read("events", std::slice::from_ref(&path));
        assert_eq!(read.tally.texts, 0);
        assert!(read.records.iter().all(|(dataset, record)| {
            *dataset == "event-log" && record["eventId"].is_u64() && record["computer"].is_string()
        }));
        found.push((read.records.len() as u64 + read.tally.passed_over, read.damaged));
    }
    // In the order of the names; the last one has a damaged chunk.
    let whole = [399, 17, 340, 7, 6, 7, 1, 4].map(|records| (records, 0));
    assert_eq!(found, [whole.as_slice(), &[(301, 1)]].concat());
}

#[test]
fn every_server_configuration_is_read() {
    let Some(folder) = samples("data/aadconnect/Contoso") else { return };
    let read = read("connect-configuration", &[folder]);
    assert_eq!((read.files, read.damaged, read.tally.texts), (65, 0, 0));
    let mut counts = std::collections::BTreeMap::new();
    for (_, record) in &read.records {
        *counts.entry(record["record"].as_str().unwrap()).or_insert(0) += 1;
    }
    let expected = [
        ("attribute-type", 3795),
        ("class", 579),
        ("dit-content-rule", 533),
        ("ma-data", 2),
        ("parameter", 71),
        ("partition", 2),
        ("run-configuration", 10),
        ("saved-mv-configuration", 1),
        ("synchronizationRule", 62),
    ];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
    assert!(
        read.records
            .iter()
            .all(|(_, record)| record["record"] != "synchronizationRule" || record["precedence"].is_string())
    );
}

#[test]
fn run_histories_are_read() {
    let Some(folder) = samples("samples/onprem/sync_xml") else { return };
    let count = |file: &str| {
        let read = read("run-history", &[folder.join(file)]);
        assert_eq!(read.tally.texts, 0);
        (read.count("record", "run-details"), read.count("record", "step-details"), read.records.len())
    };
    assert_eq!(
        [count("run_history_0.xml"), count("run_history_1.xml"), count("run_history_7.xml")],
        [(1, 2, 3), (1, 2, 3), (1, 1, 3)]
    );
    let errors = read("run-history", &[folder.join("run_history_7.xml")]);
    let error = &errors.records.iter().find(|(_, record)| record["record"] == "export-error").unwrap().1;
    assert_eq!((&error["run-number"], &error["retry-count"]), (&"2590".into(), &"77".into()));
    let step = &errors.records.iter().find(|(_, record)| record["record"] == "step-details").unwrap().1;
    assert_eq!(step["export-counters"]["export-update"], 23);
    assert_eq!(read("cs-export", &[folder.join("csexport_shape_SYNTHETIC.xml")]).count("record", "cs-object"), 1);
}

#[test]
fn ad_fs_diagnostics_are_read() {
    let Some(folder) = samples("samples/onprem/adfs") else { return };
    let read = read("adfs", &[folder]);
    assert_eq!((read.files, read.tally.texts), (2, 0));
    assert_eq!(read.count("record", "test"), 41 + 8);
    assert!(read.records.iter().all(|(dataset, _)| *dataset == "adfs-state"));
    assert_eq!(read.count("cmdlet", "Adfs-Configuration"), 4 + 1 + 2);
}

#[test]
fn device_states_are_read() {
    let Some(folder) = samples("samples/onprem/dsregcmd") else { return };
    let count = |file: &str| {
        let read = read("dsregcmd", &[folder.join(file)]);
        (read.records.len(), read.tally.texts)
    };
    assert_eq!(count("dsregcmd_hybrid_joined_docs.txt"), (74, 0));
    assert_eq!(count("dsregcmd_prejoin_failure_docs.txt"), (21, 0));
    assert_eq!(count("dsregcmd_real_ws2022_prejoin_renamed.txt"), (45, 2));
    let real = read("dsregcmd", &[folder.join("dsregcmd_real_ws2022_prejoin_renamed.txt")]);
    let wrapped = &real.records.iter().find(|(_, record)| record["name"] == "Auto Detect PAC Status").unwrap().1;
    assert!(wrapped["value"].as_str().unwrap().ends_with("script using WPAD. code: 0x80072f94"));
    assert_eq!(real.count("section", "WinHttp Default Proxy Config"), 1);
}

#[test]
fn traces_and_copied_events_are_read() {
    let Some(folder) = samples("samples/onprem/logs") else { return };
    let count = |reader: &str, file: &str| {
        let read = read(reader, &[folder.join(file)]);
        (read.records.len(), read.tally.texts)
    };
    assert_eq!(count("connect-trace", "aadconnect_trace_shape.log"), (21, 0));
    assert_eq!(count("agent-trace", "agent_trace_shape.log"), (2, 0));
    assert_eq!(count("events", "event_text_samples.txt"), (7, 0));
}

#[test]
fn a_directory_export_is_read() {
    let Some(folder) = samples("samples/onprem/samba") else { return };
    let read = read("ldif", &[folder.join("seed_attributes_example.ldif")]);
    let sets: Vec<_> = read.records.iter().map(|(dataset, _)| *dataset).collect();
    assert_eq!((sets, read.tally.texts), (vec!["ad-forest"; 4], 0));
}
