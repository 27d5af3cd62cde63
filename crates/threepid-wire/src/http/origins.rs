//! Where the homeserver says it is, and where it really is.
//!
//! Links in mails carry the public name; the harness may have to reach the server elsewhere. Takes both addresses
//! and turns links and paths into what to ask. It never gives an address on any other origin.

use thiserror::Error;
use url::Url;

/// What is wrong with an address given for a homeserver.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum OriginsError {
    /// It is no URL.
    #[error("`{given}` is not a URL ({source}); an address looks like `http://127.0.0.1:8008`")]
    NotAUrl {
        /// What was given.
        given: String,
        /// Why it is none.
        source: url::ParseError,
    },
    /// It is reached by TLS, without which this is built.
    #[error("`{given}` cannot be reached, because this is built without TLS: enable the feature `tls` of threepid")]
    NoTls {
        /// What was given.
        given: String,
    },
    /// It is a URL that no homeserver can have.
    #[error("`{given}` is not an address of a homeserver: it must begin with `http://` or `https://` and name a host")]
    NotHttp {
        /// What was given.
        given: String,
    },
}

/// The public origin of a homeserver and the one where it is reached; often the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    public: Url,
    reachable: Url,
}

/// The public name under which a request should look as if it came through the server's proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// For `Host` and `X-Forwarded-Host`: the name, and the port unless it is the scheme's own.
    pub host: String,
    /// For `X-Forwarded-Proto`: `http` or `https`.
    pub proto: String,
}

/// A link turned into something to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The address to ask.
    pub url: Url,
    /// What to put on the request when the link carried another origin than `url` does.
    pub forwarded: Option<Forwarded>,
    /// Whether the link carried the public origin, as it should.
    pub public: bool,
}

impl Origins {
    /// Takes where the server is reached and, if it differs, the origin its links carry.
    ///
    /// # Errors
    /// When one of them is no `http` or `https` URL with a host, or needs TLS where there is none.
    pub fn parse(reachable: &str, public: Option<&str>) -> Result<Origins, OriginsError> {
        let reachable = base(reachable)?;
        if !cfg!(feature = "tls") && reachable.scheme() == "https" {
            return Err(OriginsError::NoTls { given: reachable.to_string() });
        }
        let public = match public {
            Some(given) => base(given)?,
            None => reachable.clone(),
        };
        Ok(Origins { public, reachable })
    }

    /// The origin that the server's links should carry (with its base path, if it has one).
    pub fn public(&self) -> &Url {
        &self.public
    }

    /// Where the server is really asked (with its base path, if it has one).
    pub fn reachable(&self) -> &Url {
        &self.reachable
    }

    /// The public and the reachable address, each once: the origins whose links are the server's own.
    pub fn known(&self) -> Vec<Url> {
        let mut known = vec![self.public.clone()];
        if self.reachable != self.public {
            known.push(self.reachable.clone());
        }
        known
    }

    /// The absolute URL for a path on the server, which begins with `/` and may carry a query.
    ///
    /// The text is appended as it is, so that scenarios can ask for odd paths.
    pub fn request_url(&self, path: &str) -> String {
        let base = self.reachable.as_str().trim_end_matches('/');
        let separator = if path.starts_with('/') { "" } else { "/" };
        format!("{base}{separator}{path}")
    }

    /// Turns a link into what to ask: `Some` only if its origin is the public or the reachable one.
    pub fn to_reachable(&self, link: &Url) -> Option<Reached> {
        let is_public = link.origin() == self.public.origin();
        if !link.origin().is_tuple() || !(is_public || link.origin() == self.reachable.origin()) {
            return None;
        }
        let mut url = link.clone();
        // Credentials in a link would turn into an `Authorization` header that nobody asked for.
        // Both fail only for URLs without a host, which the origin has ruled out.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        if !is_public || self.public == self.reachable {
            return Some(Reached { url, forwarded: None, public: is_public });
        }
        let forwarded = Forwarded { host: authority(link)?, proto: link.scheme().to_owned() };
        let path = rebase(link.path(), self.public.path(), self.reachable.path());
        let mut url = self.reachable.clone();
        url.set_path(&path);
        url.set_query(link.query());
        Some(Reached { url, forwarded: Some(forwarded), public: true })
    }
}

/// Swaps the base path of the public address for the one where the server is reached.
fn rebase(path: &str, public: &str, reachable: &str) -> String {
    match path.strip_prefix(public.trim_end_matches('/')) {
        Some(rest) if rest.starts_with('/') => format!("{}{rest}", reachable.trim_end_matches('/')),
        _ => path.to_owned(),
    }
}

fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// An address without what has no place in it: credentials, query, fragment.
fn base(given: &str) -> Result<Url, OriginsError> {
    let mut url = Url::parse(given).map_err(|source| OriginsError::NotAUrl { given: given.to_owned(), source })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(OriginsError::NotHttp { given: given.to_owned() });
    }
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok(url)
}
