//! Server names, addresses that lead on, and servers that take their time.

use std::time::Duration;

use serde_json::json;

use super::fake::{Answer, Fake, client};
use crate::target::reach::{leads_on, reach, wait_for};

async fn seen(answer: impl Fn() -> Answer + Clone + Send + Sync + 'static) -> (Fake, String) {
    let fake = Fake::serve(move |_, _| answer()).await;
    let base = fake.origins.reachable().to_string();
    (fake, base.trim_end_matches('/').to_owned())
}

#[tokio::test]
async fn an_address_that_leads_on_is_followed() {
    let (fake, base) =
        seen(|| (200, json!({"m.homeserver": {"base_url": "https://matrix.example.org/"}})).into()).await;
    assert_eq!(leads_on(&base, &client()).await.unwrap(), "https://matrix.example.org");
    assert_eq!(fake.what(), ["GET /.well-known/matrix/client"]);
}

#[tokio::test]
async fn one_that_leads_nowhere_says_what_was_seen() {
    for (status, body, absent, said) in [
        (404, json!({"errcode": "M_UNRECOGNIZED"}), true, "answered 404 M_UNRECOGNIZED"),
        (500, json!({}), false, "answered 500"),
        (200, json!({"m.homeserver": {"base_url": "matrix.example.org"}}), false, "names no address"),
        (200, json!([]), false, "names no address"),
    ] {
        let (_fake, base) = seen(move || (status, body.clone()).into()).await;
        let seen = leads_on(&base, &client()).await.unwrap_err();
        assert!(seen.absent == absent && seen.what.contains(said) && seen.what.contains("/.well-known/"), "{seen:?}");
    }
}

#[tokio::test]
async fn a_name_is_asked_over_tls_and_an_address_is_not_asked() {
    let given = reach("http://127.0.0.1:1", &client()).await.unwrap();
    assert_eq!((given.url.as_str(), given.via), ("http://127.0.0.1:1", None));
    let nobody = reach("localhost:1", &client()).await.unwrap_err();
    assert!(nobody.contains("https://localhost:1/.well-known/matrix/client could not be had"), "{nobody}");
    assert!(nobody.contains("`localhost:1` is taken for a server name"), "{nobody}");
}

#[tokio::test]
async fn a_server_that_is_late_is_waited_for() {
    let fake =
        Fake::serve(|_, number| if number < 2 { (503, json!({})).into() } else { (200, json!({})).into() }).await;
    let url = fake.origins.reachable().to_string();
    wait_for(&url, Duration::from_secs(20), &client()).await.unwrap();
    assert_eq!(fake.what().len(), 3);
    let never = wait_for("http://127.0.0.1:1/x", Duration::from_millis(300), &client()).await.unwrap_err();
    assert!(never.starts_with("http://127.0.0.1:1/x did not answer within 0.3 s (--wait-for): "), "{never}");
}
