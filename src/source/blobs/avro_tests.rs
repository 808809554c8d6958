//! Files as Event Hubs Capture writes them, made here by hand, and damaged ones.

use std::io::Write as _;

use super::*;

/// The bodies of a whole file.
fn avro_bodies(file: &[u8]) -> Result<Vec<Bytes>, NotAvro> {
    let mut avro = Avro::new();
    let bodies = avro.push(file)?;
    if avro.is_at_border() { Ok(bodies) } else { Err(NotAvro("it ends in the middle of a block")) }
}

/// The schema of Microsoft's documentation.
const SCHEMA: &str = r#"{"type":"record","name":"EventData","namespace":"Microsoft.ServiceBus.Messaging","fields":[{"name":"SequenceNumber","type":"long"},{"name":"Offset","type":"string"},{"name":"EnqueuedTimeUtc","type":"string"},{"name":"SystemProperties","type":{"type":"map","values":["long","double","string","bytes"]}},{"name":"Properties","type":{"type":"map","values":["long","double","string","bytes","null"]}},{"name":"Body","type":["null","bytes"]}]}"#;

fn long(value: i64, out: &mut Vec<u8>) {
    let mut zigzag = (value << 1 ^ value >> 63) as u64;
    while zigzag > 127 {
        out.push(zigzag as u8 & 127 | 128);
        zigzag >>= 7;
    }
    out.push(zigzag as u8);
}

fn text(value: &[u8], out: &mut Vec<u8>) {
    long(value.len() as i64, out);
    out.extend_from_slice(value);
}

fn event(number: i64, body: &[u8], out: &mut Vec<u8>) {
    long(number, out);
    text(b"4294967296", out);
    text(b"1/5/2026 10:02:00 AM", out);
    // One part with a length, as some writers do.
    let mut map = Vec::new();
    text(b"x-opt-enqueued-time", &mut map);
    long(0, &mut map);
    long(-5, &mut map);
    text(b"x", &mut map);
    long(1, &mut map);
    map.extend_from_slice(&1.5_f64.to_le_bytes());
    long(-2, out);
    long(map.len() as i64, out);
    out.extend_from_slice(&map);
    long(0, out);
    long(1, out);
    text(b"key", out);
    long(4, out);
    long(0, out);
    long(1, out);
    text(body, out);
}

fn file(codec: &str, blocks: &[&[&[u8]]]) -> Vec<u8> {
    let mut out = b"Obj\x01".to_vec();
    long(2, &mut out);
    text(b"avro.codec", &mut out);
    text(codec.as_bytes(), &mut out);
    text(b"avro.schema", &mut out);
    text(SCHEMA.as_bytes(), &mut out);
    long(0, &mut out);
    out.extend_from_slice(&[9; 16]);
    for block in blocks {
        let mut plain = Vec::new();
        block.iter().zip(0..).for_each(|(body, number)| event(number, body, &mut plain));
        let packed = if codec == "deflate" {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&plain).unwrap();
            encoder.finish().unwrap()
        } else {
            plain
        };
        long(block.len() as i64, &mut out);
        text(&packed, &mut out);
        out.extend_from_slice(&[9; 16]);
    }
    out
}

#[test]
fn bodies_come_from_both_codecs_however_the_file_is_cut() {
    let long_body = vec![b'x'; 70_000];
    for codec in ["null", "deflate"] {
        let file = file(codec, &[&[b"{\"records\":[]}", b""], &[&long_body]]);
        assert_eq!(avro_bodies(&file).unwrap(), [&b"{\"records\":[]}"[..], b"", &long_body]);
        for size in [1, 7, 4_096] {
            let mut avro = Avro::new();
            let bodies: Vec<Bytes> = file.chunks(size).flat_map(|piece| avro.push(piece).unwrap()).collect();
            assert_eq!(bodies.len(), 3, "{codec} {size}");
            assert!(avro.is_at_border());
        }
        // An empty capture: a header and nothing else.
        assert!(avro_bodies(&self::file(codec, &[])).unwrap().is_empty());
    }
}

#[test]
fn damaged_files_are_refused_and_never_panic() {
    let good = file("null", &[&[b"abc"]]);
    assert!(avro_bodies(&good[..good.len() - 1]).is_err());
    assert!(avro_bodies(b"").is_err() && avro_bodies(b"PK\x03\x04").is_err());
    assert!(avro_bodies(&file("snappy", &[])).is_err());
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0xFF;
        let _ = avro_bodies(&bad);
    }
    let mut wrong_sync = good.clone();
    *wrong_sync.last_mut().unwrap() = 0;
    assert_eq!(
        avro_bodies(&wrong_sync).unwrap_err().to_string(),
        "not an Avro file of an event hub's capture: a block does not end where it should"
    );
}
