//! Rows of the manifest about the customer's files.

use super::walk::FileStory;
use crate::archive::Hex;
use crate::catalog::host::denied_items;
use crate::commands::closing::{State, plain};
use crate::commands::stopped::Stopped;
use crate::files::FileEnd;
use crate::manifest::{Dataset, FILES, FileRow, FileState, SourceRow};
use crate::pseudonym::CleanText;
use crate::record::Outcome;

/// Its row in the manifest, after what the leak check did with it.
pub(in crate::commands) fn row(file: &FileStory, state: &State<'_>) -> Result<FileRow<CleanText>, Stopped> {
    let (file_state, reason, bytes, sha256) = match &file.end {
        FileEnd::Whole { bytes, repaired } => {
            let text = "{} bytes are no characters in the file's encoding and were written as the nearest ones";
            let reason = (*repaired > 0).then(|| CleanText::filled(text, &[CleanText::number(*repaired)]));
            (FileState::Whole, reason, *bytes, None)
        }
        FileEnd::Damaged { reason } => (FileState::Damaged, Some(CleanText::fixed(reason)), 0, None),
        FileEnd::Withheld { reason, bytes, sha256 } => {
            (FileState::Withheld, Some(CleanText::fixed(reason)), *bytes, sha256.map(Hex::from_sum))
        }
    };
    let mut row = FileRow {
        name: file.name.clone(),
        state: file_state,
        reason,
        form: file.form.map(|form| plain(form.as_str())).transpose()?,
        unpacked_from: file.unpacked_from.map(plain).transpose()?,
        bytes,
        records: file.records,
        sha256,
        entry: file.entry.clone(),
        import: None,
    };
    let Some(entry) = &file.entry else { return Ok(row) };
    if let Some(lines) = state.withheld.lines.get(entry) {
        let text = "{} lines are withheld: the leak check still found identifiers in them; a mark stands for each";
        row.state = FileState::Damaged;
        row.reason = Some(CleanText::filled(text, &[CleanText::number(*lines)]));
    } else if state.withheld.files.contains(entry) {
        row.state = FileState::Withheld;
        row.reason = Some(CleanText::fixed("the leak check still found identifiers in it"));
        (row.records, row.entry) = (0, None);
    }
    Ok(row)
}

/// Whether a file was withheld for what it is: its absence is no loss.
fn is_never(file: &FileRow<CleanText>) -> bool {
    let reason = file.reason.as_ref().map(CleanText::as_str);
    file.state == FileState::Withheld && denied_items().iter().any(|row| reason == Some(row.why.as_str()))
}

/// All files as one row among the datasets, so that the bundle has one verdict.
pub(in crate::commands) fn dataset(
    files: &[FileRow<CleanText>],
    request: &'static str,
) -> Result<Dataset<CleanText>, Stopped> {
    let never = files.iter().filter(|file| is_never(file)).count();
    let missing = files.iter().filter(|file| file.state != FileState::Whole).count() - never;
    let outcome = match missing {
        _ if never + missing > 0 && files.iter().all(|file| file.state == FileState::Withheld) => Outcome::Failed,
        0 => Outcome::Complete,
        _ => Outcome::Partial,
    };
    let count = |number: usize| CleanText::number(number as u64);
    let reason = match (missing, never) {
        (0, 0) => None,
        (0, _) => Some(("{} of {} files hold what is never collected", never)),
        _ => Some(("{} of {} files are withheld or damaged", missing + never)),
    };
    Ok(Dataset {
        id: plain(FILES)?,
        category: None,
        outcome,
        reason: reason.map(|(text, number)| CleanText::filled(text, &[count(number), count(files.len())])),
        hint: (missing + never > 0).then(|| CleanText::fixed("manifest.json says under files which ones and why")),
        records: files.iter().map(|file| file.records).sum(),
        expected: None,
        duplicates: 0,
        pages: 0,
        retries: 0,
        slices: None,
        source: SourceRow { kind: plain("file")?, request: CleanText::fixed(request), permission: None },
        sources: Vec::new(),
        window: None,
        first: None,
        last: None,
        entry: None,
        error: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(state: FileState, reason: Option<&'static str>) -> FileRow<CleanText> {
        FileRow {
            name: CleanText::fixed("a"),
            state,
            reason: reason.map(CleanText::fixed),
            form: None,
            unpacked_from: None,
            bytes: 1,
            records: 1,
            sha256: None,
            entry: None,
            import: None,
        }
    }

    #[test]
    fn what_is_never_collected_is_no_loss_and_everything_else_is() {
        let whole = || file(FileState::Whole, None);
        let never = || file(FileState::Withheld, Some(&denied_items()[0].why));
        let closed = || file(FileState::Withheld, Some("permission to read it is denied"));
        let outcome = |files: &[FileRow<CleanText>]| dataset(files, "--input").unwrap().outcome;
        assert_eq!(outcome(&[whole(), whole()]), Outcome::Complete);
        assert_eq!(outcome(&[whole(), never()]), Outcome::Complete);
        assert_eq!(outcome(&[whole(), never(), closed()]), Outcome::Partial);
        assert_eq!(outcome(&[never(), closed()]), Outcome::Failed);
        assert_eq!(outcome(&[never()]), Outcome::Failed);
    }
}
