//! Windows services: whether they run, how they start, as whom.
//!
//! Takes short names, gives one JSON object each; a service that is not installed says so. Asks for the right to query and
//! nothing else; starts and stops nothing. Source: <https://learn.microsoft.com/windows/win32/services/service-control-manager>.

use serde_json::{Value, json};

/// What the service manager says of one.
#[cfg_attr(not(windows), allow(dead_code, reason = "elsewhere only tests make them"))]
pub(super) enum Service {
    /// All that is asked for.
    Known(Value),
    /// There is none of that name.
    Missing,
    /// Closed to us.
    Denied,
    /// It could not be asked.
    Failed,
}

/// A service manager.
pub(super) trait Services: Send + Sync {
    /// Asks for one.
    fn ask(&self, name: &str) -> Service;
}

/// The lines for these services, and how many of them were closed to us, and could not be asked.
pub(super) fn services(names: &[String], manager: &dyn Services) -> (String, usize, usize) {
    let (mut lines, mut denied, mut failed) = (String::new(), 0, 0);
    for name in names {
        let mut line = json!({"kind": "service", "name": name});
        match manager.ask(name) {
            Service::Known(Value::Object(more)) => {
                line.as_object_mut().into_iter().for_each(|line| line.extend(more.clone()));
            }
            Service::Missing => line["state"] = json!("not installed"),
            Service::Denied => {
                line["state"] = json!("access denied");
                denied += 1;
            }
            _ => {
                failed += 1;
                continue;
            }
        }
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    (lines, denied, failed)
}

/// The machine's own service manager.
#[cfg(windows)]
pub(super) struct Windows;

#[cfg(windows)]
impl Services for Windows {
    fn ask(&self, name: &str) -> Service {
        use windows_service::service::ServiceAccess;
        use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};
        let service = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT)
            .and_then(|manager| manager.open_service(name, ServiceAccess::QUERY_STATUS | ServiceAccess::QUERY_CONFIG));
        let service = match service {
            Ok(service) => service,
            Err(error) => return refused(&error),
        };
        let mut line = json!({});
        match service.query_status() {
            Ok(status) => {
                line["state"] = json!(state(status.current_state));
                line["processId"] = json!(status.process_id);
            }
            Err(error) => return refused(&error),
        }
        // What is installed in an unusual way still has a state.
        if let Ok(config) = service.query_config() {
            line["displayName"] = json!(config.display_name.to_string_lossy());
            line["startType"] = json!(start(config.start_type));
            line["account"] = json!(config.account_name.map(|name| name.to_string_lossy().into_owned()));
            line["path"] = json!(config.executable_path.to_string_lossy());
        }
        Service::Known(line)
    }
}

#[cfg(windows)]
fn refused(error: &windows_service::Error) -> Service {
    /// `ERROR_SERVICE_DOES_NOT_EXIST`, `ERROR_INVALID_NAME`, `ERROR_ACCESS_DENIED`.
    const MISSING: [i32; 2] = [1060, 123];
    match error {
        windows_service::Error::Winapi(error) => match error.raw_os_error() {
            Some(code) if MISSING.contains(&code) => Service::Missing,
            Some(5) => Service::Denied,
            _ => Service::Failed,
        },
        _ => Service::Failed,
    }
}

#[cfg(windows)]
fn state(state: windows_service::service::ServiceState) -> &'static str {
    use windows_service::service::ServiceState;
    match state {
        ServiceState::Stopped => "Stopped",
        ServiceState::StartPending => "StartPending",
        ServiceState::StopPending => "StopPending",
        ServiceState::Running => "Running",
        ServiceState::ContinuePending => "ContinuePending",
        ServiceState::PausePending => "PausePending",
        ServiceState::Paused => "Paused",
    }
}

#[cfg(windows)]
fn start(start: windows_service::service::ServiceStartType) -> &'static str {
    use windows_service::service::ServiceStartType;
    match start {
        ServiceStartType::AutoStart => "Automatic",
        ServiceStartType::OnDemand => "Manual",
        ServiceStartType::Disabled => "Disabled",
        ServiceStartType::SystemStart => "System",
        ServiceStartType::BootStart => "Boot",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake;

    impl Services for Fake {
        fn ask(&self, name: &str) -> Service {
            match name {
                "ADSync" => Service::Known(json!({"state": "Running", "account": "NT SERVICE\\ADSync"})),
                "adfssrv" => Service::Missing,
                "closed" => Service::Denied,
                _ => Service::Failed,
            }
        }
    }

    #[test]
    fn every_service_that_is_asked_for_has_a_line() {
        let names: Vec<String> = ["ADSync", "adfssrv", "closed", "broken"].map(str::to_owned).to_vec();
        let (lines, denied, failed) = services(&names, &Fake);
        assert_eq!(
            lines,
            "{\"kind\":\"service\",\"name\":\"ADSync\",\"state\":\"Running\",\"account\":\"NT SERVICE\\\\ADSync\"}\n\
             {\"kind\":\"service\",\"name\":\"adfssrv\",\"state\":\"not installed\"}\n\
             {\"kind\":\"service\",\"name\":\"closed\",\"state\":\"access denied\"}\n"
        );
        assert_eq!((denied, failed), (1, 1));
    }
}
