//! Any bytes as a file that holds a tenant's records: portal downloads, exports, saved pages, files of servers. Each record
//! is a JSON object, and the same file gives the same.
#![no_main]

use std::io::Write;

use entra_bundle::files::Inputs;
use entra_bundle::import::doors;
use libfuzzer_sys::fuzz_target;

/// Names that choose a reader; the content chooses, too.
const NAMES: [&str; 8] =
    [".json", ".jsonl", ".csv", ".log", ".xml", ".reg", "-InteractiveSignIns.csv", "-AuditLogs.json"];

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let ending = NAMES[usize::from(*first) % NAMES.len()];
    let mut file = tempfile::Builder::new().suffix(ending).tempfile_in("/dev/shm").expect("memory has room");
    file.write_all(rest).expect("memory has room");
    let read = || Inputs::find(&[file.path().to_owned()]).map(doors::read).ok();
    assert_eq!(read(), read());
});
