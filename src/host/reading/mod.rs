//! The readers: from the stretches of a host's file to records.
//!
//! | reader | file | records |
//! |---|---|---|
//! | `events` | event log (EVTX as `files` gives it), `wevtutil` XML, Event Viewer's and PowerShell's exports | one per event that a row wants |
//! | `connect-trace` | `trace-*.log` of the Connect wizard | one per entry |
//! | `agent-trace` | .NET `TextWriterTraceListener` logs of the agents | one per entry |
//! | `connect-configuration` | `Get-ADSyncServerConfiguration` XML, synchronisation policies in JSON | one per connector, rule, partition, parameter … |
//! | `run-history` | run history XML | one per run, step and error |
//! | `cs-export` | `csexport.exe` XML | one per connector space object |
//! | `cmdlet` | output of cmdlets: JSON, Format-List | one per object |
//! | `adfs` | `Export-AdfsDiagnosticsFile` JSON, Format-List of `Get-Adfs…` | one per test, one per object |
//! | `dsregcmd` | `dsregcmd /status` | one per line |
//! | `registry` | `.reg` | one per value |
//! | `ldif` | `ldifde` export | one per entry |
//! | `services`, `software`, `certutil`, `httperr` | command output, W3C logs | one per service, program, certificate, request |
//!
//! The keys of a record are the file's own names. A first member `record` names the element where a file holds several
//! kinds. What a reader does not understand becomes `{"text": …}` and is counted: nothing is lost. Memory is bounded by a
//! stretch and a record ([`HOST_RECORD_BYTES_MAX`](crate::limits::HOST_RECORD_BYTES_MAX)); what is longer goes on in a
//! further record with a member `part`. Nothing is interpreted: values stay as they stand, only binary SIDs and GUIDs of known
//! attributes are spelt as text.

mod binary;
mod cmdlet;
mod configuration;
mod dsregcmd;
mod engine;
mod event;
mod events;
mod format_list;
mod json;
mod ldif;
mod out;
mod registry;
mod system;
mod tables;
mod trace;
mod xml;

use self::out::{Out, Passage};
use crate::record::RawStretch;

/// One record of a dataset. Raw: it has no `Debug`.
pub struct Record {
    /// The dataset's id.
    pub dataset: &'static str,
    /// One JSON object.
    pub json: Vec<u8>,
    /// The line of the file where it begins, from 1.
    pub line: u64,
}

/// What a file came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that were given, texts too.
    pub records: u64,
    /// How many of them are texts that the reader did not understand.
    pub texts: u64,
    /// Events that no row asks for: left out.
    pub passed_over: u64,
}

/// Takes the stretches of a record.
pub type Give<'g> = &'g mut dyn FnMut(Record);

/// What a reader does with the stretches of one file, in order.
trait Read: Send {
    /// The next stretch.
    fn take(&mut self, stretch: &RawStretch, out: &mut Out<'_>);
    /// The file ended.
    fn end(&mut self, _: &mut Out<'_>) {}
}

/// Makes a reader for a file that is called so.
type Make = fn(name: &str) -> Box<dyn Read>;

/// The readers: name, dataset of their records, how one is made.
const READERS: &[(&str, &str, Make)] = &[
    ("adfs", "adfs-state", cmdlet::reader),
    ("agent-trace", "agent-trace", trace::agent),
    ("certificates", "certificates", tables::certificates),
    ("certutil", "certificates", tables::certificates),
    ("cmdlet", "connect-state", cmdlet::reader),
    ("connect-configuration", "connect-configuration", configuration::reader),
    ("connect-trace", "connect-trace", trace::wizard),
    ("connectivity", "connectivity", system::facts),
    ("cs-export", "connect-space", engine::objects),
    ("dsregcmd", "device-state", dsregcmd::reader),
    ("events", "event-log", events::reader),
    ("host-state", "host-state", system::facts),
    ("httperr", "adfs-state", tables::w3c),
    ("ldif", "ad-forest", ldif::reader),
    ("registry", "registry", registry::reader),
    ("run-history", "connect-runs", engine::runs),
    ("services", "host-state", system::services),
    ("software", "host-state", system::software),
];

/// The reader of one file.
pub struct Reading {
    read: Box<dyn Read>,
    passage: Passage,
}

impl Reading {
    /// The reader of this name for a file that is called so (`/` between folders); none if there is no such reader.
    pub fn of(reader: &str, name: &str) -> Option<Self> {
        let (_, dataset, make) = READERS.iter().find(|row| row.0 == reader)?;
        let file = name.rsplit('/').next().unwrap_or(name);
        Some(Self { read: make(file), passage: Passage::new(dataset) })
    }

    /// The names of all readers.
    pub fn names() -> impl Iterator<Item = &'static str> {
        READERS.iter().map(|row| row.0)
    }

    /// Reads the next stretch of the file.
    pub fn take(&mut self, stretch: &RawStretch, give: Give<'_>) {
        let mut out = Out::new(&mut self.passage, give);
        self.read.take(stretch, &mut out);
        self.passage.stretch_ended(stretch.text.expose());
    }

    /// The file ended.
    pub fn end(mut self, give: Give<'_>) -> Tally {
        let mut out = Out::new(&mut self.passage, give);
        self.read.end(&mut out);
        out.flush();
        self.passage.tally()
    }
}
