//! What a finished collection is about: its rows for the manifest, its log, its last words.
//!
//! Takes what arrived, gives [`Done`]. Blocking.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Done;
use super::Session;
use super::args::CollectArgs;
use super::conductor::Gathered;
use super::course::{Arrival, Part};
use super::machine::Verdicts;
use super::places::Places;
use super::road::{Road, entry_path};
use super::settings::Settings;
use crate::archive::{Output, Written};
use crate::catalog::{Dataset as Row, Plan, Service, SkippedBecause, SourceKind};
use crate::clock::Clock;
use crate::commands::closing::{self, Closing, State, Story, plain};
use crate::commands::exit;
use crate::commands::stopped::Stopped;
use crate::commands::words::size;
use crate::manifest::{
    Case, Dataset, EntryRow, FileState, Format, Manifest, Moment, Refusal, Run, SourcePart, SourceRow, Tenant, Tool,
    Window,
};
use crate::pseudonym::{CleanText, Gate};
use crate::record::{Outcome, RawText, Verdict};
use crate::report::grouped;
use crate::spool::EntryPath;

/// Everything that is known when the last dataset has ended.
pub(super) struct Ending<'a> {
    pub args: &'a CollectArgs,
    pub settings: &'a Settings,
    pub started: OffsetDateTime,
    /// It went on with what an earlier run had left.
    pub resumed: bool,
    /// What was kept of that was written with another dictionary.
    pub is_early: bool,
    pub clock: Clock,
    pub session: &'a Session,
    pub places: &'a Places,
    /// How datasets ended of the machine itself.
    pub machine: Verdicts,
    pub gathered: Gathered,
}

/// Makes the bundle.
pub(super) fn finish(road: Arc<Road>, output: Output, ending: Ending<'_>) -> Result<Done, Stopped> {
    let road = Arc::into_inner(road).ok_or_else(|| Stopped::Unexpected("a source outlived the run".into()))?;
    let (gate, cipher, spool) = road.into_parts();
    let telling = Telling { ending };
    let closing = Closing {
        gate,
        cipher,
        spool,
        output,
        folder: closing::top_folder(telling.ending.args.case.as_deref(), telling.ending.started)?,
        instant: telling.ending.started,
    };
    let closed = closing.close(&telling)?;
    let incomplete = closed.manifest.datasets.iter().any(|dataset| !dataset.outcome.is_answered());
    let exit_code = if incomplete { exit::INCOMPLETE } else { exit::OK };
    let mut summary = summary(&closed.manifest, &closed.written);
    if closed.is_kept {
        summary.push_str(
            "What is missing may come later: the same command with --resume goes on where this run stopped, with \
             the FILE.zip.spool beside the bundle. Delete that folder if you do not need it.\n",
        );
    }
    Ok(Done { summary, manifest: closed.manifest_json, exit_code })
}

/// The run, told for the manifest and the log.
struct Telling<'a> {
    ending: Ending<'a>,
}

impl Story for Telling<'_> {
    fn manifest(&self, state: &State<'_>) -> Result<Manifest<CleanText>, Stopped> {
        let Ending { args, settings, session, .. } = &self.ending;
        let (datasets, status) = (self.datasets(state)?, session.connection.client.status());
        let interrupted = datasets.iter().any(|dataset| dataset.outcome == Outcome::Interrupted);
        let clean = |text: &str| state.gate.clean_text(&RawText::new(text));
        Ok(Manifest {
            format: Format::default(),
            tool: Tool::this(),
            case: Case {
                id: args.case.as_deref().map(clean),
                profiles: args.profiles.iter().map(|profile| plain(profile)).collect::<Result<_, _>>()?,
            },
            tenant: Tenant { id: Some(clean(&session.connection.tenant_id)), cloud: plain(&settings.cloud)? },
            window: Window { since: Some(Moment(settings.window.since)), until: Some(Moment(settings.window.until)) },
            run: Run {
                started: Moment(self.ending.started),
                ended: Moment(self.ending.clock.now()),
                resumed: self.ending.resumed,
                interrupted,
                requests: status.requests,
                retries: status.retries,
                throttled: status.throttled,
            },
            privacy: state.privacy(&session.key)?,
            datasets,
            files: self.ending.gathered.files.rows(state)?,
            entries: state.sealed.iter().map(EntryRow::from).collect(),
        })
    }

    /// One line for the run, one for each dataset.
    fn run_log(&self, state: &State<'_>) -> Result<Vec<Vec<u8>>, Stopped> {
        let Ending { args, settings, session, .. } = &self.ending;
        let time = |instant: OffsetDateTime| instant.format(&Rfc3339).unwrap_or_default();
        let status = session.connection.client.status();
        let mut lines = vec![serde_json::json!({
            "time": time(self.ending.started), "event": "run started", "version": env!("CARGO_PKG_VERSION"),
            "signedInBy": session.connection.client.signed_in_by(), "policy": settings.policy.name(),
            "clockOffsetS": status.clock_skew_s.filter(|_| matches!(self.ending.clock, Clock::System)),
            "profiles": args.profiles, "include": args.include, "exclude": args.exclude,
        })];
        if self.ending.resumed {
            lines.push(serde_json::json!({ "event": "run resumed" }));
        }
        lines.extend(self.datasets(state)?.iter().map(|dataset| {
            serde_json::json!({
                "event": "dataset ended", "dataset": dataset.id, "outcome": dataset.outcome, "records": dataset.records,
                "duplicates": dataset.duplicates, "pages": dataset.pages, "retries": dataset.retries,
                "reason": dataset.reason.as_ref().map(CleanText::as_str), "source": dataset.source.kind,
            })
        }));
        lines.push(serde_json::json!({
            "time": time(self.ending.clock.now()), "event": "run ended", "requests": status.requests,
            "retries": status.retries, "throttled": status.throttled,
        }));
        Ok(lines.iter().map(|line| line.to_string().into_bytes()).collect())
    }

    fn has_lines(&self, entry: &EntryPath) -> bool {
        self.ending.gathered.files.has_lines(entry).unwrap_or(true)
    }

    fn is_cut(&self, dataset: &str) -> bool {
        let Ending { args, gathered, .. } = &self.ending;
        let is_narrowed = args.ldap_base.is_some() || args.ldap_filter.is_some() || args.ldap_object.is_some();
        gathered.arrivals.get(dataset).is_some_and(|arrival| {
            let is_of_directory = arrival.dataset.service == Service::Ldap;
            arrival.report.verdict.outcome != Outcome::Complete || is_of_directory && is_narrowed
        })
    }

    fn is_early(&self, entry: &EntryPath) -> bool {
        let mut teaching = self.ending.settings.plan.datasets.iter().filter(|row| row.teaches || self.ending.is_early);
        teaching.any(|row| entry_path(row).is_ok_and(|path| path == *entry))
    }

    fn may_go_on(&self) -> bool {
        self.ending.gathered.arrivals.values().any(|arrival| arrival.report.verdict.passes)
    }
}

impl Telling<'_> {
    /// One row for each dataset that was planned, or left out against what a default run does.
    fn datasets(&self, state: &State<'_>) -> Result<Vec<Dataset<CleanText>>, Stopped> {
        let Plan { datasets, unavailable, skipped } = &self.ending.settings.plan;
        let mut rows = Vec::with_capacity(datasets.len());
        for row in datasets {
            rows.push(match self.ending.gathered.arrivals.get(row.id.as_str()) {
                Some(arrival) => self.arrived(state, arrival)?,
                None => {
                    let never = || Verdict::because(Outcome::Failed, "it never ended");
                    let verdict = match self.ending.machine.get(row.id.as_str()) {
                        Some(tried) => tried.clone(),
                        None => self.ending.places.absent(row).cloned().unwrap_or_else(never),
                    };
                    absent(state.gate, row, &verdict)?
                }
            });
        }
        for row in unavailable {
            let verdict = Verdict::because(Outcome::Unavailable, "this cloud does not offer it");
            rows.push(absent(state.gate, row, &verdict)?);
        }
        for left in skipped.iter().filter(|left| left.because != SkippedBecause::NotAskedFor) {
            let mut verdict = Verdict::because(Outcome::Skipped, left.because.to_string());
            if left.because == SkippedBecause::NeedsWrite {
                verdict = verdict.with_hint(format!("--include {}", left.dataset.id));
            }
            rows.push(absent(state.gate, left.dataset, &verdict)?);
        }
        let files = self.ending.gathered.files.rows(state)?;
        if files.iter().any(|file| file.entry.is_some() || file.state != FileState::Whole) {
            rows.push(crate::commands::plain::dataset(&files, "--input")?);
        }
        Ok(rows)
    }

    fn arrived(&self, state: &State<'_>, arrival: &Arrival) -> Result<Dataset<CleanText>, Stopped> {
        let report = &arrival.report;
        // Records came as far as the machine gave them, unless reading these was hindered.
        let tried = self.ending.machine.get(arrival.dataset.id.as_str());
        let is_read = matches!(report.verdict.outcome, Outcome::Complete | Outcome::Unavailable | Outcome::Skipped);
        let mut row = absent(state.gate, arrival.dataset, tried.filter(|_| is_read).unwrap_or(&report.verdict))?;
        row.records = report.records;
        row.expected = report.expected;
        row.duplicates = report.duplicates;
        row.pages = report.pages;
        row.retries = report.retries;
        row.slices = Some(u64::from(report.slices));
        row.window =
            report.window.map(|window| Window { since: Some(Moment(window.since)), until: Some(Moment(window.until)) });
        let moment = |text: &Option<String>| text.as_ref().and_then(|text| Moment::try_from(text.clone()).ok());
        (row.first, row.last) = (moment(&report.first), moment(&report.last));
        match tried {
            Some(_) => row.source.request = CleanText::fixed("this machine"),
            None => self.told_by_places(state, arrival, &mut row)?,
        }
        // Without records there is no file.
        row.entry = (report.records > 0).then(|| entry_path(arrival.dataset)).transpose()?;
        if let Some(entry) = &row.entry {
            if let Some(lines) = state.withheld.lines.get(entry) {
                let text = "{} records are withheld: the leak check still found identifiers in them; an empty record stands for each";
                (row.outcome, row.reason) =
                    (Outcome::Partial, Some(CleanText::filled(text, &[CleanText::number(*lines)])));
            } else if state.withheld.files.contains(entry) {
                let text = "withheld: the leak check still found identifiers in it";
                (row.outcome, row.reason) = (Outcome::Failed, Some(CleanText::fixed(text)));
                (row.records, row.entry) = (0, None);
            }
        }
        Ok(row)
    }
}

impl Telling<'_> {
    /// Which place gave what, where it was not the dataset's own endpoint alone.
    fn told_by_places(
        &self,
        state: &State<'_>,
        arrival: &Arrival,
        row: &mut Dataset<CleanText>,
    ) -> Result<(), Stopped> {
        let own = arrival.dataset.service.source();
        if let [only] = arrival.parts.as_slice()
            && Some(only.kind) == own
        {
            return Ok(());
        }
        let clean = |part: &Part| state.gate.clean_text(&RawText::new(&part.request));
        for part in &arrival.parts {
            row.sources.push(SourcePart {
                kind: plain(part.kind.as_str())?,
                request: clean(part),
                window: Window { since: Some(Moment(part.window.since)), until: Some(Moment(part.window.until)) },
                outcome: part.outcome,
                records: part.records,
            });
        }
        // The first of those that gave most.
        let most = arrival.parts.iter().rev().max_by_key(|part| part.records);
        if let Some(most) = most.filter(|most| Some(most.kind) != own) {
            row.source = SourceRow { kind: plain(most.kind.as_str())?, request: clean(most), permission: None };
        }
        Ok(())
    }
}

fn absent(gate: &Gate, row: &'static Row, verdict: &Verdict) -> Result<Dataset<CleanText>, Stopped> {
    let clean = |text: &Option<RawText>| text.as_ref().map(|text| gate.clean_text(text));
    let kind = row.service.source().map_or("azure-monitor", SourceKind::as_str);
    let permission = row.permission.application.first().or(row.permission.delegated.first());
    Ok(Dataset {
        id: plain(&row.id)?,
        category: row.category.as_deref().map(plain).transpose()?,
        outcome: verdict.outcome,
        reason: clean(&verdict.reason),
        hint: clean(&verdict.hint),
        records: 0,
        expected: None,
        duplicates: 0,
        pages: 0,
        retries: 0,
        slices: None,
        source: SourceRow {
            kind: plain(kind)?,
            request: match crate::directory::asked(row) {
                Some(filter) => CleanText::filled("LDAP search {}", &[CleanText::fixed(filter)]),
                None => CleanText::filled("/{}{}", &[CleanText::fixed(&row.version), CleanText::fixed(&row.path)]),
            },
            permission: permission.map(|name| plain(name)).transpose()?,
        },
        sources: Vec::new(),
        window: None,
        first: None,
        last: None,
        entry: None,
        error: verdict.error.as_ref().map(|error| Refusal {
            status: error.status,
            code: gate.clean_text(&error.code),
            request_id: gate.clean_text(&error.request_id),
        }),
    })
}

/// The last words on stderr.
fn summary(manifest: &Manifest<CleanText>, written: &Written) -> String {
    let mut text = String::new();
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for dataset in &manifest.datasets {
        *counts.entry(dataset.outcome.as_str()).or_default() += 1;
    }
    let outcomes: Vec<String> = counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{} records; datasets: {}", grouped(manifest.records()), outcomes.join(", "));
    for dataset in manifest.datasets.iter().filter(|dataset| !dataset.outcome.is_answered()) {
        let reason = dataset.reason.as_ref().map_or("", CleanText::as_str);
        let _ = writeln!(text, "  {} is {}: {reason}", dataset.id.as_str(), dataset.outcome.as_str());
        if let Some(hint) = &dataset.hint {
            let _ = writeln!(text, "    {hint}");
        }
    }
    let _ = writeln!(text, "{}  ({})", written.path.display(), size(written.bytes as f64));
    let _ = writeln!(text, "SHA-256 {}", written.sha256.as_str());
    let _ = writeln!(text, "Check it: entra-bundle verify {}", written.path.display());
    text
}
