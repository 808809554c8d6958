//! The connector spaces as `csexport` writes them: one of the directory, one of the cloud with its export errors.
//!
//! Source: element names of \[MS-UPSDBDAP\] and of lithnet/miis-client; how a cloud object is named there: entra-docs
//! troubleshoot-aad-connect-objects-attributes (the hexadecimal digits of the immutable id's characters).

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::events::xml;
use super::ldif::sid_bytes;
use super::objects::anchor;
use super::{Server, ServerFile, instant, runs};
use crate::limits::SERVER_SPACE_OBJECTS_MAX;
use crate::tenant::world::{INITIAL_DOMAIN, NETBIOS_DOMAIN, ON_PREMISES_DOMAIN, User};

/// The name of an object of the cloud's connector space.
pub(super) fn cloud_dn(immutable_id: &str) -> String {
    let digits = immutable_id.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02X}"));
    format!("CN={{{digits}}}")
}

/// The files.
pub(super) fn files(server: &Server) -> Vec<ServerFile> {
    let world = server.world;
    let people = || (0..world.user_count()).map(|index| world.user(index)).filter(|user| server.has_user(user));
    let mut directory = String::from(HEAD);
    let mut cloud = String::from(HEAD);
    for user in people().take(SERVER_SPACE_OBJECTS_MAX as usize) {
        person(server, &user, &mut directory);
    }
    for failure in runs::failures(server) {
        let _ = write!(
            cloud,
            "<cs-object cs-dn=\"{}\" id=\"{{{}}}\" object-type=\"user\">\r\n <ma-id>{{{}}}</ma-id>\r\n \
             <ma-name>{INITIAL_DOMAIN} - AAD</ma-name>\r\n <partition-name>default</partition-name>\r\n <connector>1</connector>\r\n \
             <connector-state>normal</connector-state>\r\n <export-error>\r\n  <error-type>{}</error-type>\r\n  \
             <error-literal>{}</error-literal>\r\n </export-error>\r\n</cs-object>\r\n",
            xml(&failure.dn),
            failure.cs_guid.to_uppercase(),
            runs::CLOUD_CONNECTOR.to_uppercase(),
            failure.kind,
            xml(&failure.detail),
        );
    }
    let mut files = Vec::new();
    for (name, mut text) in [("csexport-ad.alderwood.local.xml", directory), ("csexport-aad-export-errors.xml", cloud)]
    {
        text.push_str("</cs-objects>\r\n");
        // csexport writes UTF-16 with a byte order mark.
        let bytes = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes);
        files.push(ServerFile::new(name, bytes.collect::<Vec<u8>>()));
    }
    files
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<cs-objects>\r\n";

fn person(server: &Server, user: &User, out: &mut String) {
    let (Some(dn), Some(anchor)) = (&user.dn, anchor(user)) else { return };
    let world = server.world;
    let id = |name: &str| world.named_id(&format!("{name}-{}", user.index)).to_uppercase();
    let dn = xml(dn);
    let sid = STANDARD.encode(sid_bytes(user.sid.as_deref().unwrap_or_default()));
    let _ = write!(
        out,
        "<cs-object cs-dn=\"{dn}\" id=\"{{{}}}\" object-type=\"user\">\r\n <ma-id>{{{}}}</ma-id>\r\n \
         <ma-name>{ON_PREMISES_DOMAIN}</ma-name>\r\n <partition-name>DC=ad,DC=alderwood,DC=local</partition-name>\r\n \
         <domain-name>{NETBIOS_DOMAIN}</domain-name>\r\n <fully-qualified-domain-name>{ON_PREMISES_DOMAIN}</fully-qualified-domain-name>\r\n \
         <account-name>{}</account-name>\r\n <connector>1</connector>\r\n <connector-state>normal</connector-state>\r\n \
         <seen-by-import>1</seen-by-import>\r\n <mv-link lineage-type=\"sync-rule\" lineage-time=\"{}\">{{{}}}</mv-link>\r\n \
         <synchronized-hologram>\r\n  <entry dn=\"{dn}\">\r\n   <anchor encoding=\"base64\">{}</anchor>\r\n   \
         <primary-objectclass>user</primary-objectclass>\r\n",
        id("cs"),
        world.named_id("connector-ad").to_uppercase(),
        xml(user.sam.as_deref().unwrap_or_default()),
        instant::engine(user.created, user.index),
        id("mv"),
        STANDARD.encode(anchor),
    );
    let attributes = [
        ("displayName", Some(&user.display_name)),
        ("mail", user.mail.as_ref()),
        ("sAMAccountName", user.sam.as_ref()),
        ("userPrincipalName", Some(&server.upn(user))),
    ];
    for (name, value) in attributes.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        let _ = write!(
            out,
            "   <attr name=\"{name}\" type=\"string\" multivalued=\"false\"><value>{}</value></attr>\r\n",
            xml(value)
        );
    }
    out.push_str("   <attr name=\"proxyAddresses\" type=\"string\" multivalued=\"true\">");
    user.proxy_addresses.iter().for_each(|address| {
        let _ = write!(out, "<value>{}</value>", xml(address));
    });
    let _ = write!(
        out,
        "</attr>\r\n   <attr name=\"objectSid\" type=\"binary\" multivalued=\"false\"><value encoding=\"base64\">{sid}</value></attr>\r\n  \
         </entry>\r\n </synchronized-hologram>\r\n</cs-object>\r\n"
    );
}
