//! Where keys and the reveal log live: the user's configuration folder.
//!
//! `ENTRA_BUNDLE_HOME` if set; else `$XDG_CONFIG_HOME/entra-bundle` or `~/.config/entra-bundle` (XDG base directory
//! specification), `~/Library/Application Support/entra-bundle` on macOS, `%APPDATA%\entra-bundle` on Windows. Gives
//! paths only; makes and reads nothing.

use std::env::var_os;
use std::path::PathBuf;

/// Why there is no path.
#[derive(Debug, thiserror::Error)]
pub enum NoFolder {
    /// No variable names a folder.
    #[error("no folder for keys is known: set ENTRA_BUNDLE_HOME to one, or name the key file with --key")]
    NoHome,
    /// The tenant id is no file name.
    #[error("the tenant id cannot be a file name (letters, digits, `-` and `.` only): name the key file with --key")]
    NoFileName,
}

/// The configuration folder.
///
/// # Errors
/// [`NoFolder::NoHome`] when the environment names none.
pub fn configuration_folder() -> Result<PathBuf, NoFolder> {
    let set = |name: &str| var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(home) = set("ENTRA_BUNDLE_HOME") {
        return Ok(home);
    }
    let base = if cfg!(windows) {
        set("APPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library").join("Application Support"))
    } else {
        // The specification says that a relative path in XDG_CONFIG_HOME is to be ignored.
        set("XDG_CONFIG_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| set("HOME").map(|home| home.join(".config")))
    };
    base.map(|base| base.join("entra-bundle")).ok_or(NoFolder::NoHome)
}

/// The key file of a tenant: `keys/<tenant id>.key`, or `keys/default.key` without one.
///
/// # Errors
/// [`NoFolder`] when there is no folder, or the tenant id has other characters than letters, digits, `-` and `.`.
pub fn key_path(tenant: Option<&str>) -> Result<PathBuf, NoFolder> {
    let name = tenant.unwrap_or("default").to_ascii_lowercase();
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if name.is_empty() || name.starts_with('.') || !plain {
        return Err(NoFolder::NoFileName);
    }
    Ok(configuration_folder()?.join("keys").join(format!("{name}.key")))
}
