//! E-mail addresses: what is one, and its canonical form.
//!
//! *Takes* what a client wrote; *gives* the canonical address; *never* repairs one: an address that reads differently to two
//! programs has let attackers validate a mailbox that was not theirs (CVE-2019-11340).
//!
//! Specification: appendices, "E-mail" third-party identifiers (local part fully case folded, domain in lower case).

use std::fmt;

use unicase::UniCase;

/// Bytes in a local part (RFC 5321, 4.5.3.1.1).
const LOCAL_PART_LIMIT: usize = 64;
/// Bytes in a whole address (RFC 5321, 4.5.3.1.3, without the angle brackets).
const ADDRESS_LIMIT: usize = 254;
/// Bytes in one label of a domain (RFC 1035, 2.3.4).
const LABEL_LIMIT: usize = 63;

/// A canonical e-mail address: exactly one `@`, the local part case folded, the domain in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Address(String);

/// What is wrong with an address; the text completes "the address".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AddressError {
    #[error("must have exactly one @")]
    NotOneAt,
    #[error("has a local part that is empty, too long, or holds characters that need quoting")]
    LocalPart,
    #[error("has a domain that is not a host name")]
    Domain,
    #[error("is longer than 254 bytes")]
    TooLong,
}

impl Address {
    /// Reads an address as a client wrote it and brings it into its canonical form.
    pub(super) fn parse(written: &str) -> Result<Self, AddressError> {
        let (local, domain) = written.split_once('@').ok_or(AddressError::NotOneAt)?;
        if domain.contains('@') {
            return Err(AddressError::NotOneAt);
        }
        let local = UniCase::unicode(local).to_folded_case();
        let domain = domain.to_lowercase();
        if !is_dot_atom(&local) || local.len() > LOCAL_PART_LIMIT {
            return Err(AddressError::LocalPart);
        }
        if !is_host_name(&domain) {
            return Err(AddressError::Domain);
        }
        let address = format!("{local}@{domain}");
        if address.len() > ADDRESS_LIMIT {
            return Err(AddressError::TooLong);
        }
        Ok(Self(address))
    }

    /// Reads an address without the full case folding, as servers do that only know lower case: what a defect gets wrong.
    pub(super) fn parse_in_lower_case(written: &str) -> Result<Self, AddressError> {
        Self::parse(written)?;
        Ok(Self(written.to_lowercase()))
    }

    /// Takes anything for an address: what a defect gets wrong.
    pub(super) fn unchecked(written: &str) -> Self {
        Self(written.to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn local_part(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    pub(super) fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The domain as it travels: international labels in their ASCII form.
    pub(super) fn ascii_domain(&self) -> Option<String> {
        ascii_host(self.domain())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A dot-atom of RFC 5322, 3.2.3, with the international characters of RFC 6531. Quoted local parts are refused: no mailbox
/// needs them, and they are where two parsers disagree.
fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character))
}

fn is_atom_character(character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+' | '-' | '/' | '=' | '?' => true,
        '^' | '_' | '`' | '{' | '|' | '}' | '~' => true,
        _ => !character.is_ascii() && character.is_alphanumeric(),
    }
}

fn is_host_name(domain: &str) -> bool {
    let labels_are_fine = domain.split('.').all(|label| {
        let inner = |character: char| character == '-' || character.is_alphanumeric();
        (1..=LABEL_LIMIT).contains(&label.len())
            && label.chars().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    });
    labels_are_fine && ascii_host(domain).is_some()
}

/// `None` also for an IPv4 address: as a mail domain it would need brackets.
fn ascii_host(domain: &str) -> Option<String> {
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(ascii)) => Some(ascii),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(written: &str) -> String {
        Address::parse(written).unwrap().to_string()
    }

    #[test]
    fn case_is_folded_fully() {
        assert_eq!(canonical("Strauß@Example.com"), "strauss@example.com");
        assert_eq!(canonical("ALICE@EXAMPLE.TEST"), "alice@example.test");
        assert_eq!(canonical("Σίσυφος@x.test"), canonical("σίσυφοΣ@x.test"));
    }

    #[test]
    fn unusual_addresses_are_accepted() {
        for address in ["a+b@x.test", "o'brien@x.test", "a.b.c@x", "{x}|~@x.test", "é@x.test", "u@münchen.test"] {
            assert_eq!(canonical(address), address);
        }
        assert_eq!(Address::parse("u@münchen.test").unwrap().ascii_domain().unwrap(), "xn--mnchen-3ya.test");
    }

    #[test]
    fn two_ats_are_refused_whatever_surrounds_them() {
        for address in ["a@evil.test@x.test", "user@bad@good", "\"a@b\"@x.test", "a@@x.test"] {
            assert_eq!(Address::parse(address), Err(AddressError::NotOneAt), "{address}");
        }
    }

    #[test]
    fn everything_but_a_bare_address_is_refused() {
        for address in [
            "address-without-at",
            "@x.test",
            "a@",
            "A <u@x.test>",
            "<u@x.test>",
            "mailto:u@x.test",
            " u@x.test",
            "u@x.test ",
            "u @x.test",
            "u@x.test\r\nRCPT TO:<v@x.test>",
            "u\0@x.test",
            ".u@x.test",
            "u.@x.test",
            "u..v@x.test",
            "u@x..test",
            "u@x.test.",
            "u@-x.test",
            "u@127.0.0.1",
            "u@[127.0.0.1]",
            "u@x.test:25",
            "u,v@x.test",
            "",
        ] {
            assert!(Address::parse(address).is_err(), "{address:?}");
        }
    }

    #[test]
    fn lengths_are_limited() {
        assert!(Address::parse(&format!("{}@x.test", "a".repeat(64))).is_ok());
        assert!(Address::parse(&format!("{}@x.test", "a".repeat(65))).is_err());
        let domain = ["b".repeat(63), "b".repeat(63), "b".repeat(63), "b".repeat(61)].join(".");
        assert_eq!(Address::parse(&format!("a@{domain}")), Err(AddressError::TooLong));
    }
}
