//! The cookies of a browser, by the addresses that it shows.
//!
//! Takes answers, and gives what is sent back. The homeserver may be reached elsewhere than under its public name; its
//! cookies belong to the name. As in browsers, what comes from the machine itself counts as safe (Secure Contexts), so a
//! cookie that wants a safe connection is kept there too.

use std::sync::Arc;

use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::header::HeaderValue;
use threepid_record::model::Response;
use url::Url;

use super::headers::is_loopback;

/// A cookie jar.
#[derive(Debug, Clone, Default)]
pub(in crate::run) struct Cookies {
    jar: Arc<Jar>,
}

impl Cookies {
    /// What a request for a page carries.
    pub(super) fn of(&self, at: &Url) -> Option<String> {
        let cookies = self.jar.cookies(&safe(at))?;
        Some(String::from_utf8_lossy(cookies.as_bytes()).into_owned())
    }

    /// Keeps what an answer sets.
    pub(super) fn keep(&self, at: &Url, response: &Response) {
        let set = response.headers.iter().filter(|(name, _)| name == "set-cookie");
        let set: Vec<HeaderValue> =
            set.filter_map(|(_, value)| HeaderValue::from_bytes(value.as_bytes()).ok()).collect();
        self.jar.set_cookies(&mut set.iter(), &safe(at));
    }
}

fn safe(at: &Url) -> Url {
    let mut at = at.clone();
    if at.scheme() == "http" && is_loopback(&at) {
        // The port stays as it is, and cookies do not look at it.
        let _ = at.set_scheme("https");
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use threepid_record::model::Body;

    #[test]
    fn cookies_belong_to_the_public_name() {
        let cookies = Cookies::default();
        let set = |at: &str, cookie: &str| {
            let headers = vec![("set-cookie".to_owned(), cookie.to_owned())];
            cookies.keep(&at.parse().unwrap(), &Response { status: 200, headers, body: Body::default() });
        };
        let of = |at: &str| cookies.of(&at.parse().unwrap());
        set("https://hs.example/a", "s=1; Secure; HttpOnly; Path=/; SameSite=Lax; Domain=hs.example");
        assert_eq!(of("https://hs.example/b").as_deref(), Some("s=1"));
        assert_eq!(of("http://hs.example/b"), None);
        set("http://127.0.0.1:8008/a", "t=2; Secure; Path=/");
        assert_eq!(of("http://127.0.0.1:8008/b").as_deref(), Some("t=2"));
        set("http://127.0.0.1:8008/a", "u=3; Domain=other.example");
        assert_eq!(of("http://other.example/"), None);
    }
}
