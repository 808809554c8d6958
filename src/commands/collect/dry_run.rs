//! `--dry-run`: what would be collected, with which permissions, in what time at the least. Asks nobody anything.

use std::io::{self, Write};
use std::time::Duration;

use super::settings::Settings;
use crate::catalog::host::Item;
use crate::catalog::{Catalog, Dataset, Sizes, SkippedBecause, estimate};
use crate::commands::words::span;
use crate::host::live::description;
use crate::report::grouped;

/// Prints the plan.
pub(super) fn print(
    catalog: &'static Catalog,
    settings: &Settings,
    machine: &[&'static Item],
    json: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let plan = &settings.plan;
    let window = settings.window.until - settings.window.since;
    let days = u64::try_from(window.whole_hours()).unwrap_or(0).div_ceil(24).max(1);
    let estimate = estimate(catalog, plan, &Sizes::new(days));
    let consent = plan.consent();
    let skipped = || plan.skipped.iter().filter(|left| left.because != SkippedBecause::NotAskedFor);
    if json {
        let requests = |id: &str| estimate.requests.get(id).copied();
        let document = serde_json::json!({
            "datasets": plan.datasets.iter().map(|row| serde_json::json!({
                "id": row.id, "group": row.group.as_str(), "category": row.category, "class": budget(row),
                "requests": requests(&row.id), "application": row.permission.application,
                "delegated": row.permission.delegated, "licence": row.licence, "why": row.why,
            })).collect::<Vec<_>>(),
            "unavailable": plan.unavailable.iter().map(|row| &row.id).collect::<Vec<_>>(),
            "skipped": skipped().map(|left| serde_json::json!({"id": left.dataset.id, "reason": left.because.to_string()})).collect::<Vec<_>>(),
            "permissions": {"application": consent.application.keys().collect::<Vec<_>>(), "delegated": consent.delegated.keys().collect::<Vec<_>>(), "delegatedOnly": consent.delegated_only.iter().collect::<Vec<_>>()},
            "requests": estimate.requests.values().sum::<u64>(),
            "secondsAtLeast": estimate.seconds_min,
            "assumedOnePage": estimate.assumed,
            "machine": machine.iter().map(|item| on_this_machine(item)).collect::<Vec<_>>(),
        });
        serde_json::to_writer_pretty(&mut *out, &document)?;
        return writeln!(out);
    }
    writeln!(out, "{:<40} {:>9}  budget", "Dataset", "requests")?;
    for row in &plan.datasets {
        let requests = estimate.requests.get(row.id.as_str()).copied().unwrap_or(0);
        writeln!(out, "{:<40} {:>9}  {}", row.id, grouped(requests), budget(row).unwrap_or("on premises"))?;
    }
    for row in &plan.unavailable {
        writeln!(out, "{:<40} {:>9}  not offered by this cloud", row.id, "-")?;
    }
    for left in skipped() {
        writeln!(out, "{:<40} {:>9}  {}", left.dataset.id, "-", left.because)?;
    }
    writeln!(out, "\nApplication permissions: {}", list(consent.application.keys()))?;
    writeln!(out, "Delegated permissions:   {}", list(consent.delegated.keys()))?;
    if !consent.delegated_only.is_empty() {
        writeln!(out, "Only for a signed-in user: {}", list(consent.delegated_only.iter()))?;
    }
    writeln!(out, "\nBudget       requests   at least")?;
    for (class, share) in &estimate.classes {
        writeln!(out, "{class:<11} {:>9}   {}", grouped(share.requests), span(Duration::from_secs(share.seconds_min)))?;
    }
    if !machine.is_empty() {
        writeln!(out, "\nOn this machine (nothing of it is changed)")?;
    }
    for item in machine {
        let mark = if item.elevated { "  [as administrator]" } else { "" };
        writeln!(out, "  {:<38} {}{mark}", item.id, description(item))?;
    }
    writeln!(
        out,
        "\nAt the published limits this takes {} at the least for {} requests. {} lists are counted with one page, since \
         their length is not known before they are read.",
        span(Duration::from_secs(estimate.seconds_min)),
        grouped(estimate.requests.values().sum()),
        estimate.assumed.len()
    )
}

/// What gathering an item does.
fn on_this_machine(item: &Item) -> serde_json::Value {
    serde_json::json!({
        "id": item.id, "dataset": item.dataset, "kind": item.from.as_str(), "does": description(item),
        "needsElevation": item.elevated, "why": item.why,
    })
}

/// The budget that a dataset's requests draw on; on premises nobody counts them.
fn budget(row: &Dataset) -> Option<&'static str> {
    (!row.is_on_premises()).then(|| row.throttle.as_str())
}

fn list<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| name.as_ref().to_owned()).collect::<Vec<_>>().join(", ")
}
