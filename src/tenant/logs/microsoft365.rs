//! Microsoft 365 activity: what the tenant's people do in Exchange, SharePoint, Teams and the directory.
//!
//! Takes an index, gives the record as the Management Activity API has it. The people, devices and addresses are those of
//! the other logs. Source: learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema;
//! purview/audit-mailboxes for mailbox items.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::super::TenantSettings;
use super::super::instant::{self, SECOND, Ticks};
use super::super::world::{Class, INITIAL_DOMAIN, User, World, guid_bits, mix, stories};
use super::actors::Actor;
use super::addresses::Network;
use super::network::personal_folder;
use super::timeline::Timeline;
use super::{event_number, guid_text, loose_guid};

/// Far behind the numbers of the other logs.
const LOG: u64 = 40;
/// The longest that a record takes until it is available.
pub(crate) const DELAY_MAX: Ticks = 20 * 3_600 * SECOND;
/// Host of the tenant's personal sites.
const PERSONAL_SITES: &str = "alderwoodmarine-my.sharepoint.com";

/// Where a record belongs.
pub(crate) const CONTENT_TYPES: [&str; 4] =
    ["Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.General", "Audit.SharePoint"];

/// What happens, by turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    MailRead,
    InboxRule,
    FileOpened,
    FileShared,
    Message,
    UserUpdated,
    LoggedIn,
    LoginFailed,
}

const EVENTS: [Event; 8] = [
    Event::MailRead,
    Event::UserUpdated,
    Event::FileOpened,
    Event::LoggedIn,
    Event::Message,
    Event::InboxRule,
    Event::FileShared,
    Event::LoginFailed,
];

/// The log of one tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Microsoft365 {
    world: World,
    timeline: Timeline,
}

impl Microsoft365 {
    pub(crate) fn new(world: World, settings: &TenantSettings) -> Self {
        let (now, count) = (instant::ticks(settings.now), 200 + settings.audits / 2);
        Self { world, timeline: Timeline::new(now, count, mix(settings.seed, LOG)) }
    }

    /// Number of records.
    pub(crate) fn count(&self) -> u64 {
        self.timeline.count()
    }

    /// The instant of a record.
    pub(crate) fn at(&self, index: u64) -> Ticks {
        // The service writes whole seconds.
        self.timeline.at(index).div_euclid(SECOND) * SECOND
    }

    /// When a record can be had: most within an hour, one in ninety-seven the next day.
    pub(crate) fn available(&self, index: u64) -> Ticks {
        let oldest = self.world.ago_s(2 * 86_400).unix_timestamp().saturating_mul(SECOND);
        let late = index % 97 == 5 && self.at(index) < oldest;
        let delay_s = if late { 20 * 3_600 } else { 300 + (mix(self.world.seed(), index) % 2_400) as Ticks };
        self.at(index) + delay_s * SECOND
    }

    /// The records that may become available from `lower` until just before `upper`.
    pub(crate) fn near(&self, lower: Ticks, upper: Ticks) -> Range<u64> {
        self.timeline.within(lower.saturating_sub(DELAY_MAX + SECOND), upper)
    }

    /// The records that happened in a closed window.
    pub(crate) fn within(&self, lower: Ticks, upper: Ticks) -> Range<u64> {
        self.timeline.within(lower, upper)
    }

    fn event(index: u64) -> Event {
        EVENTS.get(index as usize % EVENTS.len()).copied().unwrap_or(Event::Message)
    }

    /// Place of its content type in [`CONTENT_TYPES`].
    pub(crate) fn content_type(&self, index: u64) -> usize {
        match Self::event(index) {
            Event::UserUpdated | Event::LoggedIn | Event::LoginFailed => 0,
            Event::MailRead | Event::InboxRule => 1,
            Event::Message => 2,
            Event::FileOpened | Event::FileShared => 3,
        }
    }

    /// Whose record it is.
    pub(crate) fn user(&self, index: u64) -> u64 {
        mix(self.world.seed() ^ 0x365, index) % self.world.user_count()
    }

    /// Whether the record names the user's personal site.
    pub(crate) fn shows_folder(&self, index: u64) -> bool {
        matches!(Self::event(index), Event::FileOpened | Event::FileShared)
    }

    /// From where.
    pub(crate) fn network(&self, index: u64) -> Network {
        let draw = mix(self.world.seed() ^ 0x366, index);
        match (Self::event(index), draw & 3) {
            (Event::LoginFailed, _) => Network::Spray(78),
            (_, 0) => Network::Home(self.user(index)),
            _ => Network::Carrier((draw >> 8 & 0xFF) as u8),
        }
    }

    /// The id of a record.
    pub(crate) fn id(&self, index: u64) -> String {
        guid_text(guid_bits(self.world.seed(), Class::Event, event_number(LOG, index)))
    }

    /// The record.
    pub(crate) fn record(&self, index: u64) -> Value {
        let Actor { user, device, .. } = Actor::new(&self.world, self.user(index));
        let (event, draw) = (Self::event(index), mix(self.world.seed() ^ 0x367, index));
        let (kind, operation, workload) = name(event);
        let mut record = Map::new();
        let at = instant::text(self.at(index));
        let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
        put("CreationTime", at.get(..19).unwrap_or_default().into());
        put("Id", self.id(index).into());
        put("Operation", operation.into());
        put("OrganizationId", self.world.tenant_id().into());
        put("RecordType", kind.into());
        put("ResultStatus", if event == Event::LoginFailed { "Failed" } else { "Success" }.into());
        put(
            "UserKey",
            if workload == "SharePoint" || workload == "OneDrive" {
                format!("i:0h.f|membership|{}@live.com", user.puid.to_lowercase())
            } else {
                user.id.clone()
            }
            .into(),
        );
        put("UserType", 0.into());
        put("Version", 1.into());
        put("Workload", workload.into());
        put("ClientIP", self.network(index).text(&self.world).into());
        put("UserId", user.upn.clone().into());
        let rest = match event {
            Event::MailRead | Event::InboxRule => self.exchange(event, &user, draw),
            Event::FileOpened | Event::FileShared => self.share_point(event, &user, draw),
            Event::Message => self.teams(&user, draw),
            Event::UserUpdated => self.user_updated(&user, draw),
            Event::LoggedIn | Event::LoginFailed => {
                let device = device.map(|device| (device.device_id, device.display_name));
                self.login(event, &user, device, draw)
            }
        };
        if let Value::Object(rest) = rest {
            record.extend(rest);
        }
        Value::Object(record)
    }

    fn exchange(&self, event: Event, user: &User, draw: u64) -> Value {
        let server = "AM0PR01MB0042 (15.20.9052.019)\r\n";
        if event == Event::InboxRule {
            return json!({
                "AppId": "", "ClientAppId": "", "ExternalAccess": false,
                "ObjectId": format!("{INITIAL_DOMAIN}\\{}\\Mail from the yard", user.mail_nickname),
                "OrganizationName": INITIAL_DOMAIN,
                "OriginatingServer": server,
                "Parameters": [
                    {"Name": "Name", "Value": "Mail from the yard"},
                    {"Name": "Mailbox", "Value": user.upn},
                    {"Name": "From", "Value": self.world.user(stories::HELPDESK).upn},
                    {"Name": "MoveToFolder", "Value": "Yard"},
                ],
                "SessionId": guid_text(loose_guid(self.world.seed() ^ 0x3651, draw)),
            });
        }
        json!({
            "ClientInfoString": "Client=OWA;Action=ViaProxy",
            "ExternalAccess": false,
            "InternalLogonType": 0,
            "LogonType": 0,
            "LogonUserSid": user.sid.as_deref().unwrap_or(&user.cloud_sid),
            "MailboxGuid": guid_text(guid_bits(self.world.seed(), Class::Account, user.index)),
            "MailboxOwnerSid": user.sid.as_deref().unwrap_or(&user.cloud_sid),
            "MailboxOwnerUPN": user.upn,
            "OperationCount": 1,
            "OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}, {"Name": "IsThrottled", "Value": "False"}],
            "OrganizationName": INITIAL_DOMAIN,
            "OriginatingServer": server,
            "Folders": [{
                "FolderItems": [{"InternetMessageId": format!("<AM0PR01MB{:04}{:08X}@AM0PR01MB0042.eurprd01.prod.outlook.com>", draw % 9_000, draw as u32), "SizeInBytes": draw % 90_000}],
                "Path": "\\Inbox",
            }],
        })
    }

    fn share_point(&self, event: Event, user: &User, draw: u64) -> Value {
        let site = format!("https://{PERSONAL_SITES}/personal/{}/", personal_folder(user));
        let file = format!("Tide table {}.xlsx", draw % 50);
        let mut record = json!({
            "CorrelationId": guid_text(loose_guid(self.world.seed() ^ 0x3652, draw)),
            "EventSource": "SharePoint",
            "ItemType": "File",
            "ListId": guid_text(loose_guid(self.world.seed() ^ 0x3653, user.index)),
            "ObjectId": format!("{site}Documents/{}", file.replace(' ', "%20")),
            "Site": guid_text(loose_guid(self.world.seed() ^ 0x3654, user.index)),
            "SiteUrl": site,
            "SourceFileExtension": "xlsx",
            "SourceFileName": file,
            "SourceRelativeUrl": "Documents",
            "UserAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
            "WebId": guid_text(loose_guid(self.world.seed() ^ 0x3655, user.index)),
        });
        if event == Event::FileShared
            && let Some(members) = record.as_object_mut()
        {
            let other = self.world.user(draw % self.world.user_count());
            members.insert("TargetUserOrGroupName".to_owned(), other.upn.into());
            members.insert("TargetUserOrGroupType".to_owned(), "Member".into());
        }
        record
    }

    fn teams(&self, user: &User, draw: u64) -> Value {
        json!({
            "ChatThreadId": format!("19:{}_{}@unq.gbl.spaces", user.id, self.world.user(stories::HELPDESK).id),
            "CommunicationType": "OneOnOne",
            "ExtraProperties": [{"Key": "OsName", "Value": "windows"}],
            "MessageId": (1_700_000_000_000 + draw % 10_000_000_000).to_string(),
            "MessageVersion": "0",
            "ItemName": format!("19:{}@unq.gbl.spaces", user.id),
            "Members": [
                {"DisplayName": user.display_name, "Role": "Owner", "UPN": user.upn},
                {"DisplayName": self.world.user(stories::HELPDESK).display_name, "Role": "Member", "UPN": self.world.user(stories::HELPDESK).upn},
            ],
        })
    }

    fn user_updated(&self, user: &User, draw: u64) -> Value {
        let admin = self.world.user(stories::ADMIN);
        let ids = |one: &User| {
            json!([
                {"ID": format!("User_{}", one.id), "Type": 2},
                {"ID": one.id, "Type": 2},
                {"ID": "User", "Type": 2},
                {"ID": one.upn, "Type": 5},
                {"ID": one.puid, "Type": 3},
            ])
        };
        json!({
            "ObjectId": user.upn,
            "UserKey": format!("{}@{INITIAL_DOMAIN}", admin.puid),
            "UserId": admin.upn,
            "AzureActiveDirectoryEventType": 1,
            "ExtendedProperties": [
                {"Name": "additionalDetails", "Value": "{\"UserType\":\"Member\"}"},
                {"Name": "extendedAuditEventCategory", "Value": "User"},
            ],
            "ModifiedProperties": [
                {"Name": "DisplayName", "NewValue": json!([user.display_name]).to_string(), "OldValue": "[]"},
                {"Name": "Included Updated Properties", "NewValue": "DisplayName", "OldValue": ""},
                {"Name": "TargetId.UserType", "NewValue": "Member", "OldValue": ""},
            ],
            "Actor": ids(&admin),
            "ActorContextId": self.world.tenant_id(),
            "InterSystemsId": guid_text(loose_guid(self.world.seed() ^ 0x3656, draw)),
            "IntraSystemId": guid_text(loose_guid(self.world.seed() ^ 0x3657, draw)),
            "SupportTicketId": "",
            "Target": ids(user),
            "TargetContextId": self.world.tenant_id(),
        })
    }

    fn login(&self, event: Event, user: &User, device: Option<(String, String)>, draw: u64) -> Value {
        let (id, name) = device.unwrap_or_default();
        let failed = event == Event::LoginFailed;
        json!({
            "ObjectId": "00000002-0000-0ff1-ce00-000000000000",
            "AzureActiveDirectoryEventType": 1,
            "ExtendedProperties": [
                {"Name": "ResultStatusDetail", "Value": if failed { "UserError" } else { "Success" }},
                {"Name": "UserAgent", "Value": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"},
                {"Name": "RequestType", "Value": "OAuth2:Authorize"},
            ],
            "ModifiedProperties": [],
            "Actor": [{"ID": user.id, "Type": 0}, {"ID": user.upn, "Type": 5}],
            "ActorContextId": self.world.tenant_id(),
            "ActorIpAddress": Value::Null,
            "InterSystemsId": guid_text(loose_guid(self.world.seed() ^ 0x3658, draw)),
            "IntraSystemId": guid_text(loose_guid(self.world.seed() ^ 0x3659, draw)),
            "Target": [{"ID": "00000002-0000-0ff1-ce00-000000000000", "Type": 0}],
            "TargetContextId": self.world.tenant_id(),
            "ApplicationId": "d3590ed6-52b3-4102-aeff-aad2292ab01c",
            "DeviceProperties": [
                {"Name": "Id", "Value": id}, {"Name": "DisplayName", "Value": name},
                {"Name": "OS", "Value": "Windows"}, {"Name": "IsCompliant", "Value": "True"},
            ],
            "ErrorNumber": if failed { "50126" } else { "0" },
            "LogonError": if failed { Value::from("InvalidUserNameOrPassword") } else { Value::Null },
        })
    }
}

/// Record type, operation and workload.
fn name(event: Event) -> (u32, &'static str, &'static str) {
    match event {
        Event::MailRead => (50, "MailItemsAccessed", "Exchange"),
        Event::InboxRule => (1, "New-InboxRule", "Exchange"),
        Event::FileOpened => (6, "FileAccessed", "OneDrive"),
        Event::FileShared => (14, "SharingSet", "OneDrive"),
        Event::Message => (25, "MessageSent", "MicrosoftTeams"),
        Event::UserUpdated => (8, "Update user.", "AzureActiveDirectory"),
        Event::LoggedIn => (15, "UserLoggedIn", "AzureActiveDirectory"),
        Event::LoginFailed => (15, "UserLoginFailed", "AzureActiveDirectory"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::super::world_of;
    use super::*;

    #[test]
    fn every_record_is_available_after_it_happened_and_before_now_and_found_near_that_time() {
        let settings = settings();
        let log = Microsoft365::new(world_of(&settings), &settings);
        let now = instant::ticks(settings.now);
        let mut late = 0;
        for index in 0..log.count() {
            let (at, available) = (log.at(index), log.available(index));
            assert!(at < available && available < now - 60 * SECOND, "{index}");
            assert!(log.near(available, available).contains(&index), "{index}");
            late += u32::from(available - at > 3 * 3_600 * SECOND);
        }
        assert!(late > 0);
    }

    #[test]
    fn all_kinds_occur_and_name_their_time_and_content() {
        let settings = settings();
        let log = Microsoft365::new(world_of(&settings), &settings);
        let mut types = std::collections::BTreeSet::new();
        for index in 0..16 {
            let record = log.record(index);
            types.insert(log.content_type(index));
            assert_eq!(record["Id"], log.id(index));
            assert_eq!(record["CreationTime"].as_str().map(str::len), Some(19));
            assert!(record["RecordType"].is_u64() && record["Workload"].is_string());
        }
        assert_eq!(types.len(), CONTENT_TYPES.len());
    }
}
