//! Keys that declare identifiers, keys whose values stay, and the values that are exempt, each by a rule.

/// Keys in any spelling (letters and digits only) whose texts identify a person, a device, an address or a place.
pub(super) const IDENTIFIES: [&str; 139] = [
    "accountcustomentity", "accountdisplayname", "accountdomain", "accountname", "accountsid", "accountupn",
    "actoripaddress", "actoruserid", "actorupn", "aliasname", "alternatesigninname", "author", "azureaduserid",
    "businessphones", "caller", "callerip", "calleripaddress", "city", "cityname", "clientcomputername", "clientip",
    "clientipaddress", "clientmachinename", "computer", "computername", "connectorip", "custodian", "destaddress",
    "destinationcomputername", "destinationdevicename", "destinationip", "destinationipaddress", "destmailboxownersid",
    "destmailboxownerupn", "deviceid", "devicename", "distinguishedname", "dnshostname", "email", "emailaddress",
    "emails", "employeeid", "externalip", "faxnumber", "fileowner", "fileoriginip", "firstname", "fullname",
    "givenname", "globalsecureaccessipaddress", "hardwareid", "homephone", "hostcustomentity", "hostname",
    "initiatingprocessaccountdomain", "initiatingprocessaccountname", "initiatingprocessaccountsid",
    "initiatingprocessaccountupn", "initiatinguser", "initiatinguserorapp", "inviteduseremailaddress", "ipaddr",
    "ipaddress", "ipaddressfromresourceprovider", "issuerassignedid", "jobtitle", "kerberosclientname", "lastname",
    "localip", "logonuserdisplayname", "logonusersid", "machinefqdn", "machinename", "mail", "mailboxguid",
    "mailboxownersid", "mailboxownerupn", "mailnickname", "manageduserid", "membername", "membersid", "memberupn",
    "mobile", "mobilephone", "namefamilyname", "namegivenname", "netbiosname", "objectsid", "officelocation", "oid",
    "onpremaccount", "onpremisesdistinguishedname", "onpremisesdomainname", "onpremisesimmutableid",
    "onpremisessamaccountname", "onpremisessecurityidentifier", "onpremisesuserprincipalname", "othermails",
    "phonenumber", "physicaldeliveryofficename", "postalcode", "preferredusername", "primarysmtpaddress", "puid",
    "recipients", "reportableidentifier", "remotedevicename", "remoteip", "samaccountname", "serialnumber",
    "serverprincipalname", "sessionserverprincipalname", "sid", "signinidentifier", "smtpaddress", "sourceaddress",
    "sourcecomputername", "sourceip", "sourceipaddress", "sourceprivateip", "streetaddress", "subjectaccount",
    "subjectdomainname", "subjectusername", "subjectusersid", "surname", "targetaccount", "targetdomainname",
    "targetuserid", "targetusername", "targetusersid", "telephonenumber", "upn", "userdisplayname", "userid",
    "userkey", "username", "userprincipalname", "workstationname",
];

/// Keys whose texts stay as they are under `standard`: ids of requests, tenants, apps, groups and settings; codes, times,
/// versions, agents.
pub(super) const KEPT: [&str; 52] = [
    "activitydatetime", "activitydisplayname", "alertid", "appid", "apprequestid", "applicationid", "authenticationprotocol",
    "authenticationrequirement", "browser", "category", "changeid", "clientappused", "clientrequestid", "conditionalaccessstatus",
    "correlationid", "createddatetime", "creationtime", "cycleid", "detecteddatetime", "errorcode", "eventid",
    "hometenantid", "intersystemsid", "intrasystemid", "isinteractive", "loggedbyservice", "operatingsystem", "operation",
    "operationname", "operationtype", "operationversion", "originalrequestid", "policyid", "recordtype", "requestid",
    "resourcetenantid", "resultsignature", "resultstatus", "resulttype", "riskdetail", "risklevel", "riskstate",
    "roledefinitionid", "roletemplateid", "skuid", "tenantid", "time", "timegenerated", "timestamp",
    "tokenissuertype", "useragent", "workload",
];

/// The letters and digits of a key's last step, in lower case, without the type that Log Analytics appends.
pub(super) fn squeezed(key: &str) -> String {
    let key = key.rsplit(['.', '/']).next().unwrap_or(key);
    let key = key.strip_suffix("_s").or_else(|| key.strip_suffix("_g")).unwrap_or(key);
    key.chars().filter(|symbol| symbol.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Texts that identify nobody, each by a rule.
pub(super) fn exempt(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_lowercase();
    // 1. Nothing, and words of the services.
    let word = value.chars().filter(|symbol| symbol.is_alphanumeric()).count() < 2
        || crate::catalog::identifier_words().iter().any(|word| word.eq_ignore_ascii_case(value));
    // 2. The nil GUID, loopback and unspecified addresses, well-known SIDs.
    let nobody = ["00000000-0000-0000-0000-000000000000", "::1", "127.0.0.1", "0.0.0.0", "::"].contains(&value)
        || value.starts_with("S-1-") && !value.starts_with("S-1-5-21-") && !value.starts_with("S-1-12-1-");
    // 3. Accounts and authorities of Windows.
    let windows = ["nt authority", "nt service", "window manager", "font driver host", "local service", "system"]
        .iter()
        .any(|authority| lower.starts_with(authority));
    // 4. Well-known apps in the place of a user.
    let app = crate::pseudonym::guid::parse(value).is_some_and(super::well_known);
    word || nobody || windows || app
}
