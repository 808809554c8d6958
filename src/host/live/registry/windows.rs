//! The machine's own registry.

use windows_registry::{CLASSES_ROOT, CURRENT_CONFIG, CURRENT_USER, LOCAL_MACHINE, USERS};

use super::{Closed, Key, Registry, Value, root};

/// Reads with the rights that this process has.
pub(in crate::host::live) struct Windows;

/// `HRESULT`s of `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND` and `ERROR_ACCESS_DENIED`.
const NOT_FOUND: [i32; 2] = [0x8007_0002_u32.cast_signed(), 0x8007_0003_u32.cast_signed()];
const DENIED: i32 = 0x8007_0005_u32.cast_signed();

impl Registry for Windows {
    fn read(&self, path: &str) -> Result<Key, Closed> {
        let (root, rest) = root(path);
        let root = match root {
            "HKEY_LOCAL_MACHINE" => LOCAL_MACHINE,
            "HKEY_CURRENT_USER" => CURRENT_USER,
            "HKEY_USERS" => USERS,
            "HKEY_CLASSES_ROOT" => CLASSES_ROOT,
            "HKEY_CURRENT_CONFIG" => CURRENT_CONFIG,
            _ => return Err(Closed::Missing),
        };
        let key = root.open(rest).map_err(|error| closed(error.code().0))?;
        let keys = key.keys().map_err(|error| closed(error.code().0))?.collect();
        let values = key.values().map_err(|error| closed(error.code().0))?;
        let values = values.map(|(name, value)| Value { name, kind: value.ty().into(), data: value.to_vec() });
        Ok(Key { values: values.collect(), keys })
    }
}

fn closed(code: i32) -> Closed {
    match code {
        code if NOT_FOUND.contains(&code) => Closed::Missing,
        DENIED => Closed::Denied,
        _ => Closed::Failed,
    }
}
