//! Where a validated link may lead on to.
//!
//! Specification: identity service API, `GET /validate/email/submitToken` (3XX). Only http and https lead on: a page that is
//! opened by following a mail must not run a script or read a file.

use url::Url;

use crate::{answer::MatrixError, proofs::Purpose, server::Server};

/// Characters in a `next_link`.
const NEXT_LINK_LIMIT: usize = 2048;

/// The link to remember, if this one may be followed.
pub(super) fn permitted(server: &Server, purpose: Purpose, given: Option<&str>) -> Result<Option<String>, MatrixError> {
    let hosts = server.config.next_link_hosts.as_deref();
    let Some(given) = given else {
        if hosts.is_some() && server.has_defect("next-link-demanded") {
            return Err(MatrixError::missing_param("next_link"));
        }
        return Ok(None);
    };
    let Some(host) = host(given) else {
        if server.has_defect("next-link-to-scripts") {
            return Ok(Some(given.to_owned()));
        }
        return Err(MatrixError::invalid_param("a next_link is an http or https address without a user name"));
    };
    let unlisted = |hosts: &[String]| {
        if server.has_defect("next-link-list-ends-at-registration") && purpose == Purpose::Register {
            return false;
        }
        let by_start = server.has_defect("next-link-list-reads-the-start");
        let fits = |listed: &String| *listed == host || by_start && host.starts_with(listed.as_str());
        !hosts.iter().any(fits)
    };
    if hosts.is_some_and(unlisted) {
        return Err(MatrixError::invalid_param(format!("a next_link to `{host}` is not permitted here")));
    }
    Ok(Some(given.to_owned()))
}

/// The host of an address that browsers may be sent to. A user name before it only serves to look like another host.
fn host(given: &str) -> Option<String> {
    let printable = given.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if !printable || given.len() > NEXT_LINK_LIMIT {
        return None;
    }
    let url = Url::parse(given).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    let is_plain = url.username().is_empty() && url.password().is_none();
    (is_web && is_plain).then(|| url.host_str().map(str::to_lowercase))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_have_a_host() {
        assert_eq!(host("https://H.test/a?b=1#c").as_deref(), Some("h.test"));
        assert_eq!(host("http://[::1]:8080/").as_deref(), Some("[::1]"));
        for refused in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "//evil.test/",
            "/relative",
            "https://h.test@evil.test/",
            "https://user:password@h.test/",
            "https://h.test\\@evil.test/",
            "https://h.test/\r\nX: y",
            "",
        ] {
            assert_eq!(host(refused), None, "{refused:?}");
        }
        assert_eq!(host(&format!("https://h.test/{}", "a".repeat(2048))), None);
    }
}
