//! The folder of a spool: nobody else may look into it, and what is in it must be found again after a power cut.

use std::path::Path;

/// Forces the names in a folder, and its own, to the disk. Not every system can be asked for that.
pub(super) fn sync_names(folder: &Path) {
    for folder in [Some(folder), folder.parent()].into_iter().flatten() {
        let folder = if folder == Path::new("") { Path::new(".") } else { folder };
        if let Ok(opened) = std::fs::File::open(folder) {
            let _ = opened.sync_all();
        }
    }
}

/// Makes folders that only their owner can open.
pub(super) fn private_folder() -> std::fs::DirBuilder {
    #[allow(unused_mut, reason = "only unix has a mode")]
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
