//! The key of a run: the one that is named, or the tenant's own, made on first use. Never one that lies where the bundle
//! goes: what stands beside a bundle is soon sent along. `out` is none when no bundle is written.

use std::path::Path;

use super::stopped::Stopped;
use crate::clock::Clock;
use crate::pseudonym::key::MasterKey;
use crate::pseudonym::key_folder::key_path;

/// Reads the key file that `--key` names.
pub(super) fn named(path: &Path, out: Option<&Path>) -> Result<MasterKey, Stopped> {
    let key = MasterKey::load(path)?;
    refuse_beside_bundle(path, out)?;
    Ok(key)
}

/// The tenant's own key, or the key for files of no tenant; made on first use.
pub(super) fn own(
    tenant_id: Option<&str>,
    out: Option<&Path>,
    clock: Clock,
    say: &dyn Fn(&str),
) -> Result<MasterKey, Stopped> {
    let path = key_path(tenant_id)?;
    let key = if path.exists() {
        MasterKey::load(&path)?
    } else {
        let whose = if tenant_id.is_some() { "for this tenant" } else { "for files of no named tenant" };
        say(&format!("A new key was made {whose}: {}", path.display()));
        say("Keep it: only this key turns pseudonyms back. Never send it with the bundle.");
        MasterKey::create(&path, clock.now())?
    };
    refuse_beside_bundle(&path, out)?;
    Ok(key)
}

fn refuse_beside_bundle(key: &Path, out: Option<&Path>) -> Result<(), Stopped> {
    let Some(out) = out else { return Ok(()) };
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (key.canonicalize(), folder.canonicalize()) {
        (Ok(key), Ok(folder)) if key.parent() == Some(&folder) => Err(Stopped::KeyBesideBundle),
        _ => Ok(()),
    }
}
