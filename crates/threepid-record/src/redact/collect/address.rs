//! What in an address may be a token.

use std::borrow::Cow;
use std::ops::Range;

use super::shape::{LONG, looks_random};
use super::{Collector, Reach};
use crate::redact::{SHORTEST_BYTES, is_secret_name};

/// How many digits make a code.
const CODE: Range<usize> = 5..24;

impl Collector {
    /// Everything in an address that may be its token: a parameter under any name, the fragment, or a part of the path.
    pub(super) fn link(&mut self, link: &str) {
        let after = link.split_once("://").map(|(_, rest)| rest);
        let rest = after.map_or(link, |rest| {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            if let Some(password) = password(&rest[..end]) {
                self.put("password", &decoded(password), Reach::Everywhere);
            }
            &rest[end..]
        });
        let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        // A fragment may be an address of its own: `#/verify?token=…`.
        let fragments = query.split_once('#').map_or("", |(_, fragment)| fragment);
        for part in path.split(['/', ';']).chain(fragments.split(['/', '?', ';', '&'])) {
            match part.split_once('=') {
                Some((name, value)) => self.parameter(name, &decoded(value)),
                None => self.piece(&decoded(part)),
            }
        }
        let query = query.split('#').next().unwrap_or_default().trim_start_matches('?');
        for part in query.split(['&', ';', '?']) {
            match part.split_once('=') {
                Some((name, value)) => self.parameter(name, &decoded(value)),
                None => self.piece(&decoded(part)),
            }
        }
    }

    /// What of a request's own address stands under the name of a secret.
    pub fn query(&mut self, url: &str) {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if is_secret_name(&name) {
                self.named(&name, &value);
            }
        }
        let authority = url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
        if let Some(password) = authority.and_then(password) {
            self.put("password", &decoded(password), Reach::Everywhere);
        }
    }

    /// A value with a name, in an address or a form.
    pub(super) fn parameter(&mut self, name: &str, value: &str) {
        if value.contains("://") {
            return self.link(value);
        }
        if self.is_open(value) {
            return;
        }
        let is_code = CODE.contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
        if value.len() < SHORTEST_BYTES || is_code {
            if is_code || is_secret_name(name) {
                self.put("token", value, Reach::Word);
            }
            return;
        }
        let has = |kind: fn(&u8) -> bool| value.bytes().any(|b| kind(&b));
        let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
        if is_secret_name(name) || value.len() >= LONG || (mixed && value.bytes().all(|b| b.is_ascii_alphanumeric())) {
            self.put("token", value, Reach::Everywhere);
        }
    }

    /// A part of a path or a fragment, which has no name that would say what it is.
    fn piece(&mut self, text: &str) {
        if self.is_open(text) {
            return;
        }
        if looks_random(text) {
            self.put("token", text, Reach::Everywhere);
        } else if CODE.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            self.put("token", text, Reach::Word);
        }
    }
}

/// What in `user:password@host` or `token@host` lets somebody in. A host's name before the `@` is no secret: it is there to
/// be taken for the host.
fn password(authority: &str) -> Option<&str> {
    let (user, _) = authority.rsplit_once('@')?;
    match user.split_once(':') {
        Some((_, password)) => Some(password),
        None => Some(user).filter(|user| !is_host_name(user)),
    }
}

/// Whether this looks like `matrix.example.org`, and not like a token with dots in it.
fn is_host_name(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let ends_in_letters = labels.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_lowercase()));
    let fits = |label: &&str| {
        !label.is_empty()
            && label.len() < LONG
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    labels.len() > 1 && ends_in_letters && labels.iter().all(fits)
}

/// A part of an address without its percent-encoding.
fn decoded(part: &str) -> Cow<'_, str> {
    if !part.contains(['%', '+']) {
        return Cow::Borrowed(part);
    }
    let field = format!("={part}");
    let decoded = url::form_urlencoded::parse(field.as_bytes()).next().map(|(_, value)| value.into_owned());
    decoded.map_or(Cow::Borrowed(part), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::password;

    #[test]
    fn what_stands_before_the_host_is_a_password_or_a_host_to_be_taken_for_it() {
        assert_eq!(password("alice:s3cret@h.test"), Some("s3cret"));
        assert_eq!(password("a:b:c@h.test:80"), Some("b:c"));
        assert_eq!(password("ghp_0123456789@h.test"), Some("ghp_0123456789"));
        assert_eq!(password("eyJhbGciOi.eyJzdWIi.c2ln@h.test"), Some("eyJhbGciOi.eyJzdWIi.c2ln"));
        assert_eq!(password("threepid.test@evil.test"), None);
        assert_eq!(password("h.test:8008"), None);
    }
}
