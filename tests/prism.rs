//! Replies of the embedded tenant against Microsoft's own OpenAPI description, through a validating proxy
//! (<https://stoplight.io/open-source/prism>): neither the client nor the tenant may drift from it.
//!
//! Needs Node, `npm ci` in `tests/prism`, and the description in `../shared/samples/openapi`. Without them it passes
//! with a note; where `CI=true`, a missing proxy is a failure.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use entra_bundle::tenant::TenantSettings;
use entra_bundle::tenant::server::serve;

#[test]
fn replies_follow_the_openapi_description() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let description = root.join("../shared/samples/openapi");
    if !description.join("graph-v1-slim.json").exists() {
        println!("skipped: Microsoft's OpenAPI description is not beside the repository");
        return;
    }
    let proxy = root.join("tests/prism/node_modules/.bin/prism");
    if !proxy.exists() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "the proxy is missing: run `npm ci` in tests/prism");
        println!("skipped: the proxy is not installed; run `npm ci` in tests/prism");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let now = time::macros::datetime!(2026-09-10 12:00 UTC);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = runtime.block_on(serve(TenantSettings::demo(now), listener)).unwrap();
    let output = Command::new("node")
        .arg(root.join("tests/prism/check.mjs"))
        .args([description.as_os_str(), running.graph_url.as_ref(), running.token.as_ref()])
        .output()
        .unwrap();
    runtime.block_on(running.shutdown());
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    println!("{report}");
}
