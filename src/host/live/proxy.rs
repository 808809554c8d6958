//! The layers of proxy settings of a Windows server.
//!
//! Takes the registry and `machine.config`, gives one JSON object for each layer: WinHTTP, WinINET of the user, of the
//! system and of the service accounts, .NET (which the sync engine uses), the environment. The text of `netsh` is translated
//! by Windows, so the values behind it are decoded. Sources:
//! <https://learn.microsoft.com/windows/win32/winhttp/netsh-exe-commands>,
//! <https://learn.microsoft.com/dotnet/framework/configure-apps/file-schema/network/defaultproxy-element-network-settings>,
//! <https://learn.microsoft.com/entra/identity/hybrid/connect/tshoot-connect-connectivity>.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value, json};

use super::registry::Registry;

const CONNECTIONS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections";
const SETTINGS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
/// Whose settings: this user, the system, the local and the network service.
const PEOPLE: [(&str, &str); 4] = [
    ("user", "HKCU"),
    ("LocalSystem", r"HKU\S-1-5-18"),
    ("LocalService", r"HKU\S-1-5-19"),
    ("NetworkService", r"HKU\S-1-5-20"),
];

/// What the registry says.
pub(super) fn from_registry(registry: &dyn Registry) -> Vec<Value> {
    let mut found = Vec::new();
    for (view, prefix) in [("64-bit", r"HKLM"), ("32-bit", r"HKLM\SOFTWARE\WOW6432Node")] {
        let below = if view == "64-bit" { CONNECTIONS } else { CONNECTIONS.trim_start_matches("Software\\") };
        let mut line = json!({"kind": "proxy", "layer": "WinHTTP", "view": view});
        let key = registry.read(&format!("{prefix}\\{below}"));
        match key.as_ref().ok().and_then(|key| key.value("WinHttpSettings")) {
            Some(value) => merge(&mut line, connection(&value.data)),
            None => line["state"] = json!("not found"),
        }
        found.push(line);
    }
    for (who, root) in PEOPLE {
        let Ok(key) = registry.read(&format!("{root}\\{SETTINGS}")) else { continue };
        let mut line = json!({"kind": "proxy", "layer": "WinINET", "account": who});
        if let Some(number) = key.number("ProxyEnable") {
            line["ProxyEnable"] = json!(number);
        }
        for name in ["ProxyServer", "ProxyOverride", "AutoConfigURL"] {
            if let Some(text) = key.text(name) {
                line[name] = json!(text);
            }
        }
        let detail = registry.read(&format!("{root}\\{CONNECTIONS}")).ok();
        if let Some(value) = detail.as_ref().and_then(|key| key.value("DefaultConnectionSettings")) {
            line["connection"] = Value::Object(connection(&value.data));
        }
        found.push(line);
    }
    found
}

fn merge(line: &mut Value, more: Map<String, Value>) {
    line.as_object_mut().into_iter().for_each(|line| line.extend(more.clone()));
}

/// The binary value of a connection: version, counter, flags (1 direct, 2 proxy, 4 script, 8 detected), then texts, each
/// behind its length: the proxy, what goes around it, the script.
fn connection(data: &[u8]) -> Map<String, Value> {
    let mut fields = Map::new();
    let number = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?));
    let Some(flags) = number(8) else {
        fields.insert("state".into(), json!("damaged"));
        return fields;
    };
    for (bit, name) in [(1, "direct"), (2, "proxy"), (4, "script"), (8, "detect")] {
        fields.insert(name.into(), json!(flags & bit != 0));
    }
    let mut at = 12;
    for name in ["proxyServer", "bypass", "scriptUrl"] {
        let Some(length) = number(at).and_then(|length| usize::try_from(length).ok()) else { break };
        let Some(text) = data.get(at + 4..).and_then(|rest| rest.get(..length)) else {
            fields.insert("state".into(), json!("damaged"));
            break;
        };
        if !text.is_empty() {
            fields.insert(name.into(), json!(String::from_utf8_lossy(text)));
        }
        at += 4 + length;
    }
    fields
}

/// What `machine.config` says in `system.net/defaultProxy`.
pub(super) fn from_machine_config(text: &str) -> Value {
    let mut line = json!({"kind": "proxy", "layer": ".NET machine.config"});
    let mut reader = Reader::from_str(text);
    let mut is_inside = false;
    let mut is_found = false;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) if tag.name().as_ref() == "defaultProxy" => {
                (is_inside, is_found) = (true, true);
                attributes(&tag, "", &mut line);
            }
            Ok(Event::Empty(tag)) if tag.name().as_ref() == "defaultProxy" => {
                is_found = true;
                attributes(&tag, "", &mut line);
            }
            Ok(Event::Start(tag) | Event::Empty(tag)) if is_inside => match tag.name().as_ref() {
                "proxy" => attributes(&tag, "", &mut line),
                "add" => attributes(&tag, "bypass.", &mut line),
                "module" => attributes(&tag, "module.", &mut line),
                _ => {}
            },
            Ok(Event::End(tag)) if tag.name().as_ref() == "defaultProxy" => is_inside = false,
            Ok(Event::Eof) => break,
            Err(_) => {
                line["state"] = json!("damaged");
                return line;
            }
            _ => {}
        }
    }
    if !is_found {
        line["state"] = json!("not found");
    }
    line
}

/// The attributes of an element; several of one name become a list.
fn attributes(tag: &quick_xml::events::BytesStart<'_>, prefix: &str, line: &mut Value) {
    for attribute in tag.attributes().flatten() {
        let name = format!("{prefix}{}", attribute.key.as_ref());
        let raw = attribute.value.into_owned();
        let value = quick_xml::escape::unescape(&raw).map(std::borrow::Cow::into_owned).unwrap_or(raw);
        match &mut line[&name] {
            Value::Null => line[&name] = json!(value),
            Value::Array(list) => list.push(json!(value)),
            first => *first = json!([first.take(), value]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::registry::fake::{Fake, dword, string};
    use super::*;

    fn settings(flags: u32, texts: &[&str]) -> Vec<u8> {
        let mut data: Vec<u8> = [0x18, 0, flags].iter().flat_map(|number: &u32| number.to_le_bytes()).collect();
        for text in texts {
            data.extend((text.len() as u32).to_le_bytes());
            data.extend(text.bytes());
        }
        data
    }

    #[test]
    fn every_layer_of_the_registry_is_told() {
        let mut fake = Fake::default();
        let data = settings(3, &["proxy.contoso.test:8080", "<local>;*.contoso.test"]);
        fake.set(&format!("HKLM\\{CONNECTIONS}"), "WinHttpSettings", (3, data));
        fake.set(&format!("HKCU\\{SETTINGS}"), "ProxyEnable", dword(1));
        fake.set(&format!("HKCU\\{SETTINGS}"), "ProxyServer", string("other:80"));
        let found = from_registry(&fake);
        assert_eq!(found[0]["proxyServer"], "proxy.contoso.test:8080");
        assert_eq!(
            (&found[0]["direct"], &found[0]["proxy"], &found[0]["script"]),
            (&json!(true), &json!(true), &json!(false))
        );
        assert_eq!((&found[1]["view"], &found[1]["state"]), (&json!("32-bit"), &json!("not found")));
        assert_eq!((&found[2]["ProxyEnable"], &found[2]["ProxyServer"]), (&json!(1), &json!("other:80")));
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn damaged_settings_are_called_so() {
        assert_eq!(connection(&[1, 2, 3])["state"], "damaged");
        let mut cut = settings(2, &["proxy:80"]);
        cut.truncate(18);
        assert_eq!((&connection(&cut)["state"], &connection(&cut)["proxy"]), (&json!("damaged"), &json!(true)));
        assert!(!connection(&settings(1, &["", ""])).contains_key("proxyServer"));
    }

    #[test]
    fn the_proxy_of_dot_net_is_read() {
        let text = r#"<configuration><system.net><defaultProxy enabled="true" useDefaultCredentials="true">
            <proxy usesystemdefault="true" proxyaddress="http://p.contoso.test:80" bypassonlocal="true"/>
            <bypasslist><add address="a"/><add address="b &amp; c"/></bypasslist>
            </defaultProxy></system.net></configuration>"#;
        let line = from_machine_config(text);
        assert_eq!((&line["enabled"], &line["proxyaddress"]), (&json!("true"), &json!("http://p.contoso.test:80")));
        assert_eq!(line["bypass.address"], json!(["a", "b & c"]));
        assert_eq!(from_machine_config("<configuration/>")["state"], "not found");
        assert_eq!(from_machine_config("<configuration><a></b>")["state"], "damaged");
    }
}
