//! JSON as a tree that keeps what other readers lose: numbers as written, the order of keys, keys that come twice.
//! Written apart from the product's reader, after RFC 8259; refuses what is no JSON.

#[derive(Debug, PartialEq)]
pub enum Tree {
    /// `null`, `true`, `false` or a number, as written.
    Word(String),
    Text(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

/// One value; nothing may stand behind it.
pub fn parse(text: &str) -> Result<Tree, String> {
    let mut reader = Reader { text, at: 0 };
    let tree = reader.value()?;
    reader.space();
    if reader.at == text.len() { Ok(tree) } else { Err(format!("text behind the value at byte {}", reader.at)) }
}

impl Reader<'_> {
    fn space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
    }

    fn next(&mut self, sign: u8) -> bool {
        self.space();
        let is_next = self.text.as_bytes().get(self.at) == Some(&sign);
        self.at += usize::from(is_next);
        is_next
    }

    fn fault<T>(&self, wanted: &str) -> Result<T, String> {
        Err(format!("no {wanted} at byte {}", self.at))
    }

    fn value(&mut self) -> Result<Tree, String> {
        self.space();
        match self.text.as_bytes().get(self.at) {
            Some(b'"') => self.string().map(Tree::Text),
            Some(b'[') => {
                self.at += 1;
                let mut items = Vec::new();
                if self.next(b']') {
                    return Ok(Tree::Array(items));
                }
                loop {
                    items.push(self.value()?);
                    if self.next(b']') {
                        return Ok(Tree::Array(items));
                    }
                    if !self.next(b',') {
                        return self.fault("comma");
                    }
                }
            }
            Some(b'{') => {
                self.at += 1;
                let mut members = Vec::new();
                if self.next(b'}') {
                    return Ok(Tree::Object(members));
                }
                loop {
                    self.space();
                    let key = self.string()?;
                    if !self.next(b':') {
                        return self.fault("colon");
                    }
                    members.push((key, self.value()?));
                    if self.next(b'}') {
                        return Ok(Tree::Object(members));
                    }
                    if !self.next(b',') {
                        return self.fault("comma");
                    }
                }
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Tree, String> {
        let rest = &self.text[self.at..];
        let end =
            rest.find(|symbol: char| !symbol.is_ascii_alphanumeric() && !"+-.".contains(symbol)).unwrap_or(rest.len());
        let word = &rest[..end];
        let is_number = || serde_json::from_str::<&serde_json::value::RawValue>(word).is_ok();
        if !is_number() {
            return self.fault("value");
        }
        self.at += end;
        Ok(Tree::Word(word.to_owned()))
    }

    fn string(&mut self) -> Result<String, String> {
        let start = self.at;
        if self.text.as_bytes().get(start) != Some(&b'"') {
            return self.fault("string");
        }
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        while bytes.get(at).is_some_and(|byte| *byte != b'"') {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        let whole = self.text.get(start..=at).ok_or_else(|| format!("no end of the string at byte {start}"))?;
        self.at = at + 1;
        // A lone half of a surrogate pair is JSON, but no text.
        Ok(serde_json::from_str(whole).unwrap_or_else(|_| whole.to_owned()))
    }
}

#[test]
fn what_is_written_is_kept() {
    let tree = parse(r#" {"a":1.50, "a":[null,"x\u0040"], "b":1e400} "#).unwrap();
    let word = |text: &str| Tree::Word(text.into());
    let list = Tree::Array(vec![word("null"), Tree::Text("x@".into())]);
    assert_eq!(tree, Tree::Object(vec![("a".into(), word("1.50")), ("a".into(), list), ("b".into(), word("1e400"))]));
    for wrong in ["", "{", "[1,]", "{\"a\"}", "01", "tru", "1 2", "\"a"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}
