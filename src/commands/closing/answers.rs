//! `data/summary.json`: the audit questions and the on-premises findings, from the lines as they are now.
//!
//! Takes the spool, writes the file, gives the summary for the report. What is in no bundle is not asked.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::{Story, path};
use crate::commands::stopped::Stopped;
use crate::spool::{EntryPath, Order, Spool};
use crate::summary::onprem::{self, Findings, Onprem};
use crate::summary::{self, Summary};

/// Answers anew; an answer of an earlier round is replaced. `None`, and no file, when the bundle has neither an audit log nor
/// on-premises data. `instant`: of the run.
pub(super) fn write_summary(
    spool: &Spool,
    story: &dyn Story,
    instant: OffsetDateTime,
) -> Result<Option<Summary>, Stopped> {
    let unexpected = |error: serde_json::Error| Stopped::Unexpected(error.to_string());
    let written = spool.entries();
    let sources: Vec<(&'static str, EntryPath)> = summary::sources()
        .map(|(dataset, source)| Ok((dataset, path(&source)?)))
        .filter(|source: &Result<_, Stopped>| source.as_ref().is_ok_and(|(_, entry)| written.contains(entry)))
        .collect::<Result<_, _>>()?;
    let entry = path(summary::PATH)?;
    spool.discard_slice(&entry, 0)?;
    let findings = find(spool, &written, story, instant)?;
    if sources.is_empty() && findings.is_none() {
        return Ok(None);
    }
    let mut summary = Summary::new(&sources.iter().map(|(dataset, _)| *dataset).collect::<Vec<_>>());
    for (dataset, source) in sources {
        for block in spool.blocks(&source) {
            summary.take(dataset, spool.read(&block)?.bytes());
        }
    }
    let summary = summary.with(findings);
    spool.append(&entry, Order { slice: 0, part: 0 }, summary.line().map_err(unexpected)?)?;
    spool.close_slice(&entry, 0)?;
    Ok(Some(summary))
}

/// What is wrong on premises; `None` without on-premises data.
fn find(
    spool: &Spool,
    written: &[EntryPath],
    story: &dyn Story,
    instant: OffsetDateTime,
) -> Result<Option<Findings>, Stopped> {
    let mut sources = Vec::new();
    for source in onprem::sources() {
        let entry = path(&source.path)?;
        if written.contains(&entry) {
            sources.push((source, entry));
        }
    }
    let datasets: BTreeSet<&'static str> = sources.iter().map(|(source, _)| source.dataset).collect();
    if !datasets.iter().any(|dataset| onprem::is_onprem(dataset)) {
        return Ok(None);
    }
    let cut = datasets.iter().copied().filter(|dataset| story.is_cut(dataset)).collect();
    let mut findings = Onprem::new(&datasets, instant).without(&cut);
    for (source, entry) in sources.iter().filter(|(source, _)| source.is_learnt) {
        for block in spool.blocks(entry) {
            findings.learn(source.dataset, spool.read(&block)?.bytes());
        }
    }
    for (source, entry) in sources.iter().filter(|(source, _)| source.dataset != onprem::TRAITS) {
        for block in spool.blocks(entry) {
            findings.take(source.dataset, spool.read(&block)?.bytes());
        }
    }
    Ok(Some(findings.end()))
}
