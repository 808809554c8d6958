//! Any bytes as a bundle, and any bytes as the parts of one: `verify` gives findings, and never finds nothing wrong.
#![no_main]

use std::io::Write;

use entra_bundle::archive::parse_sums;
use entra_bundle::commands::verify::{NoCheck, verify};
use entra_bundle::manifest::Manifest;
use libfuzzer_sys::fuzz_target;

/// A stored entry: local header, then what the central directory says of it.
fn entry(out: &mut Vec<u8>, directory: &mut Vec<u8>, name: &str, body: &[u8]) {
    let (offset, length) = (out.len() as u32, body.len() as u32);
    let mut crc = flate2::Crc::new();
    crc.update(body);
    let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
    common.extend(crc.sum().to_le_bytes());
    common.extend([length.to_le_bytes(), length.to_le_bytes()].concat());
    common.extend((name.len() as u16).to_le_bytes());
    common.extend([0, 0]);
    out.extend(b"PK\x03\x04");
    out.extend(&common);
    out.extend(name.as_bytes());
    out.extend(body);
    directory.extend(b"PK\x01\x02\x14\x00");
    directory.extend(&common);
    directory.extend([0; 10]);
    directory.extend(offset.to_le_bytes());
    directory.extend(name.as_bytes());
}

/// A zip whose entries are cut out of the data.
fn zip(data: &[u8]) -> Vec<u8> {
    let names =
        ["manifest.json", "manifest-sha256.txt", "bag-info.txt", "bagit.txt", "tagmanifest-sha256.txt", "data/a.jsonl"];
    let (mut out, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for (name, body) in names.iter().zip(data.split(|byte| *byte == 0xFF)) {
        entry(&mut out, &mut directory, &format!("b/{name}"), body);
        count += 1;
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else { return };
    let bytes = match kind % 4 {
        0 => rest.to_vec(),
        1 => zip(rest),
        2 => return drop(Manifest::<String>::read(rest)),
        _ => return drop(parse_sums(rest)),
    };
    let mut file = tempfile::NamedTempFile::new_in("/dev/shm").expect("memory has room");
    file.write_all(&bytes).expect("memory has room");
    let verification = verify(file.path(), &mut NoCheck).expect("the disk is sound");
    let again = verify(file.path(), &mut NoCheck).expect("the disk is sound");
    assert_eq!(format!("{:?}", verification.findings), format!("{:?}", again.findings));
});
