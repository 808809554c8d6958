//! Speed of the gate on files, one core: JSON Lines as stretches of 1 MiB, learnt and cleaned, against batches of records.
//! Usage: cargo bench --bench stretch -- LOG.jsonl [DIRECTORY.jsonl]

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use entra_bundle::catalog::Catalog;
use entra_bundle::pseudonym::cipher::Ff1;
use entra_bundle::pseudonym::key::MasterKey;
use entra_bundle::pseudonym::{Gate, Policy, Rules};
use entra_bundle::record::{Context, Encoding, Form, RawBatch, RawRecord, RawStretch, RawText};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn gate() -> Outcome<Gate> {
    let rows = Catalog::embedded()?.datasets().iter().map(|row| (row.id.as_str(), row.group, row.path.as_str()));
    let well_known = |id| Catalog::embedded().is_ok_and(|catalog| catalog.well_known(id).is_some());
    let cipher = Arc::new(Ff1::new(&MasterKey::from_bytes([1; 32])));
    Ok(Gate::new(cipher, Policy::standard(), Rules::new(rows), well_known))
}

fn stretches(text: &str, dataset: Option<&'static str>) -> Vec<RawStretch> {
    let mut stretches = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .as_bytes()
            .iter()
            .skip(1 << 20)
            .position(|&byte| byte == b'\n')
            .map_or(rest.len(), |at| at + (1 << 20) + 1);
        let (one, tail) = rest.split_at(end);
        rest = tail;
        let (form, encoding, context) = (Form::JsonLines, Encoding::Utf8, Context::Nothing);
        let text = RawText::new(one);
        stretches.push(RawStretch { form, encoding, has_mark: false, dataset, context, goes_on: false, text });
    }
    stretches
}

/// Time that this thread had a core, seconds: others may be at work on the machine. Linux only.
fn core_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

fn timed(what: &str, bytes: usize, work: impl FnOnce() -> usize) {
    let (start, on_core) = (Instant::now(), core_seconds());
    let out = work();
    let elapsed = start.elapsed().as_secs_f64();
    let seconds = on_core.zip(core_seconds()).map_or(elapsed, |(before, after)| after - before);
    println!("{what:<40} {:>7.1} MB/s  {out} bytes out", bytes as f64 / 1e6 / seconds);
}

fn main() -> Outcome<()> {
    let mut paths = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let Some(path) = paths.next() else {
        println!("give a file of JSON Lines");
        return Ok(());
    };
    let log = std::fs::read_to_string(path)?;
    let directory = paths.next().map(std::fs::read_to_string).transpose()?.unwrap_or_default();
    for dataset in [Some("sign-ins"), None] {
        let gate = gate()?;
        stretches(&directory, Some("users")).iter().for_each(|one| gate.learn_stretch(one));
        let pieces = stretches(&log, dataset);
        let of = if dataset.is_some() { "dataset given" } else { "records recognised" };
        timed(&format!("learn_stretch, {of}"), log.len(), || pieces.iter().map(|one| gate.learn_stretch(one)).count());
        gate.freeze();
        timed(&format!("clean_stretch, {of}"), log.len(), || {
            pieces.iter().map(|one| gate.clean_stretch(one).bytes().len()).sum()
        });
    }
    let gate = gate()?;
    stretches(&directory, Some("users")).iter().for_each(|one| gate.learn_stretch(one));
    stretches(&log, Some("sign-ins")).iter().for_each(|one| gate.learn_stretch(one));
    gate.freeze();
    let lines: Vec<RawRecord> =
        log.lines().map(|line| RawRecord::new(Bytes::copy_from_slice(line.as_bytes()))).collect();
    let batches: Vec<RawBatch> = lines
        .chunks(999)
        .map(|records| RawBatch { dataset: "sign-ins", slice: 0, parent: None, records: records.to_vec() })
        .collect();
    timed("clean_batch", log.len(), || {
        batches.iter().map(|batch| gate.clean_batch(batch).map_or(0, |clean| clean.bytes().len())).sum()
    });
    Ok(())
}
