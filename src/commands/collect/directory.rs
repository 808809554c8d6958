//! Active Directory on the road of `collect`: read beside the first phase, since its records name people and machines.
//!
//! Takes the options, gives the [`Directory`] that they mean; takes the planned rows, gives an [`Arrival`] for each. A
//! password is read from its file here and goes to the directory alone.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::args::CollectArgs;
use super::course::{Arrival, Part};
use super::road::Entrance;
use super::sources::{BadSource, secret};
use super::task::Task;
use crate::catalog::{Dataset, SourceKind};
use crate::directory::{self, BadDirectory, Credential, Directory, View, has_kerberos};
use crate::limits::LDAP_CA_BYTES_MAX;

/// The directory that the options name.
///
/// # Errors
/// [`BadSource`], with what to write instead.
pub(super) fn named(args: &CollectArgs) -> Result<Option<Directory>, BadSource> {
    let Some(address) = &args.ldap else { return Ok(None) };
    let credential = match (&args.ldap_user, &args.ldap_password_file) {
        (Some(name), Some(file)) => {
            let text = secret(file, "--ldap-password-file")?;
            // An editor ends the last line; a blank may belong to the password.
            let password =
                Zeroizing::new(text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']).to_owned());
            Credential::Simple { name: name.clone(), password }
        }
        _ if has_kerberos() => Credential::Kerberos,
        _ => Credential::Nobody,
    };
    let view =
        View { base: args.ldap_base.clone(), filter: args.ldap_filter.clone(), object: args.ldap_object.clone() };
    let directory = Directory::new(address, credential, view)?;
    Ok(Some(match &args.ldap_ca {
        Some(path) => directory.trusting(&authorities(path)?)?,
        None => directory,
    }))
}

/// The content of `--ldap-ca`.
fn authorities(path: &Path) -> Result<Vec<u8>, BadSource> {
    let unreadable = |reason| BadSource::File { option: "--ldap-ca", reason };
    let mut pem = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LDAP_CA_BYTES_MAX + 1).read_to_end(&mut pem).map_err(unreadable)?;
    if pem.len() as u64 > LDAP_CA_BYTES_MAX { Err(BadDirectory::Authority.into()) } else { Ok(pem) }
}

/// Reads the planned datasets of the directory, if one is named.
pub(super) async fn collect(
    directory: Option<&Directory>,
    rows: Vec<&'static Dataset>,
    task: &Arc<Task>,
) -> Vec<Arrival> {
    let Some(directory) = directory.filter(|_| !rows.is_empty()) else { return Vec::new() };
    for row in &rows {
        task.road.progress().begin(&row.id, 1);
    }
    let sink = Entrance(Arc::clone(&task.road));
    let limits = (task.clock, task.deadline);
    let reports = directory::collect(directory, &rows, &sink, limits, &task.cancel).await;
    let arrive = |(dataset, mut report): (&'static Dataset, crate::source::Report)| {
        task.without_refused(dataset, &mut report);
        let part = Part {
            kind: SourceKind::Ldap,
            request: report.request.clone(),
            window: task.window,
            outcome: report.verdict.outcome,
            records: report.records,
        };
        Arrival { dataset, report, parts: vec![part] }
    };
    rows.into_iter().zip(reports).map(arrive).collect()
}
