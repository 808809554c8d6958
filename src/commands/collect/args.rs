//! The options of `collect`. Parsing does nothing else: what the options mean together is decided in `settings`.

use std::path::PathBuf;

use clap::Args;

use crate::import::Incident;
use crate::net::auth::AuthKind;
use crate::spool::Compression;

/// Collects what Support asks for into one verified zip.
#[derive(Args)]
pub struct CollectArgs {
    /// Collect from the embedded demo tenant: real HTTP over loopback, nothing leaves this machine
    #[arg(long, conflicts_with = "tenant")]
    pub demo: bool,
    /// Tenant id (GUID) or one of its domains
    #[arg(long, value_name = "ID")]
    pub tenant: Option<String>,
    /// How to sign in
    #[arg(long, value_name = "KIND", value_enum, default_value = "auto")]
    pub auth: AuthKind,
    /// Support scenario whose data is needed; may be repeated (see `catalog list`)
    #[arg(long = "profile", value_name = "NAME")]
    pub profiles: Vec<String>,
    /// Dataset to collect, by id or pattern such as `sign-ins*`; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Dataset to leave out, by id or pattern; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Start of the log window: 7d, 36h, 90m back from its end, or a time such as 2026-09-01T00:00:00Z
    ///
    /// [default: 7d]
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// End of the log window [default: now]
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Where to take a log from: CATEGORY=graph|log-analytics|storage|event-hub|office|purview|file; may be repeated
    ///
    /// CATEGORY is a category (SignInLogs), a dataset id (sign-ins) or a pattern (sign-ins*). Without it the program looks
    /// at the diagnostic settings and at what is named here, and takes the nearest place that has the log whole.
    #[arg(long = "source", value_name = "CATEGORY=KIND")]
    pub sources: Vec<String>,
    /// Log Analytics workspace that has the logs: its id (GUID) or resource id; may be repeated
    #[arg(long, value_name = "ID")]
    pub workspace: Vec<String>,
    /// Storage account that has the logs: its blob address; may be repeated
    #[arg(long, value_name = "URL")]
    pub storage: Vec<String>,
    /// File with a shared access signature for --storage, instead of signing in
    #[arg(long, value_name = "FILE", requires = "storage")]
    pub storage_sas_file: Option<PathBuf>,
    /// File with the account key for --storage, instead of signing in
    #[arg(long, value_name = "FILE", requires = "storage", conflicts_with = "storage_sas_file")]
    pub storage_key_file: Option<PathBuf>,
    /// Event hub that has the logs, for example NAME.servicebus.windows.net/HUB; may be repeated
    #[arg(long, value_name = "HOST/HUB")]
    pub event_hub: Vec<String>,
    /// File with a connection string for --event-hub, instead of signing in
    #[arg(long, value_name = "FILE", requires = "event_hub")]
    pub event_hub_key_file: Option<PathBuf>,
    /// Collect Microsoft 365 activity too: it needs a permission of its own, ActivityFeed.Read
    #[arg(long)]
    pub office: bool,
    /// Start the content subscriptions that are missing: this changes the tenant, and records come from then on only
    #[arg(long, requires = "office")]
    pub office_start: bool,
    /// Domain controller to read Active Directory from: ldaps://DC, or ldap://DC (StartTLS); never without TLS
    ///
    /// Without --ldap-user the program signs in with the Kerberos ticket of whoever runs it (Windows, or a build with
    /// the feature kerberos).
    #[arg(long, value_name = "URL")]
    pub ldap: Option<String>,
    /// Account for --ldap: user@domain, DOMAIN\user or a distinguished name
    #[arg(long, value_name = "NAME", requires_all = ["ldap", "ldap_password_file"])]
    pub ldap_user: Option<String>,
    /// File with the password of --ldap-user
    #[arg(long, value_name = "FILE", requires = "ldap_user")]
    pub ldap_password_file: Option<PathBuf>,
    /// File with the authorities (PEM) that --ldap trusts instead of the system's
    #[arg(long, value_name = "FILE", requires = "ldap")]
    pub ldap_ca: Option<PathBuf>,
    /// Objects of --ldap below this one only, for example OU=Sync,DC=contoso,DC=com
    #[arg(long, value_name = "DN", requires = "ldap")]
    pub ldap_base: Option<String>,
    /// Objects of --ldap that this filter lets through only, for example (department=Sales)
    #[arg(long, value_name = "FILTER", requires = "ldap")]
    pub ldap_filter: Option<String>,
    /// This object of --ldap only
    #[arg(long, value_name = "DN", requires = "ldap", conflicts_with = "ldap_base")]
    pub ldap_object: Option<String>,
    /// File or folder that you already have (portal downloads, exports of any destination, what was copied off a server);
    /// may be repeated
    #[arg(long = "input", value_name = "PATH")]
    pub inputs: Vec<PathBuf>,
    /// Incident id that the Authenticator app showed when it sent its logs, perhaps with its time; may be repeated
    #[arg(long = "authenticator-incident", value_name = "ID[@TIME]")]
    pub incidents: Vec<Incident>,
    /// Support case number, written into the bundle
    #[arg(long, value_name = "ID")]
    pub case: Option<String>,
    /// The zip to write [default: entra-bundle-CASE-TIME.zip here]
    #[arg(long, value_name = "FILE.zip")]
    pub out: Option<PathBuf>,
    /// Key file [default: the tenant's key in the configuration folder, made on first use]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Privacy policy: `standard`, `strict`, or a TOML file
    ///
    /// A policy file has up to four lines: name = "mine" (stands in the manifest), base = "standard" (or "strict"),
    /// keep = ["KIND", ...] and map = ["KIND", ...]; `map` wins. `catalog pseudonyms` lists the kinds and what becomes of
    /// each; `object-ids` stands for user-id, device-id and principal-id. Secrets are removed under every policy.
    #[arg(long, value_name = "NAME|FILE", default_value = "standard")]
    pub policy: String,
    /// Kind of identifier to leave as it is, for example `object-ids`; may be repeated
    #[arg(long, value_name = "KIND")]
    pub keep: Vec<String>,
    /// How small the bundle becomes: `fast` saves time, `small` bytes
    #[arg(long, value_name = "HOW", value_enum, default_value = "default")]
    pub compression: Compression,
    /// Replace a documented request budget: reports=5/10, identity=1/1, directory=800/10, or CLASS=off
    #[arg(long, value_name = "CLASS=N/SECONDS")]
    pub rate: Vec<String>,
    /// National cloud: global, usgov, usgov-dod or china
    #[arg(long, value_name = "NAME", default_value = "global")]
    pub cloud: String,
    /// Ask this Graph address instead of the cloud's
    #[arg(long, value_name = "URL")]
    pub graph_url: Option<String>,
    /// Sign in at this address instead of the cloud's
    #[arg(long, value_name = "URL")]
    pub login_url: Option<String>,
    /// Ask this Azure Resource Manager address instead of the cloud's
    #[arg(long, value_name = "URL")]
    pub arm_url: Option<String>,
    /// Ask this Log Analytics address instead of the cloud's
    #[arg(long, value_name = "URL")]
    pub logs_url: Option<String>,
    /// Ask this Office 365 Management Activity address instead of the cloud's
    #[arg(long, value_name = "URL")]
    pub office_url: Option<String>,
    /// Stop asking after this long (90s, 30m, 8h): what has come until then is kept and called partial
    #[arg(long, value_name = "DURATION")]
    pub deadline: Option<String>,
    /// Go on with a run that was killed, interrupted or out of space: the same options, --since and --until left out
    #[arg(long, conflicts_with = "dry_run")]
    pub resume: bool,
    /// Print what would be collected, with which permissions and in what time at the least; collect nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the manifest (or the plan) on stdout as one JSON document
    #[arg(long)]
    pub json: bool,
}
