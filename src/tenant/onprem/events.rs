//! Saved events as `wevtutil qe CHANNEL /f:RenderedXml /e:Events` writes them.
//!
//! Takes events with their instants, gives XML in order of record ids. Source: \[MS-EVEN6\] 2.2.

use std::fmt::Write;

use time::OffsetDateTime;

use super::instant;
use crate::tenant::world::ON_PREMISES_DOMAIN;

/// An event: classic sources have unnamed inserts, others named data.
pub(super) struct Event<'e> {
    pub(super) provider: &'e str,
    pub(super) id: u32,
    /// 2 error, 3 warning, 4 information.
    pub(super) level: u8,
    pub(super) at: OffsetDateTime,
    /// SID of the account.
    pub(super) user: Option<String>,
    /// Name (empty: none) and value.
    pub(super) data: Vec<(&'e str, String)>,
    /// What the event viewer shows; `None`: the first value.
    pub(super) message: Option<String>,
}

impl<'e> Event<'e> {
    /// A classic event: one text.
    pub(super) fn text(provider: &'e str, id: u32, level: u8, at: OffsetDateTime, text: String) -> Self {
        Self { provider, id, level, at, user: None, data: vec![("", text)], message: None }
    }
}

/// Characters that XML gives a meaning.
pub(super) fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}

/// The file of a channel of a host, oldest event first.
pub(super) fn saved(channel: &str, host: &str, mut events: Vec<Event<'_>>) -> Vec<u8> {
    events.sort_by_key(|event| event.at);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events>\r\n");
    for (record, event) in (70_001_u64..).zip(&events) {
        write(channel, host, record, event, &mut out);
    }
    out.push_str("</Events>\r\n");
    out.into_bytes()
}

/// AD FS puts its inserts into `UserData`.
const USER_DATA: &str = "AD FS";

fn write(channel: &str, host: &str, record: u64, event: &Event<'_>, out: &mut String) {
    let level = ["", "Critical", "Error", "Warning", "Information"][usize::from(event.level.min(4))];
    let user = event.user.as_ref().map_or("<Security/>".to_owned(), |sid| format!("<Security UserID='{sid}'/>"));
    let _ = write!(
        out,
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{}'/><EventID>{}</EventID>\
         <Version>0</Version><Level>{}</Level><Task>0</Task><Opcode>0</Opcode><Keywords>0x80000000000000</Keywords>\
         <TimeCreated SystemTime='{}'/><EventRecordID>{record}</EventRecordID><Correlation/>\
         <Execution ProcessID='4112' ThreadID='{}'/><Channel>{}</Channel><Computer>{host}.{ON_PREMISES_DOMAIN}</Computer>{user}</System>",
        xml(event.provider),
        event.id,
        event.level,
        instant::precise(event.at, record * 1_103),
        record % 90 + 8,
        xml(channel),
    );
    let mut data = String::new();
    for (name, value) in &event.data {
        let name = if name.is_empty() { String::new() } else { format!(" Name='{name}'") };
        let _ = write!(data, "<Data{name}>{}</Data>", xml(value));
    }
    let _ = match event.provider == USER_DATA {
        true => write!(
            out,
            "<UserData><Event xmlns='http://schemas.microsoft.com/ActiveDirectoryFederationServices/2.0/Events'>\
             <EventData>{data}</EventData></Event></UserData>"
        ),
        false => write!(out, "<EventData>{data}</EventData>"),
    };
    let first = event.data.first().map(|(_, value)| value.as_str()).unwrap_or_default();
    let message = event.message.as_deref().unwrap_or(first);
    let _ = write!(
        out,
        "<RenderingInfo Culture='en-US'><Message>{}</Message><Level>{level}</Level><Task></Task><Opcode></Opcode>\
         <Channel></Channel><Provider></Provider><Keywords><Keyword>Classic</Keyword></Keywords></RenderingInfo></Event>\r\n",
        xml(message)
    );
}
