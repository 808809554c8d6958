//! Applications and service principals: Microsoft's own with their real application ids, the tenant's, managed identities.
//!
//! Service principals stand in this order: [`FIRST_PARTY`], then one for each application, then managed identities.
//! Rows of `apps.txt`: name, host name, notes (`-` is none).

use std::sync::LazyLock;

use time::OffsetDateTime;

use super::World;
use super::id::Class;

/// The tenant that owns Microsoft's services.
pub const MICROSOFT_TENANT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

/// Microsoft's applications: application id and name. Index = index of the service principal.
pub const FIRST_PARTY: [(&str, &str); 30] = [
    ("00000003-0000-0000-c000-000000000000", "Microsoft Graph"),
    ("00000002-0000-0000-c000-000000000000", "Windows Azure Active Directory"),
    ("00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online"),
    ("00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online"),
    ("797f4846-ba00-4fd7-ba43-dac1f8f63013", "Windows Azure Service Management API"),
    ("c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal"),
    ("04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI"),
    ("1950a258-227b-4e31-a9cf-717495945fc2", "Microsoft Azure PowerShell"),
    ("d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office"),
    ("1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams"),
    ("5e3ce6c0-2b1f-4285-8d4b-75ee78787346", "Microsoft Teams Web Client"),
    ("29d9ed98-a469-4536-ade2-f981bc1d605e", "Microsoft Authentication Broker"),
    ("01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9", "Device Registration Service"),
    ("0000000a-0000-0000-c000-000000000000", "Microsoft Intune"),
    ("d4ebce55-015a-49b5-a083-c84d1797ae8c", "Microsoft Intune Enrollment"),
    ("89bee1f7-5e6e-4d8a-9f3d-ecd601259da7", "Office365 Shell WCSS-Client"),
    ("4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome"),
    ("2793995e-0a7d-40d7-bd35-6968ba142197", "My Apps"),
    ("19db86c3-b2b9-44cc-b339-36da233a3be2", "My Signins"),
    ("cb1056e2-e479-49de-ae31-7812af012ed8", "Microsoft Azure Active Directory Connect"),
    ("4813382a-8fa7-425e-ab75-3b753aab3abb", "Microsoft Authenticator App"),
    ("27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile"),
    ("ab9b8c07-8f02-4f72-87fa-80105867a763", "OneDrive SyncEngine"),
    ("38aa3b87-a06d-4817-b275-7a316988d93b", "Windows Sign In"),
    ("14d82eec-204b-4c2f-b7e8-296a70dab67e", "Microsoft Graph Command Line Tools"),
    ("de8bc8b5-d9f9-48b1-a8ad-b748da725064", "Graph Explorer"),
    ("93625bc8-bfe2-437a-97e0-3d0060024faa", "Microsoft password reset service"),
    ("0000000c-0000-0000-c000-000000000000", "Microsoft App Access Panel"),
    ("00000009-0000-0000-c000-000000000000", "Power BI Service"),
    ("ecd6b820-32c2-49b6-98a6-444530e5a77a", "Microsoft Edge"),
];

/// An application registration of the tenant.
#[derive(Debug, Clone)]
pub struct Application {
    /// Position in the tenant.
    pub index: u64,
    /// Object id.
    pub id: String,
    /// Application (client) id.
    pub app_id: String,
    /// Display name.
    pub name: String,
    /// First label of its host names.
    pub host: String,
    /// Free text; names people now and then.
    pub notes: Option<&'static str>,
    /// When it was made.
    pub created: OffsetDateTime,
    /// Index of the owner (user).
    pub owner: u64,
}

/// Whose a service principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServicePrincipalKind {
    /// Microsoft's.
    FirstParty,
    /// Of an application of the tenant, with its index.
    Own(u64),
    /// A managed identity.
    ManagedIdentity,
}

/// A service principal.
#[derive(Debug, Clone)]
pub struct ServicePrincipal {
    /// Position in the tenant.
    pub index: u64,
    /// Object id.
    pub id: String,
    /// Application id.
    pub app_id: String,
    /// Display name.
    pub name: String,
    /// Whose it is.
    pub kind: ServicePrincipalKind,
    /// When it was made.
    pub created: OffsetDateTime,
}

static ROWS: LazyLock<Vec<[&'static str; 3]>> = LazyLock::new(|| {
    let rows = include_str!("apps.txt").lines().map(|line| line.splitn(3, '|').collect::<Vec<_>>());
    rows.filter_map(|cells| cells.try_into().ok()).collect()
});

/// Number of applications that every tenant has.
pub(super) fn named_applications() -> u64 {
    ROWS.len() as u64
}

impl World {
    /// The application with this index (below [`World::application_count`]).
    pub fn application(&self, index: u64) -> Application {
        let [name, host, notes] = match ROWS.get(index as usize) {
            Some([name, host, notes]) => [(*name).to_owned(), (*host).to_owned(), (*notes).to_owned()],
            None => [format!("Line App {index}"), format!("line-app-{index}"), "-".to_owned()],
        };
        Application {
            index,
            id: self.id(Class::Application, index),
            app_id: self.id(Class::AppId, index),
            name,
            host,
            notes: ROWS.get(index as usize).map(|row| row[2]).filter(|_| notes != "-"),
            created: self.past("application-created", index, 31, 1_500),
            owner: 4 + index % 12,
        }
    }

    /// The service principal with this index (below [`World::service_principal_count`]).
    pub fn service_principal(&self, index: u64) -> ServicePrincipal {
        let id = self.id(Class::ServicePrincipal, index);
        let created = self.past("service-principal-created", index, 31, 1_500);
        let first_party = FIRST_PARTY.len() as u64;
        if let Some((app_id, name)) = FIRST_PARTY.get(index as usize) {
            let (app_id, name) = ((*app_id).to_owned(), (*name).to_owned());
            return ServicePrincipal { index, id, app_id, name, kind: ServicePrincipalKind::FirstParty, created };
        }
        let own = index - first_party;
        if own < self.application_count() {
            let Application { app_id, name, created, .. } = self.application(own);
            return ServicePrincipal { index, id, app_id, name, kind: ServicePrincipalKind::Own(own), created };
        }
        let number = own - self.application_count();
        ServicePrincipal {
            index,
            id,
            app_id: self.id(Class::AppId, (1 << 40) + number),
            name: format!(
                "awm-{}-{number:02}",
                ["vm-jump", "func-tides", "aks-yard", "logic-crew"][number as usize % 4]
            ),
            kind: ServicePrincipalKind::ManagedIdentity,
            created,
        }
    }

    /// The service principal of an application of the tenant.
    pub fn service_principal_of(&self, application: u64) -> u64 {
        FIRST_PARTY.len() as u64 + application
    }

    /// The index of the service principal with this object id.
    pub fn service_principal_index_by_id(&self, id: &str) -> Option<u64> {
        self.index(Class::ServicePrincipal, id).filter(|index| *index < self.service_principal_count())
    }

    /// The index of the application with this object id.
    pub fn application_index_by_id(&self, id: &str) -> Option<u64> {
        self.index(Class::Application, id).filter(|index| *index < self.application_count())
    }
}
