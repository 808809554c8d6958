//! This machine: room on the disk, memory, the key, proxies.

use std::path::Path;

use sysinfo::{Disks, System};

use super::super::settings::Settings;
use super::{Check, State};
use crate::commands::words::size;
use crate::pseudonym::key_folder::configuration_folder;

const AREA: &str = "This machine";
/// Room for the spool and the zip of a large collection, bytes: 1,000,000 sign-ins take 0.7 GB for both.
const DISK_BYTES_WANTED: u64 = 2 << 30;
/// A collection takes 150 MB; half a gigabyte leaves room for the system.
const MEMORY_BYTES_WANTED: u64 = 512 << 20;
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

pub(super) fn checks(settings: &Settings) -> Vec<Check> {
    let mut checks = vec![folder(&settings.out), disk(&settings.out), memory(), keys()];
    let set = PROXIES.into_iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    checks.push(match set {
        Some(name) => Check::new(AREA, State::Note, format!("requests go through the proxy of {name}")),
        None => Check::new(AREA, State::Ok, "no proxy is set in the environment"),
    });
    checks
}

fn parent(out: &Path) -> &Path {
    out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether the bundle could be made there: a file is made and removed again.
fn folder(out: &Path) -> Check {
    match tempfile::Builder::new().prefix(".entra-bundle-").tempfile_in(parent(out)) {
        Ok(_) => Check::new(AREA, State::Ok, "the bundle can be written to its folder"),
        Err(error) => {
            Check::new(AREA, State::Fails, format!("the bundle's folder cannot be written: {}", error.kind()))
                .with_hint("choose another --out")
        }
    }
}

fn disk(out: &Path) -> Check {
    let Ok(folder) = parent(out).canonicalize() else {
        return Check::new(AREA, State::Fails, "the bundle's folder does not exist")
            .with_hint("make it, or choose another --out");
    };
    let disks = Disks::new_with_refreshed_list();
    let mounts = disks.iter().flat_map(|disks| disks.iter()).filter(|disk| folder.starts_with(disk.mount_point()));
    match mounts.max_by_key(|disk| disk.mount_point().as_os_str().len()).map(sysinfo::Disk::available_space) {
        Some(free) if free < DISK_BYTES_WANTED => {
            Check::new(AREA, State::Lacks, format!("{} are free on the bundle's disk", size(free as f64)))
                .with_hint(format!("a large tenant needs {}: choose another --out", size(DISK_BYTES_WANTED as f64)))
        }
        Some(free) => Check::new(AREA, State::Ok, format!("{} are free on the bundle's disk", size(free as f64))),
        None => Check::new(AREA, State::Note, "how much room the bundle's disk has is not known"),
    }
}

fn memory() -> Check {
    let Ok(mut system) = System::new() else {
        return Check::new(AREA, State::Note, "how much memory is free is not known");
    };
    system.refresh_memory();
    let free = system.available_memory();
    let state = if free < MEMORY_BYTES_WANTED { State::Lacks } else { State::Ok };
    Check::new(AREA, state, format!("{} of memory are free", size(free as f64)))
}

fn keys() -> Check {
    match configuration_folder() {
        Ok(folder) => Check::new(AREA, State::Ok, format!("keys are kept under {}", folder.join("keys").display())),
        Err(error) => Check::new(AREA, State::Fails, error.to_string()),
    }
}
