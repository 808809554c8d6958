//! The bundle: sweep, manifest, report, zip, leak check, name. Then the exit code and the last words.
//!
//! Takes what arrived, gives [`Done`]. Blocking. Nothing gets the final name before the finished file was read back.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::args::CollectArgs;
use super::conductor::Arrival;
use super::progress::{grouped, size, word};
use super::road::{Road, entry_path};
use super::settings::Settings;
use super::sign_in::Session;
use super::stop::Stopped;
use super::{Done, exit};
use crate::archive::{self, Bundle, Hex, Output, TopFolder, Word, Written};
use crate::catalog::{Dataset as Row, Plan, Service, SkippedBecause};
use crate::clock::Clock;
use crate::commands::verify;
use crate::manifest::{
    Case, Dataset, EntryRow, Format, LeakCheck, Manifest, Moment, Privacy, Refusal, Run, SourceRow, Tenant, Tool,
    Window,
};
use crate::pseudonym::CleanText;
use crate::record::{Outcome, RawText, Verdict};
use crate::report;
use crate::spool::{EntryPath, SealedEntry};
use crate::sweep::{self, Known, SHAPES, covered};

/// Name and version of the pseudonym scheme.
const SCHEME: &str = "ff1-1";

/// Everything that is known when the last dataset has ended.
pub(super) struct Ending<'a> {
    pub args: &'a CollectArgs,
    pub settings: &'a Settings,
    pub started: OffsetDateTime,
    pub clock: Clock,
    pub session: &'a Session,
    pub arrivals: BTreeMap<&'static str, Arrival>,
}

/// Makes the bundle.
pub(super) fn finish(road: Arc<Road>, output: Output, ending: Ending<'_>) -> Result<Done, Stopped> {
    let road = Arc::into_inner(road).ok_or_else(|| Stopped::Unexpected("a source outlived the run".into()))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let early: std::collections::BTreeSet<EntryPath> =
        ending.settings.plan.datasets.iter().filter(|row| row.teaches).filter_map(|row| entry_path(row).ok()).collect();
    let repaired = sweep::repair(&road.spool, &road.gate, &|entry| early.contains(entry), threads)
        .map_err(|error| Stopped::Unexpected(error.to_string()))?;
    let datasets = ending.datasets(&road)?;
    road.write_run_log(ending.run_log(&datasets))?;
    road.write_traits()?;
    let sealed = road.spool.seal(threads)?;
    let manifest = ending.manifest(&road, datasets, &sealed, &repaired)?;
    let document = manifest.document().map_err(|error| Stopped::Unexpected(error.to_string()))?;
    let json = document.bytes().to_vec();
    let page = report::render(&manifest).map_err(|error| Stopped::Unexpected(error.to_string()))?;
    let bundle = Bundle {
        folder: ending.folder()?,
        instant: ending.started,
        case: manifest.case.id.as_ref(),
        key_id: Some(manifest.privacy.key_id.clone()),
        documents: vec![document, page],
        signer: None,
    };
    let draft = archive::write(output, &road.spool, &sealed, &bundle)?;
    let known = Known::new(&road.gate, repaired.late.as_ref());
    let check = verify::check(draft.path(), &*road.cipher, &road.gate.policy().kept(), Some(known));
    let refused = match check {
        // The test build without a gate leaks on purpose, to show that the leak suite would see it.
        Ok(_) if cfg!(feature = "gate-off") => None,
        Err(error) => Some(Stopped::ReadBack(error)),
        Ok(check) if !check.findings.is_empty() => Some(Stopped::Leak {
            hits: check.findings.iter().map(|finding| finding.count).sum(),
            places: places(&check.findings),
        }),
        Ok(check) => (!check.is_ok()).then_some(Stopped::Damaged(check.verification.findings.len())),
    };
    if let Some(stopped) = refused {
        drop(draft);
        road.spool.remove()?;
        return Err(stopped);
    }
    let written = draft.publish()?;
    road.spool.remove()?;
    let incomplete = manifest.datasets.iter().any(|dataset| !dataset.outcome.is_answered());
    let exit_code = if incomplete { exit::INCOMPLETE } else { exit::OK };
    Ok(Done { summary: summary(&manifest, &written), manifest: json, exit_code })
}

impl Ending<'_> {
    /// One row for each dataset that was planned, or left out against what a default run does.
    fn datasets(&self, road: &Road) -> Result<Vec<Dataset<CleanText>>, Stopped> {
        let Plan { datasets, unavailable, skipped } = &self.settings.plan;
        let mut rows = Vec::with_capacity(datasets.len());
        for row in datasets {
            rows.push(match self.arrivals.get(row.id.as_str()) {
                Some(arrival) => arrived(road, arrival)?,
                None => absent(road, row, &Verdict::because(Outcome::Failed, "it never ended"))?,
            });
        }
        for row in unavailable {
            let verdict = Verdict::because(Outcome::Unavailable, "this cloud does not offer it");
            rows.push(absent(road, row, &verdict)?);
        }
        for left in skipped.iter().filter(|left| left.because != SkippedBecause::NotAskedFor) {
            let mut verdict = Verdict::because(Outcome::Skipped, left.because.to_string());
            if left.because == SkippedBecause::NeedsWrite {
                verdict = verdict.with_hint(format!("--include {}", left.dataset.id));
            }
            rows.push(absent(road, left.dataset, &verdict)?);
        }
        Ok(rows)
    }

    /// The program's own log as JSON lines, still raw: one for the run, one for each dataset.
    fn run_log(&self, datasets: &[Dataset<CleanText>]) -> Vec<Vec<u8>> {
        let time = |instant: OffsetDateTime| instant.format(&Rfc3339).unwrap_or_default();
        let status = self.session.client.status();
        let mut lines = vec![serde_json::json!({
            "time": time(self.started), "event": "run started", "version": env!("CARGO_PKG_VERSION"),
            "signedInBy": self.session.client.signed_in_by(), "policy": self.settings.policy.name(),
            "profiles": self.args.profiles, "include": self.args.include, "exclude": self.args.exclude,
        })];
        lines.extend(datasets.iter().map(|dataset| {
            serde_json::json!({
                "event": "dataset ended", "dataset": dataset.id, "outcome": dataset.outcome, "records": dataset.records,
                "duplicates": dataset.duplicates, "pages": dataset.pages, "retries": dataset.retries,
                "reason": dataset.reason.as_ref().map(CleanText::as_str),
            })
        }));
        lines.push(serde_json::json!({
            "time": time(self.clock.now()), "event": "run ended", "requests": status.requests,
            "retries": status.retries, "throttled": status.throttled,
        }));
        lines.iter().map(|line| line.to_string().into_bytes()).collect()
    }

    fn manifest(
        &self,
        road: &Road,
        datasets: Vec<Dataset<CleanText>>,
        sealed: &[SealedEntry],
        repaired: &sweep::Repaired,
    ) -> Result<Manifest<CleanText>, Stopped> {
        let (settings, status) = (self.settings, self.session.client.status());
        let interrupted = datasets.iter().any(|dataset| dataset.outcome == Outcome::Interrupted);
        let policy = &settings.policy;
        Ok(Manifest {
            format: Format::default(),
            tool: Tool::this(),
            case: Case {
                id: self.args.case.as_ref().map(|case| road.clean(&RawText::new(case.as_str()))),
                profiles: self.args.profiles.iter().map(|profile| plain(profile)).collect::<Result<_, _>>()?,
            },
            tenant: Tenant {
                id: Some(road.clean(&RawText::new(self.session.tenant_id.as_str()))),
                cloud: plain(&settings.cloud)?,
            },
            window: Window { since: Some(Moment(settings.window.since)), until: Some(Moment(settings.window.until)) },
            run: Run {
                started: Moment(self.started),
                ended: Moment(self.clock.now()),
                resumed: false,
                interrupted,
                requests: status.requests,
                retries: status.retries,
                throttled: status.throttled,
            },
            privacy: Privacy {
                policy: road.clean(&RawText::new(policy.name())),
                policy_sha256: hex(&policy.sha256())?,
                keep: Some(policy.kept_names().into_iter().map(Word::of).collect()),
                scheme: plain(SCHEME)?,
                key_id: plain(&self.session.key.id())?,
                // A bundle that does not pass what is claimed here never gets its name.
                leak_check: LeakCheck {
                    closed_world: covered(&policy.kept()).len() == SHAPES.len(),
                    dictionary: true,
                    terms: repaired.terms,
                    blocks_repaired: repaired.blocks_repaired,
                },
            },
            datasets,
            entries: sealed.iter().map(EntryRow::from).collect(),
        })
    }

    fn folder(&self) -> Result<TopFolder, Stopped> {
        let name = super::settings::default_stem(self.args.case.as_deref(), self.started);
        TopFolder::new(&name).map_err(|_| Stopped::Unexpected("the folder's name is not plain".into()))
    }
}

fn arrived(road: &Road, arrival: &Arrival) -> Result<Dataset<CleanText>, Stopped> {
    let report = &arrival.report;
    let mut row = absent(road, arrival.dataset, &report.verdict)?;
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
    // Without records there is no file.
    row.entry = (report.records > 0).then(|| entry_path(arrival.dataset)).transpose()?;
    Ok(row)
}

fn absent(road: &Road, row: &'static Row, verdict: &Verdict) -> Result<Dataset<CleanText>, Stopped> {
    let clean = |text: &Option<RawText>| text.as_ref().map(|text| road.clean(text));
    let kind = match row.service {
        Service::Graph => "graph",
        Service::Arm => "arm",
    };
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
            request: CleanText::filled("/{}{}", &[CleanText::fixed(&row.version), CleanText::fixed(&row.path)]),
            permission: permission.map(|name| plain(name)).transpose()?,
        },
        window: None,
        first: None,
        last: None,
        entry: None,
        error: verdict.error.as_ref().map(|error| Refusal {
            status: error.status,
            code: road.clean(&error.code),
            request_id: road.clean(&error.request_id),
        }),
    })
}

/// The first places of a leak: file, line and form, never the value.
fn places(findings: &[sweep::Finding]) -> String {
    const SHOWN: usize = 12;
    let place = |finding: &sweep::Finding| {
        format!("\n  {} line {}: {} times {}", finding.entry, finding.line, finding.count, finding.shape.name())
    };
    let mut text: String = findings.iter().take(SHOWN).map(place).collect();
    if findings.len() > SHOWN {
        let _ = write!(text, "\n  and {} more", findings.len() - SHOWN);
    }
    text
}

fn plain(word: &str) -> Result<Word, Stopped> {
    Word::new(word).map_err(|_| Stopped::Unexpected("a name of the catalogue is not plain".into()))
}

fn hex(text: &str) -> Result<Hex, Stopped> {
    Hex::try_from(text.to_owned()).map_err(|_| Stopped::Unexpected("a sum is not hexadecimal".into()))
}

/// The last words on stderr.
fn summary(manifest: &Manifest<CleanText>, written: &Written) -> String {
    let mut text = String::new();
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for dataset in &manifest.datasets {
        *counts.entry(word(dataset.outcome)).or_default() += 1;
    }
    let records: u64 = manifest.datasets.iter().map(|dataset| dataset.records).sum();
    let outcomes: Vec<String> = counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{} records; datasets: {}", grouped(records), outcomes.join(", "));
    for dataset in manifest.datasets.iter().filter(|dataset| !dataset.outcome.is_answered()) {
        let reason = dataset.reason.as_ref().map_or("", CleanText::as_str);
        let _ = writeln!(text, "  {} is {}: {reason}", dataset.id.as_str(), word(dataset.outcome));
        if let Some(hint) = &dataset.hint {
            let _ = writeln!(text, "    {hint}");
        }
    }
    let _ = writeln!(text, "{}  ({})", written.path.display(), size(written.bytes as f64));
    let _ = writeln!(text, "SHA-256 {}", written.sha256.as_str());
    let _ = writeln!(text, "Check it: entra-bundle verify {}", written.path.display());
    text
}
