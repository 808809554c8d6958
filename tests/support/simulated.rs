//! The embedded tenant as a process of its own, and the binary's `collect` pointed at it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::Bench;

/// A `simulate` process without limits; it ends with the value.
pub struct Simulated {
    child: Child,
    told: Value,
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Simulated {
    /// On a free port.
    pub fn start(bench: &Bench, more: &[&str]) -> Self {
        Self::start_at(bench, "127.0.0.1:0", more)
    }

    pub fn start_at(bench: &Bench, address: &str, more: &[&str]) -> Self {
        let mut command = bench.command(&["simulate", "--listen", address, "--limits", "off"]);
        let mut child = command.args(more).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told = serde_json::from_str(&line).unwrap_or_else(|_| panic!("simulate {more:?} does not start"));
        Self { child, told }
    }

    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// What it said of itself: `graph_url`, `tenant_id`, `token`, ...
    pub fn text(&self, name: &str) -> &str {
        self.told[name].as_str().unwrap_or_else(|| panic!("the server does not say its {name}"))
    }

    /// `collect` from it, with its token and without budgets.
    pub fn collect(&self, bench: &Bench, zip: impl AsRef<Path>, more: &[&str]) -> Command {
        let mut command = bench.command(&["collect", "--tenant", self.text("tenant_id"), "--auth", "token"]);
        command
            .arg("--out")
            .arg(zip.as_ref())
            .args(["--graph-url", self.text("graph_url"), "--login-url", self.text("login_url")])
            .args(["--arm-url", self.text("arm_url"), "--logs-url", self.text("logs_url")])
            .args(["--office-url", self.text("office_url")])
            .args(["reports=off", "identity=off", "directory=off", "workspace=off"].iter().flat_map(|r| ["--rate", r]))
            .args(more)
            .env("ENTRA_BUNDLE_TOKEN", self.text("token"));
        command
    }
}
