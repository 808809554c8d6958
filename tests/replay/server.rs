//! A server that knows nothing of entra-bundle: it answers each path with the documented bodies of that path, page by page.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};

/// Path pattern (`*` = any segment) → bodies.
pub type Corpus = BTreeMap<String, Vec<Value>>;

/// A running replay server.
pub struct Replay {
    pub url: String,
    /// Patterns that were asked for.
    pub asked: Arc<Mutex<BTreeSet<String>>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Replay {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Starts it. `variant` chooses among the bodies of a singleton.
pub fn start(corpus: Corpus, singletons: BTreeSet<String>, variant: usize) -> Replay {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(BTreeSet::new()));
    let desk = Arc::new(Desk { corpus, singletons, variant, url: url.clone(), asked: Arc::clone(&asked) });
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let desk = Arc::clone(&desk);
            tokio::spawn(async move {
                let service = hyper::service::service_fn(move |request| answer(Arc::clone(&desk), request));
                let _ = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    Replay { url, asked, runtime: Some(runtime) }
}

struct Desk {
    corpus: Corpus,
    singletons: BTreeSet<String>,
    variant: usize,
    url: String,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

async fn answer(desk: Arc<Desk>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let target = request.uri().path_and_query().map(|target| target.as_str().to_owned()).unwrap_or_default();
    let (status, body) = if target.ends_with("/$batch") {
        let prefix = target.trim_end_matches("/$batch").to_owned();
        let bytes = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let batch: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let mut responses: Vec<Value> = batch["requests"].as_array().unwrap_or(&Vec::new()).iter().map(|item| {
            let (status, body) = desk.look_up(&format!("{prefix}{}", item["url"].as_str().unwrap_or_default()));
            json!({"id": item["id"], "status": status, "headers": {"Content-Type": "application/json"}, "body": body})
        }).collect();
        responses.reverse();
        (200, json!({ "responses": responses }))
    } else {
        desk.look_up(&target)
    };
    let bytes = serde_json::to_vec_pretty(&body).unwrap();
    Ok(Response::builder()
        .status(status)
        .header("Content-Type", "application/json")
        .header("request-id", "replayed")
        .body(Full::new(Bytes::from(bytes)))
        .unwrap())
}

impl Desk {
    fn look_up(&self, target: &str) -> (u16, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: BTreeMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let bare = path.trim_start_matches("/v1.0").trim_start_matches("/beta");
        let Some((pattern, bodies)) = self.corpus.iter().find(|(pattern, _)| matches(pattern, bare)) else {
            return (
                404,
                json!({"error": {"code": "Request_ResourceNotFound", "message": "Resource not found.", "innerError": {}}}),
            );
        };
        self.asked.lock().unwrap().insert(pattern.clone());
        if self.singletons.contains(pattern) {
            return (200, bodies[self.variant % bodies.len()].clone());
        }
        let page: usize = query.get("replay").and_then(|page| page.parse().ok()).unwrap_or(0);
        let mut body = bodies[page].clone();
        filter(&mut body, query.get("$filter").map_or("", String::as_str));
        if let Some(object) = body.as_object_mut() {
            object.remove("@odata.nextLink");
            object.remove("@odata.deltaLink");
            // The examples count thousands and show three: a shortened list, which the program rightly calls partial.
            object.remove("@odata.count");
            if page + 1 < bodies.len() {
                let mut next = url::Url::parse(&format!("{}{path}", self.url)).unwrap();
                next.query_pairs_mut()
                    .extend_pairs(query.iter().filter(|(name, _)| *name != "replay"))
                    .append_pair("replay", &(page + 1).to_string());
                object.insert("@odata.nextLink".into(), next.as_str().into());
            }
        }
        (200, body)
    }
}

/// Honours the time bounds of `$filter`, as the service would; all else in it is passed over.
fn filter(body: &mut Value, expression: &str) {
    let words: Vec<&str> = expression.split_whitespace().collect();
    let bounds: Vec<_> = words
        .windows(3)
        .filter(|three| ["ge", "gt", "le", "lt"].contains(&three[1]) && three[2].len() >= 20)
        .map(|three| (three[0].to_owned(), three[1].to_owned(), three[2].to_owned()))
        .collect();
    let Some(items) = body.get_mut("value").and_then(Value::as_array_mut) else { return };
    items.retain(|item| {
        bounds.iter().all(|(property, operator, bound)| {
            let Some(time) = item[property].as_str() else {
                return operator.starts_with('l') || bound.starts_with("2010");
            };
            let cut = |text: &str| text.trim_end_matches('Z').chars().take(19).collect::<String>();
            let (time, bound) = (cut(time), cut(bound));
            match operator.as_str() {
                "ge" => time >= bound,
                "gt" => time > bound,
                "le" => time <= bound,
                _ => time < bound,
            }
        })
    });
}

/// Whether a path fits a pattern; case is ignored as OData's path segments are in Graph.
pub fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(want, have)| *want == "*" || want.eq_ignore_ascii_case(have))
}
