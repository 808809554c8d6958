//! The run history of the synchronisation engine as its XML export, with the errors of the last export.
//!
//! Source: \[MS-UPSDBDAP\] (`run-history`, the same engine), entra-docs tshoot-connect-sync-errors (error types, texts).

use std::fmt::Write;

use super::events::xml;
use super::{CONNECT_HOST, Server, ServerFile, YARD_DOMAIN, instant, space, stories};
use crate::tenant::world::{INITIAL_DOMAIN, NETBIOS_DOMAIN, ON_PREMISES_DOMAIN};

/// Id of the connector to Entra ID; the same everywhere.
pub(super) const CLOUD_CONNECTOR: &str = "b891884f-051e-4a83-95af-2544101c9083";

/// An object that an export could not write.
pub(super) struct Failure {
    pub(super) kind: &'static str,
    pub(super) detail: String,
    pub(super) dn: String,
    pub(super) cs_guid: String,
}

/// The export errors of the stories.
pub(super) fn failures(server: &Server) -> Vec<Failure> {
    if !server.is_planted() {
        return Vec::new();
    }
    let world = server.world;
    let user = world.user(stories::CONFLICT_USER);
    let (given, family, _) = stories::UNMATCHED;
    let mail = format!("{}.{}@alderwood.example", given.to_lowercase(), family.to_lowercase());
    let unmatched = server.object_guid((1 << 43) + (1 << 20) + 1);
    vec![
        Failure {
            kind: "AttributeValueMustBeUnique",
            detail: format!(
                "Unable to update this object because the following attributes associated with this object have values that may \
                 already be associated with another object in your local directory services: [ProxyAddresses SMTP:{};]. Correct or \
                 remove the duplicate values in your local directory.",
                stories::CONFLICT_ADDRESS
            ),
            dn: space::cloud_dn(user.immutable_id.as_deref().unwrap_or_default()),
            cs_guid: world.named_id("cs-conflict"),
        },
        Failure {
            kind: "InvalidSoftMatch",
            detail: format!(
                "Unable to update this object because the following attributes associated with this object have values that may \
                 already be associated with another object in your local directory services: [Mail {mail};]. Correct or remove the \
                 duplicate values in your local directory."
            ),
            dn: space::cloud_dn(&base64::Engine::encode(&base64::engine::general_purpose::STANDARD, unmatched)),
            cs_guid: world.named_id("cs-unmatched"),
        },
    ]
}

/// The file: two cycles of three connectors, newest run first.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<run-history>\r\n");
    let connectors = [
        (ON_PREMISES_DOMAIN.to_owned(), server.world.named_id("connector-ad"), "DC=ad,DC=alderwood,DC=local"),
        (YARD_DOMAIN.to_owned(), server.world.named_id("connector-yard"), "DC=yard,DC=alderwood,DC=local"),
        (format!("{INITIAL_DOMAIN} - AAD"), CLOUD_CONNECTOR.to_owned(), "default"),
    ];
    let mut number = 4_210;
    for cycle_s in [1_380_u64, 1_380 + 1_800] {
        for (profile, step) in
            [("Export", "export"), ("Delta Synchronization", "apply-rules"), ("Delta Import", "delta-import")]
        {
            for (place, connector) in (0..).zip(&connectors) {
                let at_s = cycle_s - place * 12 - if profile == "Export" { 60 } else { 0 };
                let errors = if profile == "Export" && place == 2 { failures(server) } else { Vec::new() };
                run(server, (number, at_s), connector, (profile, step), &errors, &mut out);
                number -= 1;
            }
        }
    }
    out.push_str("</run-history>\r\n");
    vec![ServerFile::new("RunHistory.xml", out)]
}

fn run(
    server: &Server,
    (number, at_s): (u64, u64),
    (name, id, partition): &(String, String, &str),
    (profile, step): (&str, &str),
    errors: &[Failure],
    out: &mut String,
) {
    let result = if errors.is_empty() { "success" } else { "completed-export-errors" };
    let step_id = server.world.id(crate::tenant::world::Class::Named, number).to_uppercase();
    let (started, ended) = (server.ago_s(at_s), server.ago_s(at_s - 7));
    let _ = write!(
        out,
        "<run-details>\r\n <ma-id>{{{}}}</ma-id>\r\n <ma-name>{name}</ma-name>\r\n <run-number>{number}</run-number>\r\n \
         <run-profile-name>{profile}</run-profile-name>\r\n <security-id>{NETBIOS_DOMAIN}\\{CONNECT_HOST}$</security-id>\r\n \
         <step-details step-number=\"1\" step-id=\"{{{step_id}}}\">\r\n  <start-date>{}</start-date>\r\n  <end-date>{}</end-date>\r\n  \
         <step-result>{result}</step-result>\r\n  <step-description>\r\n   <step-type type=\"{step}\"/>\r\n   \
         <partition>{partition}</partition>\r\n  </step-description>\r\n  <ma-connection>\r\n   \
         <connection-result>success</connection-result>\r\n  </ma-connection>\r\n  <ma-discovery-errors/>\r\n",
        id.to_uppercase(),
        instant::engine(started, number * 37),
        instant::engine(ended, number * 41),
    );
    out.push_str("  <synchronization-errors>");
    for failure in errors {
        let _ = write!(
            out,
            "\r\n   <export-error cs-guid=\"{{{}}}\" dn=\"{}\">\r\n    <date-occurred>{}</date-occurred>\r\n    \
             <first-occurred>{}</first-occurred>\r\n    <retry-count>41</retry-count>\r\n    <error-type>{}</error-type>\r\n    \
             <cd-error>\r\n     <error-code>0x8023134a</error-code>\r\n     <error-literal>{}</error-literal>\r\n    </cd-error>\r\n   \
             </export-error>",
            failure.cs_guid.to_uppercase(),
            xml(&failure.dn),
            instant::engine(ended, 3),
            instant::engine(server.ago_s(5 * 86_400 + 420), 5),
            failure.kind,
            xml(&failure.detail),
        );
    }
    let exported = if step == "export" { 2 } else { 0 };
    let _ = write!(
        out,
        "</synchronization-errors>\r\n  <mv-retry-errors/>\r\n  <staging-counters>\r\n   <stage-no-change detail=\"false\">{}</stage-no-change>\r\n   \
         <stage-add detail=\"true\">0</stage-add>\r\n   <stage-update detail=\"true\">{}</stage-update>\r\n   \
         <stage-failure detail=\"true\">0</stage-failure>\r\n  </staging-counters>\r\n  <export-counters>\r\n   \
         <export-add detail=\"true\">0</export-add>\r\n   <export-update detail=\"true\">{exported}</export-update>\r\n   \
         <export-failure detail=\"true\">{}</export-failure>\r\n  </export-counters>\r\n </step-details>\r\n</run-details>\r\n",
        number % 7,
        number % 3,
        errors.len(),
    );
}
