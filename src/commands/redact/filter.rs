//! `redact - --out -`: a filter for pipelines. Also one file's text to standard output.
//!
//! Takes lines from standard input, gives them clean, in order, as soon as the input pauses. What a line declares is
//! known from its own window on: a name that stands in free text before any field declares it is only found when it
//! came through `--learn`. Writes no bundle, keeps nothing.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::args::RedactArgs;
use super::progress::Progress;
use super::{Done, policy};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::commands::stopped::Stopped;
use crate::commands::{closing, exit, keys, plain, talk};
use crate::files::{FileEnd, FileHead, Inputs, PipeFault, Piped, Taker, TakerClosed};
use crate::limits::{FILTER_PAUSE_MS, FILTER_WINDOW_BYTES};
use crate::pseudonym::Gate;
use crate::record::RawStretch;

pub(super) fn run(args: &RedactArgs, clock: Clock, out: &mut dyn Write) -> Result<Done, Stopped> {
    args.check()?;
    let catalog = Catalog::embedded().map_err(|error| Stopped::Unexpected(error.to_string()))?;
    let policy = policy(args)?;
    let mut lessons = Inputs::find(&args.learn)?;
    let inputs = if args.reads_stdin() { None } else { Some(Inputs::find(&args.inputs)?) };
    let key = match &args.key {
        Some(path) => keys::named(path, None)?,
        None => keys::own(args.tenant.as_deref(), None, clock, &talk::say)?,
    };
    let (mut gate, _) = closing::gate(catalog, &key, policy);
    let progress = Progress::new();
    let tell = |bytes: u64| progress.add(bytes);
    plain::learn(&mut lessons, &gate, &tell);
    match inputs {
        Some(mut inputs) => {
            plain::learn(&mut inputs, &gate, &tell);
            gate.freeze();
            progress.close();
            let mut printer = Printer { gate: &gate, out, files: 0, wrong: None };
            inputs.walk(&mut printer);
            if let Some(wrong) = printer.wrong {
                return Err(wrong);
            }
        }
        None => {
            progress.close();
            gate.grow();
            stream(&mut gate, &read_ahead(std::io::stdin()), out)?;
        }
    }
    out.flush().map_err(Stopped::Pipe)?;
    Ok(Done { manifest: Vec::new(), summary: String::new(), exit_code: exit::OK })
}

/// Writes the one file of a walk.
struct Printer<'a> {
    gate: &'a Gate,
    out: &'a mut dyn Write,
    files: usize,
    wrong: Option<Stopped>,
}

impl Taker for Printer<'_> {
    fn begin(&mut self, _: &FileHead) {
        self.files += 1;
        if self.files > 1 {
            self.wrong = Some(Stopped::Input("the input holds several files: name a zip with --out".into()));
        }
    }

    fn stretch(&mut self, stretch: RawStretch) -> Result<(), TakerClosed> {
        if self.wrong.is_some() {
            return Err(TakerClosed);
        }
        let clean = self.gate.clean_stretch(&stretch);
        self.out.write_all(clean.bytes()).map_err(|error| {
            self.wrong = Some(Stopped::Pipe(error));
            TakerClosed
        })
    }

    fn end(&mut self, end: FileEnd) {
        let reason = match end {
            FileEnd::Whole { .. } => return,
            FileEnd::Damaged { reason } | FileEnd::Withheld { reason, .. } => reason,
        };
        self.wrong.get_or_insert_with(|| Stopped::Input(format!("the file could not be written out whole: {reason}")));
    }
}

/// The stretches of standard input, read by a thread of their own so that a pause can be noticed.
fn read_ahead(input: impl Read + Send + 'static) -> Receiver<Result<RawStretch, PipeFault>> {
    let (give, take) = sync_channel(4);
    std::thread::spawn(move || {
        let stretches = match Piped::open(input) {
            Ok(stretches) => stretches,
            Err(fault) => return drop(give.send(Err(fault))),
        };
        for stretch in stretches {
            if give.send(stretch).is_err() {
                return;
            }
        }
    });
    take
}

fn stream(
    gate: &mut Gate,
    input: &Receiver<Result<RawStretch, PipeFault>>,
    out: &mut dyn Write,
) -> Result<(), Stopped> {
    let mut window: Vec<RawStretch> = Vec::new();
    let mut bytes = 0;
    loop {
        let at_end = match input.recv_timeout(Duration::from_millis(FILTER_PAUSE_MS)) {
            Ok(stretch) => {
                let stretch = stretch.map_err(|fault| Stopped::Input(fault.to_string()))?;
                gate.learn_stretch(&stretch);
                bytes += stretch.text.bytes();
                window.push(stretch);
                if bytes < FILTER_WINDOW_BYTES {
                    continue;
                }
                false
            }
            // Somebody waits for what is there.
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        if !window.is_empty() {
            gate.grow();
            for stretch in window.drain(..) {
                out.write_all(gate.clean_stretch(&stretch).bytes()).map_err(Stopped::Pipe)?;
            }
            out.flush().map_err(Stopped::Pipe)?;
            bytes = 0;
        }
        if at_end {
            return Ok(());
        }
    }
}
