//! Links and paths turned into what to ask.

use url::Url;

use crate::http::{Origins, OriginsError};

#[test]
fn only_the_servers_own_links_are_followed() {
    let origins = Origins::parse("http://127.0.0.1:8008", Some("https://hs.test/")).unwrap();
    let map = |link: &str| origins.to_reachable(&Url::parse(link).unwrap());
    for link in [
        "https://elsewhere.test/",
        "http://hs.test/",
        "https://hs.test:8448/",
        "http://127.0.0.1:8009/",
        "https://hs.test@elsewhere.test/",
        "https://hs.test.elsewhere.test/",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://hs.test/",
    ] {
        assert_eq!(map(link), None, "{link}");
    }
    let own = map("http://u:p@127.0.0.1:8008/a?b#c").unwrap();
    assert_eq!((own.url.as_str(), own.forwarded, own.public), ("http://127.0.0.1:8008/a?b#c", None, false));
    let public = map("https://hs.test:443/a").unwrap();
    assert_eq!((public.url.as_str(), public.public), ("http://127.0.0.1:8008/a", true));
    assert_eq!(public.forwarded.unwrap().host, "hs.test");
}

#[test]
fn base_paths_are_kept_and_swapped() {
    let origins = Origins::parse("http://127.0.0.1:8008/inner/", Some("https://hs.test/outer")).unwrap();
    assert_eq!(origins.request_url("/_matrix/client/versions"), "http://127.0.0.1:8008/inner/_matrix/client/versions");
    let reached = origins.to_reachable(&Url::parse("https://hs.test/outer/a/b?c=d").unwrap()).unwrap();
    assert_eq!(reached.url.as_str(), "http://127.0.0.1:8008/inner/a/b?c=d");
    let beside = origins.to_reachable(&Url::parse("https://hs.test/outerspace").unwrap()).unwrap();
    assert_eq!(beside.url.as_str(), "http://127.0.0.1:8008/outerspace");
    let same = Origins::parse("http://127.0.0.1:8008", None).unwrap();
    assert_eq!(same.known().len(), 1);
}

#[test]
fn addresses_that_are_none_are_refused_in_words() {
    assert_eq!(
        Origins::parse("matrix.org", None).unwrap_err().to_string(),
        "`matrix.org` is not a URL (relative URL without a base); an address looks like `http://127.0.0.1:8008`"
    );
    assert!(matches!(Origins::parse("localhost:8008", None), Err(OriginsError::NotHttp { .. })));
    assert!(matches!(Origins::parse("http://a", Some("file:///x")), Err(OriginsError::NotHttp { .. })));
}
