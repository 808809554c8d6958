//! Inputs that want to break a reader: depth, length, halves. Whatever comes, records are JSON and memory is bounded.

use std::time::{Duration, Instant};

use entra_bundle::host::reading::Reading;

use crate::read_text;

#[test]
fn deep_xml_is_read_to_the_deepest_that_is_kept() {
    let deep =
        format!("<cs-objects><cs-object>{}end{}</cs-object></cs-objects>", "<a>".repeat(5000), "</a>".repeat(5000));
    let read = read_text("cs-export", "a.xml", deep);
    assert!(read.records.iter().any(|(_, record)| record.to_string().contains("end")));
}

#[test]
fn what_breaks_off_is_given_as_far_as_it_goes() {
    let read = read_text(
        "run-history",
        "a.xml",
        "<run-history><run-details><ma-name>x</ma-name><step-details step-number='1'><start-date>now",
    );
    assert_eq!((read.count("record", "step-details"), read.count("record", "run-details")), (1, 1));
    let read = read_text(
        "run-history",
        "a.xml",
        "<run-history><run-details><ma-name>x</ma-name></run-details><<<\nlost & found\n",
    );
    assert_eq!(read.count("ma-name", "x"), 1);
    assert!(
        read.records
            .iter()
            .any(|(_, record)| record["text"].as_str().is_some_and(|text| text.contains("lost & found")))
    );
    let read =
        read_text("adfs", "a.json", "{\"ADFSToolbox\":{\"Test-AdfsServerHealth\":{\"AllTests\":[{\"Name\":\"x\"");
    assert!(read.tally.texts > 0);
}

#[test]
fn entities_are_never_expanded() {
    let bomb = "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><cs-objects><cs-object><v>&b;&amp;</v></cs-object></cs-objects>";
    assert_eq!(read_text("cs-export", "a.xml", bomb).only()["v"], "&b;&");
}

#[test]
fn a_record_that_is_too_long_goes_on_in_another() {
    let values: String =
        (0..120_000).map(|number| format!("<value>CN=member {number},OU=Some Unit,DC=example</value>")).collect();
    let text = format!(
        "<cs-objects><cs-object cs-dn='CN=g'><entry><attr name='member' multivalued='true'>{values}</attr></entry></cs-object></cs-objects>"
    );
    let read = read_text("cs-export", "a.xml", text);
    assert!(read.records.len() > 1);
    let members: usize = read
        .records
        .iter()
        .map(|(_, record)| {
            assert_eq!(record["cs-dn"], "CN=g");
            record["entry"]["attr"]["member"].as_array().map_or(0, Vec::len)
        })
        .sum();
    assert_eq!((members, read.tally.texts), (120_000, 0));
    assert!(read.raw.iter().all(|(_, json)| json.len() < 6 << 20));
    let lines: String =
        (0..120_000).map(|number| format!("member: CN=member {number},OU=Some Unit,DC=example\n")).collect();
    let read = read_text("ldif", "a.ldif", format!("dn: CN=g\nobjectClass: group\n{lines}"));
    let members: usize = read.records.iter().map(|(_, record)| record["member"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(members, 120_000);
    assert!(read.records.iter().all(|(dataset, record)| *dataset == "ad-groups" && record["dn"] == "CN=g"));
}

/// Fixtures with bytes gone, doubled and changed: a small fuzzer that every run repeats; `fuzz/` has the large one.
#[cfg(not(feature = "gate-off"))]
#[test]
fn broken_fixtures_never_break_a_reader() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut dice = |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % most.max(1)
    };
    for (reader, name, bytes) in crate::fixtures::all() {
        for _ in 0..60 {
            let mut broken = bytes.clone();
            for _ in 0..=dice(4) {
                let at = dice(broken.len());
                let end = (at + dice(40)).min(broken.len());
                match dice(4) {
                    0 => drop(broken.drain(at..end)),
                    1 => drop(broken.splice(at..at, bytes[at.min(bytes.len())..end.min(bytes.len())].to_vec())),
                    2 => broken.truncate(at.max(1)),
                    _ => broken[at] = b"<>{}[]\"'\\:,=\n \0"[dice(15)],
                }
                if broken.is_empty() {
                    broken.push(b'x');
                }
            }
            // Whatever comes is JSON and counted: `read_text` looks.
            read_text(reader, name, broken);
        }
    }
}

/// Texts at which careless readers take a time that grows with the square of the length.
#[test]
fn no_reader_takes_long() {
    let many = |piece: &str| piece.repeat(400_000 / piece.len());
    let texts = [
        ("a.txt", many("a\n")),
        ("a.reg", format!("Windows Registry Editor Version 5.00\n\n[K]\n\"a\"=\"{}", many("x\\\"\n"))),
        ("b.reg", format!("Windows Registry Editor Version 5.00\n\n[K]\n\"a\"=hex:{}", many("00,\\\n"))),
        ("a.xml", format!("<a>{}", many("<b>"))),
        ("b.xml", format!("<a>{}", many("<b/>"))),
        ("c.xml", format!("<a>{}", many("</c>x"))),
        ("a.json", many("[")),
        ("b.json", many("{\"a\":")),
        ("a.jsonl", many("{\"a\":1}\n{\n")),
        ("a.log", format!("[10:00:00.000] [ 1] [INFO ] x\n{}", many("more\n"))),
        ("b.txt", many("Name : value\n       more\n")),
        ("c.txt", many("Log Name: x\nDescription: y\n")),
        ("a.ldif", format!("dn: x\n{}", many(" more\n"))),
        ("b.ldif", format!("dn: x\n{}", many("a: b\n"))),
        ("d.txt", format!("          A : {}\n{}", "x".repeat(90), many(&format!("{}\n", "y".repeat(90))))),
    ];
    for reader in Reading::names() {
        for (name, text) in &texts {
            let begun = Instant::now();
            let read = read_text(reader, name, text);
            assert!(begun.elapsed() < Duration::from_secs(20), "{reader} {name}");
            assert!(read.raw.iter().all(|(_, json)| json.len() < 24 << 20));
        }
    }
}
