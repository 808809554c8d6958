//! A second, independent writer of bundles: by the contract, byte by byte, with every field open to tampering.

use flate2::{Compression, write::DeflateEncoder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;

pub(crate) const TOP: &str = "entra-bundle-t-20250102T030405Z";
const LISTS: [&str; 2] = ["manifest-sha256.txt", "tagmanifest-sha256.txt"];

/// The files of a bundle by their path below the top folder.
#[derive(Clone)]
pub(crate) struct Bag(pub(crate) BTreeMap<String, Vec<u8>>);

pub(crate) fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Bag {
    /// A sound bundle with two payload files.
    pub(crate) fn sound() -> Self {
        let users = b"{\"id\":\"a\"}\n{\"id\":\"b\"}\n".to_vec();
        let logs = b"{\"id\":\"l\",\"n\":1.50}\n".repeat(40);
        let mut bag = Self(BTreeMap::new());
        bag.put("data/logs/sign-ins.jsonl", logs);
        bag.put("data/objects/users.jsonl", users);
        bag.put("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
        bag.put("README.txt", "how to check\n");
        bag.put("report.html", "<!doctype html>\n");
        let manifest = bag.manifest();
        bag.put("manifest.json", manifest.to_string());
        bag.seal();
        bag
    }

    pub(crate) fn put(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        self.0.insert(path.to_owned(), content.into());
    }

    fn payload(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        self.0.iter().filter(|(path, _)| path.starts_with("data/"))
    }

    fn manifest(&self) -> Value {
        let now = "2025-01-02T03:04:05Z";
        let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
        let dataset = |(path, bytes): (&String, &Vec<u8>)| {
            let id = path.rsplit('/').next().unwrap().trim_end_matches(".jsonl");
            json!({"id": id, "outcome": "complete", "records": lines(bytes), "duplicates": 0, "pages": 1, "retries": 0,
                   "source": {"kind": "graph", "request": "GET /x"}, "entry": path})
        };
        let row = |(path, bytes): (&String, &Vec<u8>)| json!({"path": path, "bytes": bytes.len(), "sha256": sum(bytes), "records": lines(bytes)});
        json!({
            "format": {"name": "entra-bundle", "major": 1, "minor": 0},
            "tool": {"name": "entra-bundle", "version": "0.1.0", "target": "x86_64-linux"},
            "case": {"id": "2501", "profiles": []},
            "tenant": {"id": null, "cloud": "global"},
            "window": {"since": null, "until": now},
            "run": {"started": now, "ended": now, "resumed": false, "interrupted": false, "requests": 1, "retries": 0, "throttled": 0},
            "privacy": {"policy": "standard", "policy_sha256": sum(b""), "scheme": "s/1", "key_id": "k",
                        "leak_check": {"closed_world": true, "dictionary": true, "terms": 0, "blocks_repaired": 0}},
            "datasets": self.payload().map(dataset).collect::<Vec<_>>(),
            "entries": self.payload().map(row).collect::<Vec<_>>(),
        })
    }

    /// Changes manifest.json and every list that depends on it.
    pub(crate) fn edit_manifest(&mut self, edit: impl Fn(&mut Value)) {
        let mut manifest: Value = serde_json::from_slice(&self.0["manifest.json"]).unwrap();
        edit(&mut manifest);
        self.put("manifest.json", manifest.to_string());
        self.seal();
    }

    /// Makes manifest.json anew for the payload, and every list.
    pub(crate) fn describe(&mut self) {
        let manifest = self.manifest();
        self.put("manifest.json", manifest.to_string());
        self.seal();
    }

    /// Writes bag-info.txt and both lists anew.
    pub(crate) fn seal(&mut self) {
        let bytes: usize = self.payload().map(|(_, bytes)| bytes.len()).sum();
        let info = format!("Bagging-Date: 2025-01-02\nPayload-Oxum: {bytes}.{}\n", self.payload().count());
        self.put("bag-info.txt", info);
        let list: String = self.payload().map(|(path, bytes)| format!("{}  {path}\n", sum(bytes))).collect();
        self.put("manifest-sha256.txt", list);
        self.seal_tags();
    }

    /// Writes the tag list anew.
    pub(crate) fn seal_tags(&mut self) {
        let tags = self.0.iter().filter(|(path, _)| !path.starts_with("data/") && *path != LISTS[1]);
        let list: String = tags.map(|(path, bytes)| format!("{}  {path}\n", sum(bytes))).collect();
        self.put(LISTS[1], list);
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<_> =
            self.0.iter().map(|(path, bytes)| Entry::new(format!("{TOP}/{path}").as_bytes(), bytes)).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }
}

/// One entry of a zip; every header field can be changed before it is packed.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) local_name: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) crc: u32,
    pub(crate) bytes: u32,
    pub(crate) extra: Vec<u8>,
    pub(crate) attributes: u32,
    /// Bytes that stand before the local header and belong to nobody.
    pub(crate) gap: Vec<u8>,
    /// What the directory says about its place, if that is not the truth.
    pub(crate) start: Option<u32>,
    /// The directory points to the previous entry's local header instead.
    pub(crate) shared: bool,
}

impl Entry {
    pub(crate) fn new(name: &[u8], content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(content).unwrap();
        Self {
            name: name.to_vec(),
            local_name: name.to_vec(),
            body: encoder.finish().unwrap(),
            method: 8,
            flags: 0,
            crc: crc32fast::hash(content),
            bytes: content.len() as u32,
            extra: Vec::new(),
            attributes: 0o100_644 << 16,
            gap: Vec::new(),
            start: None,
            shared: false,
        }
    }

    fn header(&self, central: Option<u32>) -> Vec<u8> {
        let name = if central.is_some() { &self.name } else { &self.local_name };
        let mut out = Vec::new();
        out.extend(if central.is_some() { 0x0201_4b50_u32 } else { 0x0403_4b50 }.to_le_bytes());
        if central.is_some() {
            out.extend([20, 3]);
        }
        for field in [20, self.flags, self.method, 0x1882, 0x5a22] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.crc, self.body.len() as u32, self.bytes] {
            out.extend(field.to_le_bytes());
        }
        out.extend((name.len() as u16).to_le_bytes());
        out.extend((self.extra.len() as u16).to_le_bytes());
        if let Some(start) = central {
            out.extend([0; 6]);
            out.extend(self.attributes.to_le_bytes());
            out.extend(start.to_le_bytes());
        }
        out.extend(name);
        out.extend(&self.extra);
        out
    }
}

/// Packs entries in the order given.
pub(crate) fn pack(entries: &[Entry]) -> Vec<u8> {
    let (mut out, mut directory, mut last) = (Vec::new(), Vec::new(), 0);
    for entry in entries {
        if !entry.shared {
            out.extend(&entry.gap);
            last = out.len() as u32;
            out.extend(entry.header(None));
            out.extend(&entry.body);
        }
        directory.extend(entry.header(Some(entry.start.unwrap_or(last))));
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend([b'P', b'K', 5, 6, 0, 0, 0, 0]);
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}
