//! What caused the mail that a trial waits for.
//!
//! Takes each request as it is sent and its answer; gives, for an address, since when mail can be the one that was asked
//! for, and where a code out of it is to be sent. It never looks at mail.

use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use threepid_record::model::Response;
use threepid_wire::http::Outgoing;
use threepid_wire::mail::canonical;

/// The last segment of every path that asks for a validation mail.
const ASKS_FOR_MAIL: &str = "requestToken";

/// A validation session whose answer named an address to submit its token to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Submission {
    url: Url,
    sid: String,
    client_secret: String,
}

impl Submission {
    /// The code as if it were a link: the address, and in its query what is to be submitted there. What follows a link
    /// follows this one, and what changes a link's token, sid or secret changes these.
    pub(super) fn link(&self, code: &str) -> String {
        let mut link = self.url.clone();
        link.set_fragment(None);
        link.query_pairs_mut()
            .append_pair("token", code)
            .append_pair("client_secret", &self.client_secret)
            .append_pair("sid", &self.sid);
        link.into()
    }

    /// Where the code is sent.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }
}

/// What is known of one address.
#[derive(Debug)]
struct Known {
    key: String,
    /// When mail was asked for that no step has waited for yet.
    asked: Option<Instant>,
    submission: Option<Submission>,
}

/// What was asked for, by address.
#[derive(Debug, Default)]
pub(super) struct Causes {
    known: Vec<Known>,
}

impl Causes {
    /// Remembers a request that is about to be sent. Mail can be there before its answer is.
    pub(super) fn sent(&mut self, outgoing: &Outgoing) {
        if let Some(asked) = Asked::read(outgoing) {
            let known = self.of(&asked.email);
            known.asked = known.asked.or_else(|| Some(Instant::now()));
        }
    }

    /// Remembers what a request was answered.
    pub(super) fn answered(&mut self, outgoing: &Outgoing, response: &Response) {
        let Some(asked) = Asked::read(outgoing).filter(|_| response.status == 200) else {
            return;
        };
        let body = response.body.text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let text = |name: &str| body.as_ref().and_then(|body| body.get(name)).and_then(Value::as_str);
        let Some(sid) = text("sid") else {
            return;
        };
        let url = text("submit_url").and_then(|url| Url::parse(url).ok());
        self.of(&asked.email).submission =
            url.map(|url| Submission { url, sid: sid.to_owned(), client_secret: asked.client_secret });
    }

    /// Since when mail to this address can be the one that was asked for; `None` if nothing asked for any.
    pub(super) fn since(&self, address: &str) -> Option<Instant> {
        self.find(address)?.asked
    }

    /// Remembers that the mail was there: what comes later has another cause.
    pub(super) fn satisfied(&mut self, address: &str) {
        self.of(address).asked = None;
    }

    /// Where the code in a mail to this address is to be sent.
    pub(super) fn submission(&self, address: &str) -> Option<&Submission> {
        self.find(address)?.submission.as_ref()
    }

    fn find(&self, address: &str) -> Option<&Known> {
        let key = canonical(address);
        self.known.iter().find(|known| known.key == key)
    }

    fn of(&mut self, address: &str) -> &mut Known {
        let key = canonical(address);
        let at = self.known.iter().position(|known| known.key == key).unwrap_or_else(|| {
            self.known.push(Known { key, asked: None, submission: None });
            self.known.len() - 1
        });
        &mut self.known[at]
    }
}

/// A request for a validation mail.
struct Asked {
    email: String,
    client_secret: String,
}

impl Asked {
    fn read(outgoing: &Outgoing) -> Option<Asked> {
        let path = outgoing.url.split(['?', '#']).next()?;
        if path.rsplit('/').next() != Some(ASKS_FOR_MAIL) {
            return None;
        }
        let body: Value = serde_json::from_slice(outgoing.body.as_deref()?).ok()?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Asked { email: text("email")?, client_secret: text("client_secret").unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use threepid_record::model::Body;

    fn asked(email: &str) -> Outgoing {
        Outgoing::new("POST", "http://hs/_matrix/client/v3/account/3pid/email/requestToken")
            .json(&json!({"email": email, "client_secret": "secret", "send_attempt": 1}))
    }

    fn answer(body: &Value) -> Response {
        let body = Body { text: Some(body.to_string()), ..Body::default() };
        Response { status: 200, headers: Vec::new(), body }
    }

    #[tokio::test(start_paused = true)]
    async fn mail_is_asked_for_by_the_first_request_since_the_last_mail() {
        let mut causes = Causes::default();
        let begun = Instant::now();
        assert_eq!(causes.since("a@x.test"), None);
        causes.sent(&asked("A@x.test"));
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        // Sent again: an attempt that was made before sends no mail of its own.
        causes.sent(&asked("a@x.test"));
        assert_eq!(causes.since("a@x.test"), Some(begun));
        causes.satisfied("a@x.test");
        causes.sent(
            &Outgoing::new("POST", "http://hs/_matrix/client/v3/account/3pid/delete")
                .json(&json!({"email": "a@x.test"})),
        );
        assert_eq!(causes.since("a@x.test"), None);
        causes.sent(&asked("a@x.test"));
        assert_eq!(causes.since("a@x.test"), Some(Instant::now()));
    }

    #[test]
    fn a_code_is_sent_where_the_newest_answer_says() {
        let mut causes = Causes::default();
        causes.answered(&asked("a@x.test"), &answer(&json!({"sid": "S1", "submit_url": "http://hs/submit?x=1"})));
        let submission = causes.submission("a@x.test").unwrap();
        assert_eq!(submission.link("274901"), "http://hs/submit?x=1&token=274901&client_secret=secret&sid=S1");
        causes.answered(&asked("a@x.test"), &answer(&json!({"sid": "S1"})));
        assert_eq!(causes.submission("a@x.test"), None);
    }
}
