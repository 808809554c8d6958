//! The registry: read, never written, and spelt as `reg export` spells it.
//!
//! Takes keys, gives the text of a `.reg` file, so that live and exported keys go the same road. What is not there stands
//! in it as a comment: that a value is missing is a finding. Source:
//! <https://learn.microsoft.com/troubleshoot/windows-server/application-management/windows-registry-advanced-users>.

mod export;
#[cfg(windows)]
mod windows;

pub(super) use export::export;
#[cfg(windows)]
pub(super) use windows::Windows;

/// A value as it is stored. Strings are UTF-16, little endian, with a zero at the end, as a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    /// Empty: the key's own value.
    pub name: String,
    /// `REG_SZ` (1), `REG_EXPAND_SZ` (2), `REG_BINARY` (3), `REG_DWORD` (4), `REG_MULTI_SZ` (7), `REG_QWORD` (11) …
    pub kind: u32,
    pub data: Vec<u8>,
}

impl Value {
    /// The text of a string; of several strings the first.
    pub(super) fn text(&self) -> Option<String> {
        if !matches!(self.kind, 1 | 2 | 7) {
            return None;
        }
        let units = self.data.chunks_exact(2).map(|pair| match pair {
            [low, high] => u16::from_le_bytes([*low, *high]),
            _ => 0,
        });
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        Some(String::from_utf16_lossy(&units))
    }

    /// The number of a `REG_DWORD`.
    pub(super) fn number(&self) -> Option<u32> {
        let bytes: [u8; 4] = self.data.as_slice().try_into().ok()?;
        (self.kind == 4).then(|| u32::from_le_bytes(bytes))
    }
}

/// What a key holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Key {
    pub values: Vec<Value>,
    /// Names of the keys below.
    pub keys: Vec<String>,
}

impl Key {
    /// The value of that name, whatever its case.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|value| value.name.eq_ignore_ascii_case(name))
    }

    /// Its text, if it is one.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.text()
    }

    /// Its number, if it is one.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.value(name)?.number()
    }
}

/// Why a key cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(windows), allow(dead_code, reason = "elsewhere only tests make them"))]
pub(super) enum Closed {
    /// There is none.
    Missing,
    /// Only for others.
    Denied,
    /// Something else.
    Failed,
}

/// A registry. Keys are full paths: `HKLM\SOFTWARE\…`.
pub(super) trait Registry: Send + Sync {
    /// Reads a key. A 64-bit registry has one view; `WOW6432Node` is spelt out.
    fn read(&self, path: &str) -> Result<Key, Closed>;
}

/// The long name of a root, and the rest.
pub(super) fn root(path: &str) -> (&'static str, &str) {
    const ROOTS: [(&str, &str); 10] = [
        ("HKLM", "HKEY_LOCAL_MACHINE"),
        ("HKCU", "HKEY_CURRENT_USER"),
        ("HKU", "HKEY_USERS"),
        ("HKCR", "HKEY_CLASSES_ROOT"),
        ("HKCC", "HKEY_CURRENT_CONFIG"),
        ("HKEY_LOCAL_MACHINE", "HKEY_LOCAL_MACHINE"),
        ("HKEY_CURRENT_USER", "HKEY_CURRENT_USER"),
        ("HKEY_USERS", "HKEY_USERS"),
        ("HKEY_CLASSES_ROOT", "HKEY_CLASSES_ROOT"),
        ("HKEY_CURRENT_CONFIG", "HKEY_CURRENT_CONFIG"),
    ];
    let (first, rest) = path.split_once('\\').unwrap_or((path, ""));
    let long = ROOTS.iter().find(|(short, _)| short.eq_ignore_ascii_case(first.trim_end_matches(':')));
    long.map_or(("", path), |(_, long)| (*long, rest))
}

/// A registry of tests.
#[cfg(test)]
pub(super) mod fake {
    use std::collections::BTreeMap;

    use super::{Closed, Key, Registry, Value, root};

    /// Keys by their path in small letters, with the long root.
    #[derive(Default)]
    pub(in crate::host::live) struct Fake(BTreeMap<String, (String, Result<Key, Closed>)>);

    fn whole(path: &str) -> String {
        let (root, rest) = root(path);
        format!("{root}\\{rest}").trim_end_matches('\\').to_owned()
    }

    pub(in crate::host::live) fn string(text: &str) -> (u32, Vec<u8>) {
        (1, text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect())
    }

    pub(in crate::host::live) fn dword(number: u32) -> (u32, Vec<u8>) {
        (4, number.to_le_bytes().to_vec())
    }

    impl Fake {
        pub(in crate::host::live) fn set(&mut self, path: &str, name: &str, (kind, data): (u32, Vec<u8>)) {
            let path = whole(path);
            let key = self.0.entry(path.to_lowercase()).or_insert_with(|| (path, Ok(Key::default())));
            if let Ok(key) = &mut key.1 {
                key.values.push(Value { name: name.to_owned(), kind, data });
            }
        }

        pub(in crate::host::live) fn deny(&mut self, path: &str) {
            let path = whole(path);
            self.0.insert(path.to_lowercase(), (path, Err(Closed::Denied)));
        }
    }

    impl Registry for Fake {
        fn read(&self, path: &str) -> Result<Key, Closed> {
            let small = whole(path).to_lowercase();
            let below = format!("{small}\\");
            let mut keys: Vec<String> = Vec::new();
            for (_, (name, _)) in self.0.iter().filter(|(key, _)| key.starts_with(&below)) {
                let child = name[below.len()..].split('\\').next().unwrap_or_default().to_owned();
                if !keys.contains(&child) {
                    keys.push(child);
                }
            }
            match self.0.get(&small) {
                Some((_, Ok(key))) => Ok(Key { values: key.values.clone(), keys }),
                Some((_, Err(closed))) => Err(*closed),
                None if keys.is_empty() => Err(Closed::Missing),
                None => Ok(Key { values: Vec::new(), keys }),
            }
        }
    }
}
