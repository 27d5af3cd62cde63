//! What a browser asks for, and what became of it.
//!
//! Plain data, and the one question that is asked of whoever opens a page.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use threepid_record::model::Exchange;
use url::Url;

/// How a page is to be opened.
pub struct Opening {
    /// The link.
    pub link: Url,
    /// What it carries that a page would have to hand on.
    pub proofs: Vec<String>,
    /// How long the page may take each time until it is at rest (`--request-timeout`).
    pub limit: Duration,
    /// Who answers.
    pub answers: Arc<dyn Answers>,
}

/// A request of the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The method.
    pub method: String,
    /// The address that the browser asks for.
    pub url: Url,
    /// The headers, without those between the browser and its proxy.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What it is for.
    pub kind: Kind,
}

impl Wanted {
    /// Whether no page asks for it, but the browser itself: for its maker's services.
    pub fn is_the_browsers(&self) -> bool {
        let header = |name: &str| self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let from_a_page = header("referer").is_some() || header("origin").is_some();
        self.kind != Kind::Page && header("sec-fetch-site").map_or(!from_a_page, |site| site == "none")
    }
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page that is shown.
    Page,
    /// A page in a frame.
    Frame,
    /// A script.
    Script,
    /// What a script asks for.
    Data,
    /// What only changes how the page looks.
    Looks,
}

impl Kind {
    /// What something is for, by the Fetch Metadata headers, which browsers leave out where the connection is not safe.
    pub fn of(headers: &[(String, String)]) -> Kind {
        let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        match header("sec-fetch-dest") {
            Some("document") => Kind::Page,
            Some("iframe" | "frame" | "embed" | "object") => Kind::Frame,
            Some("script" | "worker" | "sharedworker" | "serviceworker" | "audioworklet" | "paintworklet") => {
                Kind::Script
            }
            Some("style" | "image" | "font" | "audio" | "video" | "track" | "manifest") => Kind::Looks,
            Some(_) => Kind::Data,
            None if header("upgrade-insecure-requests").is_some() => Kind::Page,
            None => match header("accept") {
                Some(accept) if accept.starts_with("text/css") || accept.starts_with("image/") => Kind::Looks,
                _ => Kind::Data,
            },
        }
    }
}

/// What a request came to.
#[derive(Debug)]
pub enum Answered {
    /// The target was asked.
    Asked(Box<Exchange>),
    /// The target had been asked before, by plain HTTP: the same answer again.
    Before(Box<Exchange>),
    /// It does not lead to the target, so nobody was asked.
    Elsewhere,
    /// It is not to be had now, and the visit is over.
    Nothing,
}

/// Whoever answers a browser.
pub trait Answers: Send + Sync {
    /// Answers a request, within the limits that hold for every other.
    fn answer<'a>(&'a self, wanted: &'a Wanted) -> Pin<Box<dyn Future<Output = Answered> + Send + 'a>>;
}

/// A request of the browser with what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What it was for.
    pub kind: Kind,
    /// Whether it carried what the link carries.
    pub proof: bool,
    /// The exchange.
    pub exchange: Exchange,
}

/// A link that was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The browser's name and version.
    pub browser: String,
    /// What the target was asked, in order.
    pub seen: Vec<Seen>,
    /// What stands on what was pressed, in order.
    pub pressed: Vec<String>,
    /// How it ended.
    pub ended: Ended,
    /// The title and the text of the page that is shown in the end, white space folded.
    pub text: String,
}

/// How opening a link ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// On a page.
    Page,
    /// It was led away from the target, and not followed: where to.
    Left(String),
    /// It cannot be told how a person would go on: what the browser shows.
    Undecided(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(headers: &[(&str, &str)]) -> Wanted {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let url = Url::parse("https://www.example/").unwrap();
        Wanted { method: "GET".to_owned(), url, kind: Kind::of(&headers), headers, body: Vec::new() }
    }

    #[test]
    fn what_no_page_asks_for_is_the_browsers_own() {
        let own = [("sec-fetch-site", "none"), ("sec-fetch-dest", "empty"), ("origin", "https://www.example")];
        assert!(wanted(&own).is_the_browsers());
        assert!(wanted(&[("accept", "*/*")]).is_the_browsers());
        assert!(!wanted(&[("sec-fetch-site", "cross-site"), ("sec-fetch-dest", "script")]).is_the_browsers());
        assert!(!wanted(&[("referer", "http://hs.example/")]).is_the_browsers());
        // A link in a mail comes from nowhere too, and is opened by a person.
        assert!(!wanted(&[("sec-fetch-site", "none"), ("sec-fetch-dest", "document")]).is_the_browsers());
        assert!(!wanted(&[("upgrade-insecure-requests", "1")]).is_the_browsers());
    }

    #[test]
    fn what_it_is_for_shows_in_its_headers() {
        let of = |headers: &[(&str, &str)]| wanted(headers).kind;
        assert_eq!(of(&[("sec-fetch-dest", "iframe"), ("upgrade-insecure-requests", "1")]), Kind::Frame);
        assert_eq!(of(&[("sec-fetch-dest", "empty")]), Kind::Data);
        assert_eq!(of(&[("accept", "image/avif,*/*")]), Kind::Looks);
    }
}
