//! Which items a run gathers from the machine, and what that means, in words: shown before anything is run.

use crate::catalog::host::{Item, Origin, items};

/// The items of the datasets that are planned, and those without a dataset that go with them (they stay files). With
/// support scenarios only the items that these need.
pub fn wanted(is_planned: impl Fn(&str) -> bool, profiles: &[String]) -> Vec<&'static Item> {
    let any_is_planned = items().iter().filter_map(|item| item.dataset.as_deref()).any(&is_planned);
    let is_asked = |item: &Item| match &item.dataset {
        Some(dataset) => is_planned(dataset),
        None => any_is_planned,
    };
    let is_needed = |item: &Item| profiles.is_empty() || item.profiles.iter().any(|one| profiles.contains(one));
    // Some are only taken from copies; others are asked of a directory.
    let is_here = |item: &Item| match &item.from {
        Origin::Files { paths } => !paths.is_empty(),
        Origin::Ldap { .. } => false,
        _ => true,
    };
    items().iter().filter(|item| is_here(item) && is_asked(item) && is_needed(item)).collect()
}

/// What gathering an item does on the machine: a program with its arguments, the keys, the paths.
pub fn description(item: &Item) -> String {
    let list = |words: &[String]| words.join(", ");
    match &item.from {
        Origin::Files { paths } => format!("reads {}", list(paths)),
        Origin::Events { channel, providers, .. } if providers.is_empty() => {
            format!("runs wevtutil query-events {channel}")
        }
        Origin::Events { channel, providers, .. } => {
            format!("runs wevtutil query-events {channel} for {}", list(providers))
        }
        Origin::Registry { keys, values, .. } if values.is_empty() => format!("reads {}", list(keys)),
        Origin::Registry { keys, values, .. } => format!("reads {} of {}", list(values), list(keys)),
        Origin::Services { names } => format!("asks the service manager for {}", list(names)),
        Origin::Certificates { stores } => format!("lists the certificates of {}", list(stores)),
        Origin::Command { program, args } => format!("runs {program} {}", args.join(" ")).trim_end().to_owned(),
        Origin::Powershell { module, script } => {
            let first = script.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            let module = module.as_deref().map(|module| format!(" with {module}")).unwrap_or_default();
            format!("runs PowerShell{module}: {first}")
        }
        Origin::System { facts } => format!("finds out {}", list(facts)),
        Origin::Probe { hosts, port } => format!("connects to port {port} of {}", list(hosts)),
        Origin::Ldap { filter, .. } => format!("asks Active Directory for {filter}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_narrow_what_is_gathered() {
        let all = wanted(|_| true, &[]);
        assert!(!all.is_empty() && all.iter().all(|item| !matches!(item.from, Origin::Ldap { .. })));
        assert!(wanted(|_| false, &[]).is_empty());
        let one = wanted(|dataset| dataset == "device-state", &["device-join".to_owned()]);
        assert!(one.iter().any(|item| item.id == "device-status"));
        assert!(one.iter().all(|item| item.profiles.iter().any(|profile| profile == "device-join")));
        assert!(wanted(|_| true, &["no-such-profile".to_owned()]).is_empty());
    }

    #[test]
    fn every_item_says_what_it_does() {
        for item in wanted(|_| true, &[]) {
            let text = description(item);
            assert!(text.len() > 10 && !text.contains('\n'), "{}: {text}", item.id);
        }
    }
}
