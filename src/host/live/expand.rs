//! Where things are on this machine: variables in paths, the folder of a program, files that a pattern names.
//!
//! Takes the paths of rows, gives paths of this machine. A program without a folder is taken from the system's folder,
//! never from the path or the current folder. A 32-bit build reaches the 64-bit programs through `Sysnative`
//! (<https://learn.microsoft.com/windows/win32/winprog64/file-system-redirector>).

use std::path::{MAIN_SEPARATOR, MAIN_SEPARATOR_STR, Path, PathBuf};

/// Gives a variable of the environment.
pub(super) type Variables = dyn Fn(&str) -> Option<String> + Send + Sync;

/// A path with the variables between `%` filled in; none where one is not set.
pub(super) fn expand(path: &str, variables: &Variables) -> Option<String> {
    expand_with(path, variables, |value| value.to_owned())
}

/// The same for a pattern: what a variable holds is no pattern.
pub(super) fn expand_pattern(path: &str, variables: &Variables) -> Option<String> {
    expand_with(path, variables, glob::Pattern::escape)
}

fn expand_with(path: &str, variables: &Variables, spell: impl Fn(&str) -> String) -> Option<String> {
    let mut parts = path.split('%');
    let mut expanded = own_separators(parts.next().unwrap_or_default());
    while let Some(name) = parts.next() {
        let Some(rest) = parts.next() else {
            // A single sign stands for itself.
            expanded.push('%');
            expanded.push_str(&own_separators(name));
            break;
        };
        let value = variables(name).filter(|value| !value.is_empty())?;
        expanded.push_str(&spell(value.trim_end_matches(['\\', '/'])));
        expanded.push_str(&own_separators(rest));
    }
    Some(expanded)
}

/// Rows are written with `\`.
fn own_separators(path: &str) -> String {
    if MAIN_SEPARATOR == '\\' { path.to_owned() } else { path.replace('\\', MAIN_SEPARATOR_STR) }
}

/// Where a program is.
pub(super) fn program(name: &str, variables: &Variables) -> Option<PathBuf> {
    let name = if name.contains(['\\', '/']) {
        name.to_owned()
    } else {
        let ending = if name.contains('.') { "" } else { ".exe" };
        format!(r"%SystemRoot%\System32\{name}{ending}")
    };
    let path = expand(&name, variables)?;
    Some(native(PathBuf::from(path), variables))
}

/// The 64-bit program where a 32-bit build would be shown its 32-bit twin.
fn native(path: PathBuf, variables: &Variables) -> PathBuf {
    if !cfg!(target_pointer_width = "32") {
        return path;
    }
    sysnative(&path, variables).filter(|native| native.exists()).unwrap_or(path)
}

fn sysnative(path: &Path, variables: &Variables) -> Option<PathBuf> {
    let root = PathBuf::from(variables("SystemRoot")?);
    let below = path.strip_prefix(root.join("System32")).ok()?;
    Some(root.join("Sysnative").join(below))
}

/// The files that a row's path names, in no order, and whether a folder on the way is closed to us. Links are not followed.
pub(super) fn files(path: &str, variables: &Variables) -> (Vec<PathBuf>, bool) {
    let Some(pattern) = expand_pattern(path, variables) else { return (Vec::new(), false) };
    let options = glob::MatchOptions { case_sensitive: false, ..glob::MatchOptions::default() };
    let (mut found, mut is_closed) = (Vec::new(), false);
    for path in glob::glob_with(&pattern, options).into_iter().flatten() {
        match path {
            // What cannot even be looked at is a file until it is opened.
            Ok(path) if path.symlink_metadata().map_or(true, |metadata| metadata.is_file()) => found.push(path),
            Ok(_) => {}
            Err(error) => is_closed |= error.error().kind() == std::io::ErrorKind::PermissionDenied,
        }
    }
    (found, is_closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        match name {
            "SystemRoot" => Some("/win[1]".into()),
            "ProgramData" => Some("/data/".into()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_filled_in() {
        let own = |path: &str| path.replace('/', MAIN_SEPARATOR_STR);
        assert_eq!(expand(r"%ProgramData%\a\b", &variables).as_deref(), Some(own("/data/a/b").as_str()));
        assert_eq!(expand(r"100%", &variables).as_deref(), Some("100%"));
        assert_eq!(expand(r"%NoSuch%\a", &variables), None);
        assert_eq!(expand_pattern(r"%SystemRoot%\*.log", &variables), Some(own("/win[[]1[]]/*.log")));
        assert_eq!(
            program("dsregcmd", &variables),
            Some(PathBuf::from("/win[1]").join("System32").join("dsregcmd.exe"))
        );
        let native = sysnative(&PathBuf::from("/win[1]").join("System32").join("a.exe"), &variables);
        assert_eq!(native, Some(PathBuf::from("/win[1]").join("Sysnative").join("a.exe")));
        assert_eq!(sysnative(Path::new("/elsewhere/a.exe"), &variables), None);
    }

    #[test]
    fn patterns_find_files_whatever_their_case() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("trace.d")).unwrap();
        for name in ["Trace-1.LOG", "trace-2.log", "other.log", "trace.d/x.log"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let root = folder.path().to_str().unwrap().to_owned();
        let (mut found, is_closed) = files(r"%Root%\trace*", &move |_: &str| Some(root.clone()));
        assert!(!is_closed);
        found.sort();
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert_eq!(names, ["Trace-1.LOG", "trace-2.log"]);
    }
}
