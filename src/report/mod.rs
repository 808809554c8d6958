//! The report: one self-contained HTML page made from the manifest.
//!
//! Takes a manifest and a summary (answers to the audit questions, findings on premises), gives a [`CleanDocument`]. Loads
//! nothing remote, runs no script, adds no fact that these two do not hold. The page is `templates/report.html`.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};
use serde_json::{Value, json};

use crate::archive::CleanDocument;
use crate::manifest::{Dataset, FILES, Manifest};
use crate::pseudonym::CleanText;
use crate::record::Outcome;
use crate::summary::Summary;

/// The page's name in the bundle.
pub const FILE_NAME: &str = "report.html";

const GROUPS: [(&str, &str); 4] = [
    ("data/objects/", "Objects of the tenant"),
    ("data/config/", "Service configuration"),
    ("data/logs/", "Logs"),
    ("data/onprem/", "On-premises servers and directory"),
];

/// Renders the page.
///
/// # Errors
/// When the template does not fit the manifest: a defect of this program.
pub fn render(manifest: &Manifest<CleanText>, summary: Option<&Summary>) -> Result<CleanDocument, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("report", include_str!("../../templates/report.html"))?;
    let m = minijinja::Value::from(Serde(manifest));
    let open: Vec<Value> = rows(manifest.datasets.iter().filter(|dataset| !dataset.outcome.is_answered()));
    let group = |title: &str, is_in: &dyn Fn(&Dataset<CleanText>) -> bool| {
        let datasets = rows(manifest.datasets.iter().filter(|dataset| is_in(dataset)));
        let timed = datasets.iter().any(|dataset| dataset.get("first").is_some());
        json!({"title": title, "timed": timed, "datasets": datasets})
    };
    // All files are one dataset, whose records lie in many entries.
    let is_files = |dataset: &Dataset<CleanText>| dataset.id.as_str() == FILES;
    let groups: Vec<Value> = GROUPS
        .iter()
        .map(|(folder, title)| {
            group(title, &|dataset| dataset.entry.as_ref().is_some_and(|entry| entry.as_str().starts_with(folder)))
        })
        .chain([
            group("Files in their own form", &is_files),
            group("Asked for, without records", &|dataset| dataset.entry.is_none() && !is_files(dataset)),
        ])
        .filter(|group| group["datasets"].as_array().is_some_and(|datasets| !datasets.is_empty()))
        .collect();
    let page = environment.get_template("report")?.render(context! {
        m,
        summary => Serde(summary),
        open => Serde(open),
        groups => Serde(groups),
        verdict => Serde(verdict(manifest)),
        totals => Serde(totals(manifest)),
    })?;
    Ok(CleanDocument::assembled(FILE_NAME, page.into_bytes()))
}

fn rows<'a>(datasets: impl Iterator<Item = &'a Dataset<CleanText>>) -> Vec<Value> {
    datasets
        .map(|dataset| {
            let mut row = serde_json::to_value(dataset).unwrap_or_default();
            row["tone"] = tone(dataset.outcome).into();
            row["records"] = grouped(dataset.records).into();
            row
        })
        .collect()
}

fn tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "good",
        Outcome::Unlicensed | Outcome::Unavailable | Outcome::Skipped => "calm",
        Outcome::Partial | Outcome::Interrupted => "warn",
        Outcome::Denied | Outcome::Failed => "bad",
    }
}

fn verdict(manifest: &Manifest<CleanText>) -> Value {
    let open = manifest.datasets.iter().filter(|dataset| !dataset.outcome.is_answered()).count();
    match (open, manifest.run.interrupted) {
        (_, true) => {
            json!({"tone": "warn", "title": "Interrupted.", "text": "The run was stopped; what had come by then is here."})
        }
        (0, _) => {
            json!({"tone": "good", "title": "Complete.", "text": "Everything that was asked for is here, or is answered with a reason."})
        }
        (1, _) => json!({"tone": "warn", "title": "Not complete.", "text": "One dataset lacks something."}),
        (n, _) => json!({"tone": "warn", "title": "Not complete.", "text": format!("{n} datasets lack something.")}),
    }
}

fn totals(manifest: &Manifest<CleanText>) -> Value {
    let count =
        |test: &dyn Fn(&Dataset<CleanText>) -> bool| manifest.datasets.iter().filter(|dataset| test(dataset)).count();
    json!({
        "records": grouped(manifest.records()),
        "complete": count(&|dataset| dataset.outcome == Outcome::Complete),
        "asked": count(&|dataset| dataset.outcome != Outcome::Skipped),
        "open": count(&|dataset| !dataset.outcome.is_answered()),
    })
}

/// `1234567` → `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let head = digits.len() % 3;
    let mut parts: Vec<&str> = Vec::new();
    if head > 0 {
        parts.extend(digits.get(..head));
    }
    parts.extend((head..digits.len()).step_by(3).filter_map(|at| digits.get(at..at + 3)));
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_self_contained_and_escapes_texts() {
        let mut manifest = crate::manifest::tests::manifest(&[]);
        manifest.datasets[0].outcome = Outcome::Failed;
        manifest.datasets[0].reason = Some(CleanText::fixed("<script>alert(1)</script>"));
        let page = String::from_utf8(render(&manifest, None).unwrap().bytes().to_vec()).unwrap();
        for remote in ["http://", "https://", "src=", "<script", "@import", "url("] {
            assert!(!page.contains(remote), "{remote}");
        }
        assert!(page.contains("&lt;script&gt;") && page.contains("Not complete."));
        assert!(page.contains(manifest.datasets[0].id.as_str()));
        assert!(page.contains("<dd>app-name, group-name</dd>"));
    }

    #[test]
    fn what_there_is_not_is_not_named() {
        let mut manifest = crate::manifest::tests::manifest(&[]);
        let page = |manifest: &Manifest<CleanText>| String::from_utf8(render(manifest, None).unwrap().bytes().to_vec());
        assert!(page(&manifest).unwrap().contains(" to 2025-"));
        (manifest.tenant.id, manifest.window.since, manifest.window.until, manifest.run.requests) =
            (None, None, None, 0);
        let page = page(&manifest).unwrap();
        for absent in ["None", "none</code>", "0 repeated", "Tenant <code>"] {
            assert!(!page.contains(absent), "{absent}");
        }
    }

    #[test]
    fn files_stand_for_themselves() {
        use crate::manifest::tests::dataset;
        let mut manifest = crate::manifest::tests::manifest(&[]);
        let page = |manifest: &Manifest<CleanText>| {
            String::from_utf8(render(manifest, None).unwrap().bytes().to_vec()).unwrap()
        };
        manifest.datasets.retain(|dataset| dataset.entry.is_some());
        manifest.datasets.push(dataset(FILES, None, 3));
        let own = page(&manifest);
        assert!(own.contains("Files in their own form") && !own.contains("Asked for, without records"));
        manifest.datasets.push(dataset("contacts", None, 0));
        assert!(page(&manifest).contains("Asked for, without records"));
    }

    #[test]
    fn findings_on_premises_are_told_with_what_to_do() {
        use crate::summary::onprem::Onprem;
        let datasets = std::collections::BTreeSet::from(["connect-state", "registry"]);
        let mut onprem = Onprem::new(&datasets, time::OffsetDateTime::UNIX_EPOCH);
        onprem.take(
            "connect-state",
            br#"{"cmdlet":"Get-ADSyncScheduler","SyncCycleEnabled":false,"StagingModeEnabled":true}"#,
        );
        let summary = Summary::new(&[]).with(Some(onprem.end()));
        let manifest = crate::manifest::tests::manifest(&[]);
        let page = String::from_utf8(render(&manifest, Some(&summary)).unwrap().bytes().to_vec()).unwrap();
        for said in
            ["What stands out on premises", "<code>scheduler-off</code>", "staging mode", "<code>tls-dotnet-off</code>"]
        {
            assert!(page.contains(said), "{said}");
        }
        assert!(!page.contains("What the audit logs answer"));
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            (grouped(0), grouped(999), grouped(1000), grouped(1_234_567)),
            ("0".into(), "999".into(), "1,000".into(), "1,234,567".into())
        );
    }
}
