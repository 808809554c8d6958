//! Replies of the embedded tenant against Microsoft's own OpenAPI description, through a validating proxy
//! (<https://stoplight.io/open-source/prism>): neither the client nor the tenant may drift from it.
//!
//! Needs Node, the packages of `tests/prism/package.json` in `target/prism`, and the description in
//! `../shared/samples/openapi`. Without them it passes with a note; where `CI=true`, a missing proxy is a failure.

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
    // `.ci/run` installs tests/NAME/package.json into target/NAME.
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map(|target| target.join("prism"));
    let Some(proxy) = installed.map(|folder| folder.join("node_modules/.bin/prism")).filter(|proxy| proxy.exists())
    else {
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "the proxy is missing: .ci/run should have installed it"
        );
        println!("skipped: the proxy is not installed (tests/prism/package.json, into target/prism)");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let now = time::macros::datetime!(2026-09-10 12:00 UTC);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = runtime.block_on(serve(TenantSettings::demo(now), listener)).unwrap();
    let output = Command::new("node")
        .arg(root.join("tests/prism/check.mjs"))
        .arg(&proxy)
        .args([description.as_os_str(), running.graph_url.as_ref(), running.token.as_ref()])
        .output()
        .unwrap();
    runtime.block_on(running.shutdown());
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    println!("{report}");
}
