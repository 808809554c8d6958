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
use super::{Done, policy, walk};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::commands::stopped::Stopped;
use crate::commands::{closing, exit, keys};
use crate::files::{FileEnd, FileHead, Inputs, Taker, TakerClosed, stretches};
use crate::limits::{FILTER_PAUSE_MS, FILTER_WINDOW_BYTES};
use crate::pseudonym::Gate;
use crate::record::RawStretch;

pub(super) fn run(args: &RedactArgs, clock: Clock, out: &mut dyn Write) -> Result<Done, Stopped> {
    args.check()?;
    let catalog = Catalog::embedded().map_err(|error| Stopped::Unexpected(error.to_string()))?;
    let policy = policy(args)?;
    let lessons = Inputs::new(&args.learn)?;
    let inputs = if args.reads_stdin() { None } else { Some(Inputs::new(&args.inputs)?) };
    let key = match &args.key {
        Some(path) => keys::named(path, None)?,
        None => keys::own(args.tenant.as_deref(), None, clock, &|line| eprintln!("{line}"))?,
    };
    let (mut gate, _) = closing::gate(catalog, &key, policy);
    let progress = Progress::new();
    walk::learn(&lessons, &gate, &progress)?;
    match inputs {
        Some(inputs) => {
            walk::learn(&inputs, &gate, &progress)?;
            gate.freeze();
            progress.close();
            let mut printer = Printer { gate: &gate, out, files: 0, wrong: None };
            inputs.walk(&mut printer)?;
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

/// Bytes of standard input, read by a thread of their own so that a pause can be noticed.
fn read_ahead(mut input: impl Read + Send + 'static) -> Receiver<std::io::Result<Vec<u8>>> {
    let (give, take) = sync_channel(2);
    std::thread::spawn(move || {
        loop {
            let mut buffer = vec![0; 1 << 18];
            let piece = match input.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => {
                    buffer.truncate(count);
                    Ok(buffer)
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let failed = piece.is_err();
            if give.send(piece).is_err() || failed {
                return;
            }
        }
    });
    take
}

fn stream(gate: &mut Gate, input: &Receiver<std::io::Result<Vec<u8>>>, out: &mut dyn Write) -> Result<(), Stopped> {
    let mut window: Vec<u8> = Vec::new();
    let mut is_first = true;
    loop {
        let (whole, at_end) = match input.recv_timeout(Duration::from_millis(FILTER_PAUSE_MS)) {
            Ok(piece) => {
                window.extend_from_slice(&piece.map_err(|error| Stopped::Input(format!("standard input: {error}")))?);
                if window.len() < FILTER_WINDOW_BYTES {
                    continue;
                }
                (memchr::memrchr(b'\n', &window).map_or(window.len(), |end| end + 1), false)
            }
            // What a person waits for: whole lines only.
            Err(RecvTimeoutError::Timeout) => (memchr::memrchr(b'\n', &window).map_or(0, |end| end + 1), false),
            Err(RecvTimeoutError::Disconnected) => (window.len(), true),
        };
        if whole > 0 {
            let rest = window.split_off(whole);
            let text = std::mem::replace(&mut window, rest);
            let is_whole_file = is_first && at_end;
            let pieces =
                stretches(text, is_whole_file).map_err(|reason| Stopped::Input(format!("standard input: {reason}")))?;
            pieces.iter().for_each(|piece| gate.learn_stretch(piece));
            gate.grow();
            for piece in &pieces {
                out.write_all(gate.clean_stretch(piece).bytes()).map_err(Stopped::Pipe)?;
            }
            out.flush().map_err(Stopped::Pipe)?;
            is_first = false;
        }
        if at_end {
            return Ok(());
        }
    }
}
