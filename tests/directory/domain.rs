//! A real Active Directory on loopback: Samba's domain controller, made for one test run and gone with it.
//!
//! Its ports (88, 389, 636) are fixed, so it needs root and the machine's only directory. Where it cannot run the tests
//! say why and leave it out; in CI as root they insist. What Samba does unlike Windows is tried with a scripted server in
//! `src/directory/tests`: limits, ranges that nobody asked for, silence.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

pub const HOST: &str = "dc1.ad.alderwood.local";
pub const REALM: &str = "AD.ALDERWOOD.LOCAL";
pub const BASE: &str = "DC=ad,DC=alderwood,DC=local";
pub const PASSWORD: &str = "Passw0rd.Quill1";
const SAMBA: &str = "/usr/sbin/samba";
/// `userAccountControl`, as access control entries name it.
const ACCOUNT_CONTROL: &str = "bf967a68-0de6-11d0-a285-00aa003049e2";

/// A domain and its controller.
pub struct Domain {
    folder: tempfile::TempDir,
    process: Option<Child>,
}

/// Runs a program to its end; what it said is shown when it fails.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Output {
    let output = Command::new(program).args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(output.status.success(), "{program} {}: {}", arguments[0], String::from_utf8_lossy(&said));
    output
}

/// Why there can be no domain here.
fn obstacle() -> Option<String> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
    if !is_root {
        return Some("a domain controller's ports need root".into());
    }
    let wanted = [SAMBA, "/usr/bin/samba-tool", "/usr/bin/python3", "/usr/share/samba/setup/provision.ldif"];
    if let Some(lacking) = wanted.into_iter().find(|path| !Path::new(path).exists()) {
        return Some(format!("{lacking} is not installed; .ci/run installs it"));
    }
    let taken = [88, 389, 636].into_iter().find(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok());
    taken.map(|port| format!("port {port} is in use"))
}

impl Domain {
    /// Makes and starts a domain with what `seed` says; `None`, with a note, where there can be none.
    pub fn start(seed: &Value) -> Option<Self> {
        if let Some(obstacle) = obstacle() {
            let insists = std::env::var_os("CI").is_some() && !obstacle.contains("root");
            assert!(!insists, "no domain controller: {obstacle}");
            eprintln!("left out: no domain controller, because {obstacle}");
            return None;
        }
        let mut domain = Self { folder: tempfile::tempdir().unwrap(), process: None };
        name_host();
        domain.certify();
        domain.provision(seed["domainSid"].as_str().unwrap());
        std::fs::write(domain.path("seed.json"), seed.to_string()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/directory/seed.py");
        // Samba's modules belong to the system's Python.
        run("/usr/bin/python3", &[script, domain.path("").to_str().unwrap()], domain.folder.path());
        domain.hide_account_control();
        domain.serve();
        Some(domain)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the seeding wrote down about the people.
    pub fn truth(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.path("truth.json")).unwrap()).unwrap()
    }

    /// An authority, a certificate of it, and one that expired years ago.
    fn certify(&self) {
        let at = self.folder.path();
        let openssl = |line: &str| run("openssl", &line.split(' ').collect::<Vec<_>>(), at);
        for ca in ["ca", "other"] {
            openssl(&format!(
                "req -x509 -newkey rsa:2048 -nodes -keyout {ca}.key -out {ca}.pem -days 30 -subj /CN=Test-{ca}"
            ));
        }
        openssl(&format!("req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN={HOST}"));
        std::fs::write(self.path("names"), format!("subjectAltName=DNS:{HOST}\nextendedKeyUsage=serverAuth\n"))
            .unwrap();
        let sign =
            "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names -out cert.pem";
        openssl(sign);
        let authority = "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nserial=number\nnew_certs_dir=.\ndefault_md=sha256\n\
             policy=any\n[any]\ncommonName=supplied\n";
        std::fs::write(self.path("authority"), authority).unwrap();
        std::fs::write(self.path("index"), "").unwrap();
        std::fs::write(self.path("number"), "1000\n").unwrap();
        openssl(
            "ca -batch -config authority -cert ca.pem -keyfile ca.key -extfile names -startdate 20200101000000Z \
             -enddate 20210101000000Z -notext -in request.pem -out expired.pem",
        );
        // The server refuses a key that others may read.
        run("chmod", &["600", "key.pem"], at);
    }

    fn provision(&self, domain_sid: &str) {
        let at = |name: &str| self.path(name).to_str().unwrap().to_owned();
        for folder in ["run", "ncalrpc"] {
            std::fs::create_dir(self.path(folder)).unwrap();
        }
        let mut line: Vec<String> = "domain provision --server-role=dc --domain=ALDERWOOD --host-name=DC1 \
             --host-ip=127.0.0.1 --dns-backend=SAMBA_INTERNAL --backend-store=mdb"
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        line.push(format!("--targetdir={}", at("dc")));
        line.push(format!("--realm={REALM}"));
        line.push(format!("--adminpass={PASSWORD}"));
        line.push(format!("--domain-sid={domain_sid}"));
        for option in [
            "interfaces=lo".into(),
            "bind interfaces only=yes".into(),
            format!("log file={}", at("log")),
            format!("pid directory={}", at("run")),
            format!("ncalrpc dir={}", at("ncalrpc")),
            format!("tls keyfile={}", at("key.pem")),
            format!("tls certfile={}", at("cert.pem")),
            format!("tls cafile={}", at("ca.pem")),
            "server services=ldap,cldap,kdc,drepl,winbindd,ntp_signd,kcc".into(),
            "ldap server require strong auth=allow_sasl_over_tls".to_owned(),
        ] {
            line.push(format!("--option={option}"));
        }
        run("/usr/bin/samba-tool", &line.iter().map(String::as_str).collect::<Vec<_>>(), self.folder.path());
        self.tool(&["spn", "add", &format!("ldap/{HOST}"), "DC1$"]);
        let realm = format!(
            "[libdefaults]\ndefault_realm={REALM}\ndns_lookup_realm=false\ndns_lookup_kdc=false\nrdns=false\n\
             dns_canonicalize_hostname=false\n[realms]\n{REALM}={{\nkdc=127.0.0.1\n}}\n[domain_realm]\n.ad.alderwood.local={REALM}\n"
        );
        std::fs::write(self.path("krb5.conf"), realm).unwrap();
    }

    fn tool(&self, arguments: &[&str]) {
        let (db, configuration) = (self.path("dc/private/sam.ldb"), self.path("dc/etc/smb.conf"));
        let place = ["-H", db.to_str().unwrap(), "-s", configuration.to_str().unwrap()];
        run("/usr/bin/samba-tool", &[arguments, &place].concat(), self.folder.path());
    }

    /// The account `poor` may not see whether people are enabled.
    fn hide_account_control(&self) {
        let sid = self.truth()["users"]["poor"]["sid"].as_str().unwrap().to_owned();
        let entry = format!("(OD;CI;RP;{ACCOUNT_CONTROL};;{sid})");
        let unit = format!("OU=Sync,{BASE}");
        self.tool(&["dsacl", "set", "--objectdn", &unit, "--sddl", &entry]);
    }

    /// Starts the server and waits until it answers.
    fn serve(&mut self) {
        let log = std::fs::File::create(self.path("out")).unwrap();
        let configuration = self.path("dc/etc/smb.conf");
        let process = Command::new(SAMBA)
            .args(["-s", configuration.to_str().unwrap(), "-F", "--no-process-group"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        self.process = Some(process.unwrap());
        let since = Instant::now();
        while TcpStream::connect((HOST, 636)).is_err() || TcpStream::connect((HOST, 88)).is_err() {
            assert!(since.elapsed() < Duration::from_secs(60), "the domain controller does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        // Its children end with it when it is asked to; killed, it would leave them.
        let _ = Command::new("kill").arg(process.id().to_string()).status();
        let since = Instant::now();
        while process.try_wait().is_ok_and(|ended| ended.is_none()) && since.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = process.kill();
        let _ = process.wait();
        while TcpStream::connect(("127.0.0.1", 636)).is_ok() && since.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Goes on with the certificate that has expired.
    pub fn expire(&mut self) {
        self.stop();
        std::fs::copy(self.path("expired.pem"), self.path("cert.pem")).unwrap();
        self.serve();
    }

    /// A ticket for the administrator, in a file of its own; the variables that name it.
    #[cfg(feature = "kerberos")]
    pub fn ticket(&self) -> [(&'static str, String); 2] {
        use std::io::Write as _;
        let variables = self.no_ticket();
        let mut kinit = Command::new("kinit")
            .arg(format!("administrator@{REALM}"))
            .envs(variables.clone())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        kinit.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        assert!(kinit.wait().unwrap().success(), "no ticket");
        variables
    }

    /// The variables that name a file for tickets.
    #[cfg(feature = "kerberos")]
    pub fn no_ticket(&self) -> [(&'static str, String); 2] {
        let at = |name: &str| self.path(name).to_str().unwrap().to_owned();
        [("KRB5_CONFIG", at("krb5.conf")), ("KRB5CCNAME", format!("FILE:{}", at("tickets")))]
    }
}

impl Drop for Domain {
    fn drop(&mut self) {
        self.stop();
        forget_host();
    }
}

/// Lets the host's name be found: certificates and tickets are for names. Taken back at the end.
fn name_host() {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap();
    if !hosts.contains(HOST) {
        std::fs::write("/etc/hosts", format!("{}\n127.0.0.1 {HOST}\n", hosts.trim_end())).unwrap();
    }
}

fn forget_host() {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let rest: Vec<&str> = hosts.lines().filter(|line| !line.contains(HOST)).collect();
    let _ = std::fs::write("/etc/hosts", rest.join("\n") + "\n");
}
