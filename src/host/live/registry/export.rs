//! Keys as the text of a `.reg` file, version 5.

use std::fmt::Write;

use super::{Closed, Registry, Value, root};
use crate::limits::HOST_REGISTRY_KEYS_MAX;

/// What keys came to.
#[derive(Default)]
pub(in crate::host::live) struct Export {
    /// The text; only its first line when nothing is there.
    pub text: String,
    /// Keys that were read.
    pub read: usize,
    /// Named keys and values that are not there.
    pub missing: usize,
    /// Keys that are closed to us.
    pub denied: usize,
    /// Keys that could not be read otherwise.
    pub failed: usize,
    /// Whether keys were left out, since there are too many or too much.
    pub is_cut: bool,
}

const HEAD: &str = "Windows Registry Editor Version 5.00\r\n";

/// Exports keys; only these `values`, unless there are none named; what is below them too, where it is `deep`.
pub(in crate::host::live) fn export(
    registry: &dyn Registry,
    keys: &[String],
    values: &[String],
    deep: bool,
    bytes_max: usize,
) -> Export {
    let mut export = Export { text: HEAD.to_owned(), ..Export::default() };
    for named in keys {
        let (root, rest) = root(named);
        let path = format!("{root}\\{rest}");
        // Deepest last: what was pushed last is next.
        let mut open = vec![path.clone()];
        while let Some(key) = open.pop() {
            if export.read >= HOST_REGISTRY_KEYS_MAX || export.text.len() >= bytes_max {
                export.is_cut = true;
                return export;
            }
            match registry.read(&key) {
                Ok(content) => {
                    export.read += 1;
                    export.key(&key, &content.values, if key == path { values } else { &[] });
                    if deep {
                        open.extend(content.keys.iter().rev().map(|name| format!("{key}\\{name}")));
                    }
                }
                Err(Closed::Missing) => {
                    export.missing += 1;
                    export.say(&format!("not found: {key}"));
                }
                Err(Closed::Denied) => {
                    export.denied += 1;
                    export.say(&format!("access denied: {key}"));
                }
                Err(Closed::Failed) => export.failed += 1,
            }
        }
    }
    export
}

impl Export {
    fn say(&mut self, text: &str) {
        let _ = write!(self.text, "\r\n; {text}\r\n");
    }

    fn key(&mut self, key: &str, found: &[Value], wanted: &[String]) {
        let is_wanted =
            |value: &&Value| wanted.is_empty() || wanted.iter().any(|name| name.eq_ignore_ascii_case(&value.name));
        let _ = write!(self.text, "\r\n[{key}]\r\n");
        for value in found.iter().filter(is_wanted) {
            self.value(value);
        }
        for name in wanted.iter().filter(|name| !found.iter().any(|value| value.name.eq_ignore_ascii_case(name))) {
            self.missing += 1;
            let _ = write!(self.text, "; not found: {name}\r\n");
        }
    }

    fn value(&mut self, value: &Value) {
        let name = match value.name.as_str() {
            "" => "@".to_owned(),
            name => quoted(name),
        };
        let text = match (value.kind, value.number()) {
            (1, _) => value.text().filter(|text| !text.contains(['\r', '\n', '\0'])).map(|text| quoted(&text)),
            (4, Some(number)) => Some(format!("dword:{number:08x}")),
            _ => None,
        };
        let text = text.unwrap_or_else(|| hex(value));
        let _ = write!(self.text, "{name}={text}\r\n");
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn hex(value: &Value) -> String {
    let bytes: Vec<String> = value.data.iter().map(|byte| format!("{byte:02x}")).collect();
    let kind = if value.kind == 3 { String::new() } else { format!("({:x})", value.kind) };
    format!("hex{kind}:{}", bytes.join(","))
}

#[cfg(test)]
mod tests {
    use super::super::fake::{Fake, dword, string};
    use super::*;

    #[test]
    fn keys_are_spelt_as_the_editor_spells_them() {
        let mut fake = Fake::default();
        fake.set(r"HKLM\SOFTWARE\A", "", string("own"));
        fake.set(r"HKLM\SOFTWARE\A", "Path \"x\"", string(r"C:\x"));
        fake.set(r"HKLM\SOFTWARE\A\B", "Count", dword(10));
        fake.set(r"HKLM\SOFTWARE\A\B", "Blob", (3, vec![1, 0xab]));
        fake.set(r"HKLM\SOFTWARE\A\B", "Big", (11, vec![1, 0, 0, 0, 0, 0, 0, 0]));
        fake.set(r"HKLM\SOFTWARE\A\B", "Lines", string("a\r\nb"));
        fake.deny(r"HKLM\SOFTWARE\A\C");
        let keys = [r"HKLM\SOFTWARE\A".to_owned(), r"HKCU\None".to_owned()];
        let shallow = export(&fake, &keys, &["Path \"x\"".into(), "Gone".into()], false, 1 << 20);
        assert_eq!(
            shallow.text,
            "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\A]\r\n\
             \"Path \\\"x\\\"\"=\"C:\\\\x\"\r\n; not found: Gone\r\n\r\n; not found: HKEY_CURRENT_USER\\None\r\n"
        );
        assert_eq!((shallow.read, shallow.missing, shallow.denied), (1, 2, 0));
        let deep = export(&fake, &keys[..1], &[], true, 1 << 20);
        assert!(deep.text.contains("@=\"own\"\r\n"));
        assert!(deep.text.contains(
            "\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\A\\B]\r\n\"Count\"=dword:0000000a\r\n\"Blob\"=hex:01,ab\r\n\
             \"Big\"=hex(b):01,00,00,00,00,00,00,00\r\n\"Lines\"=hex(1):61,00,0d,00"
        ));
        assert!(deep.text.contains("; access denied: HKEY_LOCAL_MACHINE\\SOFTWARE\\A\\C"));
        assert_eq!((deep.read, deep.denied, deep.is_cut), (2, 1, false));
        assert!(export(&fake, &keys[..1], &[], true, 60).is_cut);
    }

    #[test]
    fn the_text_is_recognised_as_a_registry_export() {
        use crate::files::Inputs;
        use crate::files::{FileEnd, FileHead, Taker, TakerClosed};
        use crate::record::{Form, RawStretch};
        struct Look(Vec<Option<Form>>);
        impl Taker for Look {
            fn begin(&mut self, head: &FileHead) {
                self.0.push(head.form);
            }
            fn stretch(&mut self, _: RawStretch) -> Result<(), TakerClosed> {
                Ok(())
            }
            fn end(&mut self, _: FileEnd) {}
        }
        let mut fake = Fake::default();
        fake.set(r"HKLM\SOFTWARE\A", "x", string("y"));
        let text = export(&fake, &[r"HKLM\SOFTWARE\A".into()], &[], false, 1 << 20).text;
        let mut inputs = Inputs::none();
        inputs.add_bytes("a.reg", text.into()).unwrap();
        let mut look = Look(Vec::new());
        inputs.walk(&mut look);
        assert_eq!(look.0, [Some(Form::Registry)]);
    }
}
