//! What a browser asks for next.
//!
//! Plain data between what a page asks for and what is sent.

use url::Url;

/// A request of a page.
pub(super) struct Request {
    /// The address that the browser shows.
    pub(super) at: Url,
    pub(super) method: String,
    pub(super) content_type: Option<String>,
    pub(super) body: Option<Vec<u8>>,
}

impl Request {
    /// Asks for a page.
    pub(super) fn get(at: Url) -> Request {
        Request { at, method: "GET".to_owned(), content_type: None, body: None }
    }
}
