//! The two walks: learning, then cleaning into the spool. One thread reads and cuts, all others work on stretches.
//!
//! Takes inputs and a gate, gives a [`FileStory`] for each file. Stretches are cleaned in any order and stored by their
//! number, so any number of workers gives the same bytes. A full disk ends the walk.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::names::Names;
use crate::commands::stopped::Stopped;
use crate::files::{FileEnd, FileHead, Inputs, Taker, TakerClosed};
use crate::import::Earlier;
use crate::pseudonym::{CleanText, Gate};
use crate::record::{Encoding, Form, RawStretch};
use crate::spool::{EntryPath, Error, Order, Spool};

/// Hears how many bytes are done.
pub(in crate::commands) type Tell<'a> = &'a (dyn Fn(u64) + Sync);

/// One file, told for the manifest.
pub(in crate::commands) struct FileStory {
    /// Its number in every walk.
    pub number: u32,
    /// Its name, through the gate.
    pub name: CleanText,
    /// How it is written, unless it is withheld.
    pub form: Option<Form>,
    /// How its characters are written.
    pub encoding: Encoding,
    /// What it was turned from.
    pub unpacked_from: Option<&'static str>,
    /// Where it stands in the bundle; none when nothing of it is there.
    pub entry: Option<EntryPath>,
    /// Lines, rows or entries.
    pub records: u64,
    /// How it ended.
    pub end: FileEnd,
}

impl FileStory {
    /// Whether lines of it can be withheld one by one.
    pub(in crate::commands) fn has_lines(&self) -> bool {
        self.encoding == Encoding::Utf8 && matches!(self.form, Some(Form::Text | Form::JsonLines))
    }
}

/// Learns from every file.
pub(in crate::commands) fn learn(inputs: &mut Inputs, gate: &Gate, tell: Tell<'_>) {
    learn_with(inputs, gate, tell, None);
}

/// The same, but not from earlier bundles among them: their pseudonyms are nobody's identifiers.
pub(in crate::commands) fn learn_raw(inputs: &mut Inputs, gate: &Gate, tell: Tell<'_>) {
    learn_with(inputs, gate, tell, Some(Earlier::default()));
}

fn learn_with(inputs: &mut Inputs, gate: &Gate, tell: Tell<'_>, earlier: Option<Earlier>) {
    let work = |stretch: RawStretch| {
        gate.learn_stretch(&stretch);
        tell(stretch.text.bytes() as u64);
    };
    with_workers(&work, |queue| inputs.walk(&mut Pupil { queue, earlier }));
}

struct Pupil {
    queue: SyncSender<RawStretch>,
    earlier: Option<Earlier>,
}

impl Taker for Pupil {
    fn begin(&mut self, head: &FileHead) {
        self.earlier.iter_mut().for_each(|earlier| earlier.begin(head));
    }

    fn stretch(&mut self, stretch: RawStretch) -> Result<(), TakerClosed> {
        if self.earlier.as_mut().is_some_and(|earlier| earlier.has(&stretch)) {
            return Ok(());
        }
        self.queue.send(stretch).map_err(|_| TakerClosed)
    }

    fn end(&mut self, _: FileEnd) {}
}

/// Cleans the files that `wanted` names (by their number) into the spool.
pub(in crate::commands) fn clean(
    inputs: &mut Inputs,
    gate: &Gate,
    spool: &Spool,
    wanted: &(dyn Fn(u32) -> bool + Sync),
    tell: Tell<'_>,
) -> Result<Vec<FileStory>, Stopped> {
    let broken: Mutex<Option<Error>> = Mutex::default();
    let records: Mutex<BTreeMap<EntryPath, u64>> = Mutex::default();
    let work = |job: Job| {
        if lock(&broken).is_some() {
            return;
        }
        let clean = gate.clean_stretch(&job.stretch);
        *lock(&records).entry(job.entry.clone()).or_default() += clean.records();
        if let Err(error) = spool.append(&job.entry, Order { slice: 0, part: job.part }, clean) {
            lock(&broken).get_or_insert(error);
        }
        tell(job.stretch.text.bytes() as u64);
    };
    let mut files = with_workers(&work, |queue| {
        let mut writer =
            Writer { gate, queue, broken: &broken, wanted, names: Names::default(), files: Vec::new(), open: None };
        inputs.walk(&mut writer);
        writer.files
    });
    if let Some(error) = broken.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error.into());
    }
    let records = records.into_inner().unwrap_or_else(PoisonError::into_inner);
    for file in &mut files {
        let Some(entry) = &file.entry else { continue };
        spool.close_slice(entry, 0)?;
        file.records = records.get(entry).copied().unwrap_or(0);
    }
    Ok(files)
}

/// A stretch and where it goes.
struct Job {
    entry: EntryPath,
    part: u32,
    stretch: RawStretch,
}

/// The file that is being read.
struct OpenFile {
    story: FileStory,
    path: Option<EntryPath>,
    parts: u32,
}

struct Writer<'a> {
    gate: &'a Gate,
    queue: SyncSender<Job>,
    broken: &'a Mutex<Option<Error>>,
    wanted: &'a (dyn Fn(u32) -> bool + Sync),
    names: Names,
    files: Vec<FileStory>,
    open: Option<OpenFile>,
}

impl Taker for Writer<'_> {
    fn begin(&mut self, head: &FileHead) {
        if !(self.wanted)(head.number) {
            return;
        }
        let (name, path) = self.names.entry(self.gate, &head.name, head.number);
        let story = FileStory {
            number: head.number,
            name,
            form: head.form,
            encoding: head.encoding,
            unpacked_from: head.unpacked_from,
            entry: None,
            records: 0,
            end: FileEnd::Whole { bytes: 0, repaired: 0 },
        };
        self.open = Some(OpenFile { story, path, parts: 0 });
    }

    fn stretch(&mut self, stretch: RawStretch) -> Result<(), TakerClosed> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let OpenFile { story, path: Some(path), parts } = open else { return Err(TakerClosed) };
        if lock(self.broken).is_some() {
            return Err(TakerClosed);
        }
        story.entry = Some(path.clone());
        let job = Job { entry: path.clone(), part: *parts, stretch };
        *parts += 1;
        self.queue.send(job).map_err(|_| TakerClosed)
    }

    fn end(&mut self, end: FileEnd) {
        if let Some(open) = self.open.take() {
            self.files.push(FileStory { end, ..open.story });
        }
    }
}

/// Runs `feed` with a queue whose jobs all processors work on.
fn with_workers<J: Send, R: Send>(work: &(dyn Fn(J) + Sync), feed: impl FnOnce(SyncSender<J>) -> R) -> R {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // One job waits for each worker: more only costs memory.
    let (queue, jobs) = sync_channel::<J>(threads);
    let jobs: Arc<Mutex<Receiver<J>>> = Arc::new(Mutex::new(jobs));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let jobs = Arc::clone(&jobs);
            scope.spawn(move || {
                loop {
                    let Ok(job) = lock(&jobs).recv() else { return };
                    work(job);
                }
            });
        }
        drop(jobs);
        feed(queue)
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
