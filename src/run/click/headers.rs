//! What a browser says about where a request comes from.
//!
//! Takes how somebody came to a page; gives `Origin`, `Referer`, `Sec-Fetch-*` and the other headers of a navigation, as the
//! Fetch standard, Fetch Metadata and Referrer Policy say. It sends nothing.

use url::{Host, Origin, Url};

/// What is wanted of a page.
const ACCEPT: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
/// In what language.
const LANGUAGE: &str = "en";

/// How somebody comes to a page.
#[derive(Debug, Clone)]
pub(super) struct Journey {
    /// The page that led here, and what it lets others know of its address. None for a link in a mail.
    from: Option<(Url, String)>,
    /// The addresses that redirected on the way here.
    passed: Vec<Url>,
    /// Whether a person did it.
    person: bool,
    /// Whether a redirect came from another origin and led to another: then nobody says where it began.
    tainted: bool,
}

impl Journey {
    /// A link in a mail: no page led here.
    pub(super) fn from_mail(person: bool) -> Journey {
        Journey { from: None, passed: Vec::new(), person, tainted: false }
    }

    /// A page, by a form, or by itself.
    pub(super) fn from_page(page: &Url, policy: String, person: bool) -> Journey {
        Journey { from: Some((page.clone(), policy)), passed: Vec::new(), person, tainted: false }
    }

    /// Goes on by a redirect.
    pub(super) fn redirected(&mut self, from: &Url, to: &Url) {
        let began = self.from.as_ref().map(|(page, _)| page.origin());
        self.tainted |= from.origin() != to.origin() && began.is_some_and(|began| began != from.origin());
        self.passed.push(from.clone());
    }

    /// The headers of a request.
    pub(super) fn headers(&self, method: &str, to: &Url) -> Vec<(String, String)> {
        let mut headers = vec![("accept", ACCEPT.to_owned()), ("accept-language", LANGUAGE.to_owned())];
        if !matches!(method, "GET" | "HEAD") {
            headers.push(("origin", self.origin(to)));
        }
        if let Some(referrer) = self.referrer(to) {
            headers.push(("referer", referrer));
        }
        if self.person {
            headers.push(("upgrade-insecure-requests", "1".to_owned()));
        }
        if (self.person || self.from.is_some()) && is_trustworthy(to) {
            headers.push(("sec-fetch-site", self.site(to).to_owned()));
            headers.push(("sec-fetch-mode", "navigate".to_owned()));
            headers.push(("sec-fetch-dest", "document".to_owned()));
            if self.person {
                headers.push(("sec-fetch-user", "?1".to_owned()));
            }
        }
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Fetch, serializing a request origin and appending it.
    fn origin(&self, to: &Url) -> String {
        let hidden = "null".to_owned();
        let Some((page, policy)) = self.from.as_ref().filter(|_| !self.tainted) else {
            return hidden;
        };
        let same = page.origin() == to.origin();
        match policy.as_str() {
            "no-referrer" => hidden,
            "same-origin" if !same => hidden,
            "no-referrer-when-downgrade" | "strict-origin" | "strict-origin-when-cross-origin"
                if is_downgrade(page, to) =>
            {
                hidden
            }
            _ => page.origin().ascii_serialization(),
        }
    }

    /// Referrer Policy, determining a request's referrer.
    fn referrer(&self, to: &Url) -> Option<String> {
        let (page, policy) = self.from.as_ref()?;
        let mut whole = page.clone();
        whole.set_fragment(None);
        let _ = whole.set_username("");
        let _ = whole.set_password(None);
        let (whole, origin) = (String::from(whole), format!("{}/", page.origin().ascii_serialization()));
        let same = page.origin() == to.origin() && self.passed.iter().all(|url| url.origin() == page.origin());
        let downgrade = is_downgrade(page, to);
        match policy.as_str() {
            "no-referrer" => None,
            "same-origin" => same.then_some(whole),
            "origin" => Some(origin),
            "strict-origin" => (!downgrade).then_some(origin),
            "origin-when-cross-origin" => Some(if same { whole } else { origin }),
            "no-referrer-when-downgrade" => (!downgrade).then_some(whole),
            "unsafe-url" => Some(whole),
            _ if same => Some(whole),
            _ => (!downgrade).then_some(origin),
        }
    }

    /// Fetch Metadata, `Sec-Fetch-Site`.
    fn site(&self, to: &Url) -> &'static str {
        let Some((page, _)) = &self.from else {
            return "none";
        };
        let all = || self.passed.iter().chain([to]);
        match () {
            () if all().all(|url| url.origin() == page.origin()) => "same-origin",
            () if all().all(|url| is_same_site(&url.origin(), &page.origin())) => "same-site",
            () => "cross-site",
        }
    }
}

/// The same host under another port. What domains belong together otherwise, no two addresses of one target tell.
fn is_same_site(one: &Origin, other: &Origin) -> bool {
    match (one, other) {
        (Origin::Tuple(scheme, host, _), Origin::Tuple(other_scheme, other_host, _)) => {
            scheme == other_scheme && host == other_host
        }
        _ => false,
    }
}

fn is_downgrade(from: &Url, to: &Url) -> bool {
    is_trustworthy(from) && !is_trustworthy(to)
}

/// Whether what goes there goes safely (Secure Contexts, potentially trustworthy).
fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https" || is_loopback(url)
}

/// Whether an address is on the machine itself.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn header(journey: &Journey, method: &str, to: &str, name: &str) -> Option<String> {
        journey.headers(method, &url(to)).into_iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    #[test]
    fn a_link_in_a_mail_comes_from_nowhere() {
        let journey = Journey::from_mail(true);
        let of = |name: &str| header(&journey, "GET", "https://hs.example/v?token=1", name);
        assert_eq!((of("origin"), of("referer")), (None, None));
        assert_eq!((of("sec-fetch-site").as_deref(), of("sec-fetch-user").as_deref()), (Some("none"), Some("?1")));
        // Nothing of that goes over an unsafe connection.
        assert_eq!(header(&journey, "GET", "http://hs.example/v", "sec-fetch-site"), None);
        assert_eq!(header(&journey, "GET", "http://127.0.0.1:8008/v", "sec-fetch-site").as_deref(), Some("none"));
    }

    #[test]
    fn a_form_says_which_page_it_stands_on() {
        let journey = Journey::from_page(&url("http://127.0.0.1:8008/v?token=1#top"), String::new(), true);
        let of = |method: &str, to: &str, name: &str| header(&journey, method, to, name);
        let own = "http://127.0.0.1:8008/confirm";
        assert_eq!(of("POST", own, "origin").as_deref(), Some("http://127.0.0.1:8008"));
        assert_eq!(of("GET", own, "origin"), None);
        assert_eq!(of("POST", own, "referer").as_deref(), Some("http://127.0.0.1:8008/v?token=1"));
        assert_eq!(of("POST", own, "sec-fetch-site").as_deref(), Some("same-origin"));
        assert_eq!(of("POST", "http://127.0.0.1:8009/", "sec-fetch-site").as_deref(), Some("same-site"));
        assert_eq!(of("POST", "https://other.example/", "referer").as_deref(), Some("http://127.0.0.1:8008/"));
        assert_eq!(of("POST", "https://other.example/", "sec-fetch-site").as_deref(), Some("cross-site"));
    }

    #[test]
    fn a_page_may_keep_its_address_to_itself() {
        let journey = Journey::from_page(&url("https://hs.example/v?token=1"), "no-referrer".to_owned(), true);
        assert_eq!(header(&journey, "POST", "https://hs.example/c", "origin").as_deref(), Some("null"));
        assert_eq!(header(&journey, "POST", "https://hs.example/c", "referer"), None);
        let journey = Journey::from_page(&url("https://hs.example/v?token=1"), "same-origin".to_owned(), true);
        assert_eq!(header(&journey, "POST", "https://hs.example/c", "origin").as_deref(), Some("https://hs.example"));
        assert_eq!(header(&journey, "POST", "http://127.0.0.1/c", "origin").as_deref(), Some("null"));
    }

    #[test]
    fn redirects_through_elsewhere_hide_the_origin() {
        let mut journey = Journey::from_page(&url("https://hs.example/v"), String::new(), true);
        journey.redirected(&url("https://hs.example/a"), &url("https://id.example/b"));
        assert_eq!(header(&journey, "POST", "https://id.example/b", "origin").as_deref(), Some("https://hs.example"));
        journey.redirected(&url("https://id.example/b"), &url("https://hs.example/c"));
        assert_eq!(header(&journey, "POST", "https://hs.example/c", "origin").as_deref(), Some("null"));
        assert_eq!(header(&journey, "POST", "https://hs.example/c", "sec-fetch-site").as_deref(), Some("cross-site"));
    }
}
