//! The kinds of identifiers. What each is, what a policy does with it and examples stand in `identifiers.toml`.

use serde::Deserialize;

/// What an identifier is. The spelling in rows and options is kebab-case: `user-id`, `service-principal-id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Object id of a user (GUID).
    UserId,
    /// Object id or device id of a device (GUID).
    DeviceId,
    /// Object id of a principal of unknown class: treated as a user's unless the directory says otherwise.
    PrincipalId,
    /// Object id of a group.
    GroupId,
    /// Object id of a service principal or application.
    ServicePrincipalId,
    /// Application (client) id.
    AppId,
    /// Tenant id.
    TenantId,
    /// Policy, role, job, SKU and other configuration ids.
    ConfigId,
    /// Request, correlation, session, token and record ids.
    RequestId,
    /// User principal name, home or guest form (`a_b.com#EXT#@c.onmicrosoft.com`).
    Upn,
    /// Mail address (SMTP).
    Mail,
    /// `SMTP:`, `smtp:`, `sip:`, `x500:` … address.
    ProxyAddress,
    /// A person's display, given or family name.
    Name,
    /// sAMAccountName, mailNickname, bare account name.
    Account,
    /// `DOMAIN\user`.
    DomainUser,
    /// DNS domain name.
    Domain,
    /// Host name with or without domain; also a device's display name.
    Host,
    /// Distinguished name (RFC 4514) or legacyExchangeDN.
    Dn,
    /// Security identifier: `S-1-5-21-…`, `S-1-12-1-…`, `S-1-5-…`.
    Sid,
    /// IPv4 or IPv6 address.
    Ip,
    /// `address/prefix`.
    IpRange,
    /// Telephone number.
    Phone,
    /// ImmutableId: base64 of a 16-byte GUID, or free text.
    ImmutableId,
    /// 16 hexadecimal digits (PUID, NetId).
    Puid,
    /// Employee number and other personal numbers.
    EmployeeId,
    /// City, state, street, postal code, office.
    Place,
    /// Title, department, company of a person.
    Job,
    /// Latitude or longitude.
    Coordinates,
    /// Serial number, hardware id.
    Serial,
    /// Certificate or key thumbprint.
    Thumbprint,
    /// The customer's own name.
    OrgName,
    /// Name of a group.
    GroupName,
    /// Name of an application or service principal.
    AppName,
    /// Name of a policy, named location, role, rule, job.
    ConfigName,
    /// URL: parsed, its parts mapped.
    Url,
}

impl Kind {
    /// Every kind, in the order of the declaration.
    pub const ALL: [Kind; 35] = [
        Kind::UserId,
        Kind::DeviceId,
        Kind::PrincipalId,
        Kind::GroupId,
        Kind::ServicePrincipalId,
        Kind::AppId,
        Kind::TenantId,
        Kind::ConfigId,
        Kind::RequestId,
        Kind::Upn,
        Kind::Mail,
        Kind::ProxyAddress,
        Kind::Name,
        Kind::Account,
        Kind::DomainUser,
        Kind::Domain,
        Kind::Host,
        Kind::Dn,
        Kind::Sid,
        Kind::Ip,
        Kind::IpRange,
        Kind::Phone,
        Kind::ImmutableId,
        Kind::Puid,
        Kind::EmployeeId,
        Kind::Place,
        Kind::Job,
        Kind::Coordinates,
        Kind::Serial,
        Kind::Thumbprint,
        Kind::OrgName,
        Kind::GroupName,
        Kind::AppName,
        Kind::ConfigName,
        Kind::Url,
    ];

    /// The spelling in rows and options: kebab-case.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserId => "user-id",
            Self::DeviceId => "device-id",
            Self::PrincipalId => "principal-id",
            Self::GroupId => "group-id",
            Self::ServicePrincipalId => "service-principal-id",
            Self::AppId => "app-id",
            Self::TenantId => "tenant-id",
            Self::ConfigId => "config-id",
            Self::RequestId => "request-id",
            Self::Upn => "upn",
            Self::Mail => "mail",
            Self::ProxyAddress => "proxy-address",
            Self::Name => "name",
            Self::Account => "account",
            Self::DomainUser => "domain-user",
            Self::Domain => "domain",
            Self::Host => "host",
            Self::Dn => "dn",
            Self::Sid => "sid",
            Self::Ip => "ip",
            Self::IpRange => "ip-range",
            Self::Phone => "phone",
            Self::ImmutableId => "immutable-id",
            Self::Puid => "puid",
            Self::EmployeeId => "employee-id",
            Self::Place => "place",
            Self::Job => "job",
            Self::Coordinates => "coordinates",
            Self::Serial => "serial",
            Self::Thumbprint => "thumbprint",
            Self::OrgName => "org-name",
            Self::GroupName => "group-name",
            Self::AppName => "app-name",
            Self::ConfigName => "config-name",
            Self::Url => "url",
        }
    }

    /// The kind with that spelling.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_serde_spelling_and_positions_are_the_discriminants() {
        for (position, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, position);
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.name()));
        }
    }
}
