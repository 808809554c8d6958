//! What exists before anything is collected: the tenant's licences, and where its diagnostic settings send the logs.
//!
//! Asks two lists that are small, gives plain values or the verdict of the service's refusal. Decides nothing: a place
//! that is set up may still refuse, and a licence that is missing may be known to the service only.
//! Source: <https://learn.microsoft.com/graph/api/subscribedsku-list>; azure-rest-api-specs Microsoft.Aadiam 2017-04-01.

use std::collections::BTreeSet;

use serde::Deserialize;
use url::Url;

use super::stop::Stop;
use super::{page, query};
use crate::catalog::{Catalog, Dataset, Throttle};
use crate::net::{Ask, Client};
use crate::record::Verdict;

/// A diagnostic setting, as far as it is switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// The categories that it sends, in Azure's spelling or another.
    pub categories: BTreeSet<String>,
    /// Resource id of the workspace.
    pub workspace: Option<String>,
    /// Resource id of the storage account.
    pub storage: Option<String>,
    /// Resource id of the authorisation rule of the event hub's namespace, and the hub's name if one was chosen.
    pub hub: Option<(String, Option<String>)>,
}

impl Setting {
    /// Whether it sends a category.
    pub fn sends(&self, category: &str) -> bool {
        self.categories.iter().any(|one| one.eq_ignore_ascii_case(category) || one.eq_ignore_ascii_case("allLogs"))
    }
}

/// The licences of the catalogue that the tenant has, by id.
///
/// Cancel-safe.
///
/// # Errors
/// The verdict of the refusal.
pub async fn licences(client: &Client, catalog: &'static Catalog) -> Result<BTreeSet<&'static str>, Verdict> {
    let Some(row) = catalog.dataset("subscribed-skus") else { return Ok(BTreeSet::new()) };
    let skus: Vec<Sku> = list(client, row).await?;
    let alive = |status: &Option<String>| status.as_deref().is_none_or(|text| !text.eq_ignore_ascii_case("deleted"));
    let plans: BTreeSet<String> = skus
        .into_iter()
        .filter(|sku| alive(&sku.capability_status))
        .flat_map(|sku| sku.service_plans)
        .filter(|plan| alive(&plan.provisioning_status))
        .map(|plan| plan.service_plan_id.to_ascii_lowercase())
        .collect();
    let has = |ids: &[String]| ids.iter().any(|id| plans.contains(id));
    Ok(catalog.licences().iter().filter(|row| has(&row.service_plans)).map(|row| row.id.as_str()).collect())
}

/// The diagnostic settings of the tenant.
///
/// Cancel-safe.
///
/// # Errors
/// The verdict of the refusal.
pub async fn settings(client: &Client, catalog: &'static Catalog) -> Result<Vec<Setting>, Verdict> {
    let Some(row) = catalog.dataset("diagnostic-settings") else { return Ok(Vec::new()) };
    let found: Vec<Raw> = list(client, row).await?;
    Ok(found.into_iter().map(|raw| raw.properties.into()).collect())
}

/// All records of a short list, parsed; those that do not parse are not what is looked for.
async fn list<T: serde::de::DeserializeOwned>(client: &Client, row: &'static Dataset) -> Result<Vec<T>, Verdict> {
    let target = client.endpoints().target(row.service);
    let question =
        query::Question { dataset: row, key: None, window: None, clamped: false, dropped: query::Dropped::default() };
    let mut next = question.url(&target.url);
    let mut all = Vec::new();
    for _ in 0..crate::limits::INVENTORY_PAGES_MAX {
        let Some(url) = next.take() else { break };
        let (headers, weight) =
            (query::headers(row), if row.throttle == Throttle::Directory { row.resource_units } else { 1 });
        let ask = Ask {
            target,
            class: row.throttle,
            weight,
            url: &url,
            headers: &headers,
            body: None,
            nonce: 1,
            slow_max: u32::MAX,
        };
        let fetched = client.fetch(&ask, |body| page::split(body, row.shape), |_| false).await;
        let page = fetched.map_err(|failure| Stop::of(failure.kind).verdict(row))?.value;
        all.extend(page.records.iter().filter_map(|record| serde_json::from_slice(record).ok()));
        if let page::Next::Link(link) = page.next {
            next = url.join(&link).ok().filter(|next: &Url| client.permits(target, next).is_ok());
        }
    }
    Ok(all)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sku {
    capability_status: Option<String>,
    #[serde(default)]
    service_plans: Vec<ServicePlan>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServicePlan {
    service_plan_id: String,
    provisioning_status: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    workspace_id: Option<String>,
    storage_account_id: Option<String>,
    event_hub_authorization_rule_id: Option<String>,
    // The name that older settings use for the same.
    service_bus_rule_id: Option<String>,
    event_hub_name: Option<String>,
    #[serde(default)]
    logs: Vec<RawLog>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLog {
    category: Option<String>,
    category_group: Option<String>,
    #[serde(default)]
    enabled: bool,
}

impl From<Properties> for Setting {
    fn from(raw: Properties) -> Self {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let rule = filled(raw.event_hub_authorization_rule_id).or(filled(raw.service_bus_rule_id));
        let enabled = raw.logs.into_iter().filter(|log| log.enabled);
        Self {
            categories: enabled.filter_map(|log| log.category.or(log.category_group)).collect(),
            workspace: filled(raw.workspace_id),
            storage: filled(raw.storage_account_id),
            hub: rule.map(|rule| (rule, filled(raw.event_hub_name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::mock::{Mock, Reply};
    use crate::record::Outcome;

    fn catalog() -> &'static Catalog {
        Catalog::embedded().unwrap()
    }

    #[tokio::test]
    async fn a_licence_counts_while_its_plan_is_alive() {
        let mock = Mock::start(|_, _| {
            Reply::json(
                r#"{"value":[
                {"capabilityStatus":"Enabled","servicePlans":[{"servicePlanId":"41781FB2-bc02-4b7c-bd55-b576c07bb09d","provisioningStatus":"Success"}]},
                {"capabilityStatus":"Deleted","servicePlans":[{"servicePlanId":"eec0eb4f-6444-4f95-aba0-50c24d67f998"}]},
                {"capabilityStatus":"Enabled","servicePlans":[{"servicePlanId":"84c289f0-efcb-486f-8581-07f44fc9efad","provisioningStatus":"Deleted"}]}]}"#,
            )
        })
        .await;
        let found = licences(&mock.client(), catalog()).await.ok().unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["P1"]);
    }

    #[tokio::test]
    async fn settings_name_what_is_switched_on_and_where_it_goes() {
        let mock = Mock::start(|_, _| {
            Reply::json(
                r#"{"value":[{"name":"a","properties":{"workspaceId":"/w","storageAccountId":"","serviceBusRuleId":"/r",
                "eventHubName":null,"logs":[{"category":"AuditLogs","enabled":true},{"category":"SignInLogs","enabled":false},
                {"category":null,"categoryGroup":"allLogs","enabled":false}]}},{"name":"b"}]}"#,
            )
        })
        .await;
        let found = settings(&mock.client(), catalog()).await.ok().unwrap();
        let [setting] = found.as_slice() else { panic!("{}", found.len()) };
        assert!(setting.sends("auditlogs") && !setting.sends("SignInLogs"));
        assert_eq!((setting.workspace.as_deref(), &setting.storage), (Some("/w"), &None));
        assert_eq!(setting.hub, Some(("/r".to_owned(), None)));
    }

    #[tokio::test]
    async fn a_refusal_is_a_verdict() {
        let mock = Mock::start(|_, _| Reply::error(403, "AuthorizationFailed", "does not have authorization")).await;
        let verdict = settings(&mock.client(), catalog()).await.err().unwrap();
        assert_eq!(verdict.outcome, Outcome::Denied);
    }
}
