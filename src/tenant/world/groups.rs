//! Groups: the rows of `groups.txt`, then one project group for every fifty people of a larger tenant.
//!
//! Rows: name, nickname, kind, description, membership rule, members (see [`super::members`]); `-` is none.

use std::sync::LazyLock;

use time::OffsetDateTime;

use super::id::{Class, cloud_sid, guid_bits};
use super::members::{Member, Members};
use super::{DOMAIN, INITIAL_DOMAIN, World};

/// How a group came about and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// Security group from the on-premises directory.
    Synced,
    /// Security group with assigned members.
    Cloud,
    /// Security group that roles may be assigned to.
    RoleAssignable,
    /// Security group with a membership rule.
    Dynamic,
    /// Microsoft 365 group with assigned members.
    Microsoft365,
    /// Microsoft 365 group with a membership rule.
    DynamicMicrosoft365,
    /// Distribution list from the on-premises directory.
    Distribution,
}

impl GroupKind {
    /// Has a membership rule.
    pub fn is_dynamic(self) -> bool {
        matches!(self, Self::Dynamic | Self::DynamicMicrosoft365)
    }

    /// Is a Microsoft 365 group.
    pub fn is_unified(self) -> bool {
        matches!(self, Self::Microsoft365 | Self::DynamicMicrosoft365)
    }

    /// Comes from the on-premises directory.
    pub fn is_synced(self) -> bool {
        matches!(self, Self::Synced | Self::Distribution)
    }

    /// Has a mail address.
    pub fn is_mail_enabled(self) -> bool {
        self.is_unified() || self == Self::Distribution
    }
}

/// A group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Position in the tenant.
    pub index: u64,
    /// Object id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Mail nickname.
    pub nickname: String,
    /// What it is.
    pub kind: GroupKind,
    /// Free text; names people now and then.
    pub description: String,
    /// Membership rule of a dynamic group.
    pub rule: Option<&'static str>,
    /// On-premises account name (synced groups).
    pub sam: Option<String>,
    /// On-premises SID (synced groups).
    pub sid: Option<String>,
    /// Mail address.
    pub mail: Option<String>,
    /// When it was made.
    pub created: OffsetDateTime,
    /// Indices of its owners (users).
    pub owners: Vec<u64>,
    pub(super) membership: Members,
}

impl Group {
    /// All members, in the order of the service's pages.
    pub fn members(&self) -> impl Iterator<Item = Member> + '_ {
        (0..self.member_count()).filter_map(|place| self.member(place))
    }

    /// Number of members.
    pub fn member_count(&self) -> u64 {
        self.membership.count()
    }

    /// The member at a place below [`Group::member_count`].
    pub fn member(&self, place: u64) -> Option<Member> {
        self.membership.at(place)
    }
}

struct Row {
    name: &'static str,
    nickname: &'static str,
    kind: GroupKind,
    description: &'static str,
    rule: Option<&'static str>,
    members: &'static str,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| include_str!("groups.txt").lines().filter_map(row).collect());

fn row(line: &'static str) -> Option<Row> {
    let mut cells = line.split('|');
    Some(Row {
        name: cells.next()?,
        nickname: cells.next()?,
        kind: match cells.next()? {
            "synced" => GroupKind::Synced,
            "role" => GroupKind::RoleAssignable,
            "dynamic" => GroupKind::Dynamic,
            "dynamic365" => GroupKind::DynamicMicrosoft365,
            "m365" => GroupKind::Microsoft365,
            "mail" => GroupKind::Distribution,
            _ => GroupKind::Cloud,
        },
        description: cells.next()?,
        rule: cells.next().filter(|rule| *rule != "-"),
        members: cells.next()?,
    })
}

/// Relative ids of on-premises groups begin here.
const GROUP_RID: u64 = 30_000_000;
/// People in a project group.
const PROJECT_PEOPLE: u64 = 12;

/// Number of groups that every tenant has.
pub(super) fn named_groups() -> u64 {
    ROWS.len() as u64
}

impl World {
    /// The group with this index (below [`World::group_count`]).
    pub fn group(&self, index: u64) -> Group {
        match ROWS.get(index as usize) {
            Some(row) => self.group_of(
                index,
                row.name.to_owned(),
                row.nickname.to_owned(),
                row.kind,
                (row.description.to_owned(), row.rule),
                Members::parse(row.members, self),
            ),
            None => self.project(index),
        }
    }

    /// The `S-1-12-1-…` of a group, derived from its object id.
    pub fn group_cloud_sid(&self, index: u64) -> String {
        cloud_sid(guid_bits(self.seed(), Class::Group, index))
    }

    /// The index of the group with this object id.
    pub fn group_index_by_id(&self, id: &str) -> Option<u64> {
        self.index(Class::Group, id).filter(|index| *index < self.group_count())
    }

    fn project(&self, index: u64) -> Group {
        let number = index - named_groups() + 1;
        let first = self.draw("project", index) % self.user_count();
        let people = (first..first + PROJECT_PEOPLE).map(|user| Member::User(user % self.user_count())).collect();
        let lead = self.user(first);
        let description = format!("Project room {number}. Lead: {}, {}", lead.display_name, lead.upn);
        let kind = if index.is_multiple_of(3) { GroupKind::Microsoft365 } else { GroupKind::Cloud };
        let nickname = format!("project-{number}");
        self.group_of(index, format!("Project {number}"), nickname, kind, (description, None), Members::listed(people))
    }

    fn group_of(
        &self,
        index: u64,
        name: String,
        nickname: String,
        kind: GroupKind,
        (description, rule): (String, Option<&'static str>),
        membership: Members,
    ) -> Group {
        let domain = if kind.is_unified() { INITIAL_DOMAIN } else { DOMAIN };
        let owner = match membership.at(0) {
            Some(Member::User(user)) if !kind.is_dynamic() => user,
            _ => super::stories::HELPDESK,
        };
        Group {
            index,
            id: self.id(Class::Group, index),
            kind,
            description,
            rule,
            sam: kind.is_synced().then(|| name.clone()),
            sid: kind.is_synced().then(|| self.on_premises_sid(GROUP_RID + index)),
            mail: kind.is_mail_enabled().then(|| format!("{nickname}@{domain}")),
            created: self.past("group-created", index, 31, 1_800),
            owners: if kind.is_synced() { Vec::new() } else { vec![owner] },
            membership,
            name,
            nickname,
        }
    }
}
