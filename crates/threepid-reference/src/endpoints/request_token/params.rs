//! The parameters that every requestToken request for e-mail has.

use serde_json::{Map, Value};

use crate::{
    address::{Address, AddressError},
    answer::MatrixError,
    body::Fields as _,
    proofs::{Claim, Purpose},
    server::Server,
};

/// Characters in a client secret.
const CLIENT_SECRET_LIMIT: usize = 255;

/// Bytes in an address that a defect cannot handle.
const UNUSUAL_LENGTH: usize = 100;

/// What a requestToken request asks for.
pub(super) struct Params {
    /// The address as the client wrote it.
    pub(super) written: String,
    pub(super) address: Address,
    /// Where the mail goes: to the address itself, unless a defect sends it elsewhere.
    mailbox: Address,
    client_secret: String,
    pub(super) send_attempt: i64,
    pub(super) next_link: Option<String>,
}

impl Params {
    pub(super) fn read(server: &Server, body: &Map<String, Value>) -> Result<Self, MatrixError> {
        let client_secret = body.text("client_secret")?;
        let email = body.text("email")?;
        let send_attempt = match body.integer("send_attempt") {
            Err(_) if !body.contains_key("send_attempt") && server.has_defect("missing-attempt-assumed") => 1,
            attempt => attempt?,
        };
        // The identity server is not asked any more (v1.x: deprecated), but the pair is still one.
        if body.optional_text("id_server")?.is_some() && body.optional_text("id_access_token")?.is_none() {
            return Err(MatrixError::missing_param("id_access_token"));
        }
        let next_link = body.optional_text("next_link")?;
        let is_permitted =
            if server.has_defect("any-client-secret-will-do") { has_permitted_character } else { is_client_secret };
        if !is_permitted(client_secret) {
            let error = "a client secret is 1 to 255 characters of 0-9, a-z, A-Z, `.`, `=`, `_` and `-`";
            return Err(MatrixError::invalid_param(error));
        }
        let is_unusual = email.len() > UNUSUAL_LENGTH && server.has_defect("long-address-is-a-server-error")
            || !email.is_ascii() && server.has_defect("international-address-is-a-server-error");
        if is_unusual {
            return Err(MatrixError::internal("the address could not be handled"));
        }
        let invalid = |error| MatrixError::invalid_param(format!("the address {error}"));
        let (address, mailbox) = addresses(server, email).map_err(invalid)?;
        if address.as_str().contains('+') && server.has_defect("plus-address-is-a-server-error") {
            return Err(MatrixError::internal("the address could not be read"));
        }
        Ok(Self {
            written: email.to_owned(),
            address,
            mailbox,
            client_secret: client_secret.to_owned(),
            send_attempt,
            next_link: next_link.map(str::to_owned),
        })
    }

    pub(super) fn claim(&self, purpose: Purpose, next_link: Option<String>) -> Claim {
        Claim { purpose, address: self.address.clone(), client_secret: self.client_secret.clone(), next_link }
    }

    /// Where the mail goes. Whoever resets a password may write the address as they like; the mail goes to the spelling that
    /// the account has, since another one might be another person's mailbox.
    pub(super) fn mailbox(&self, server: &Server, purpose: Purpose) -> Address {
        if purpose == Purpose::Reset && server.has_defect("reset-mails-the-written-spelling") {
            return Address::unchecked(&self.written);
        }
        self.mailbox.clone()
    }
}

/// The address that is kept, and the one that gets the mail: the same, or a defect is at work.
fn addresses(server: &Server, written: &str) -> Result<(Address, Address), AddressError> {
    if server.has_defect("two-ats-cut-short")
        && let Some((first, _rest)) = written.rsplit_once('@')
        && first.contains('@')
    {
        let address = Address::parse(first)?;
        return Ok((address.clone(), address));
    }
    if server.has_defect("line-ends-reach-another-mailbox")
        && let Some((first, rest)) = written.replace("%0d", "\r").replace("%0a", "\n").split_once(['\r', '\n'])
        && let Some(other) = rest.split([' ', ':', '<', '>', '\r', '\n']).find(|word| word.contains('@'))
    {
        return Ok((Address::unchecked(first), Address::parse(other)?));
    }
    if server.has_defect("plus-sign-cuts-the-address")
        && let Some((start, rest)) = written.split_once('+')
        && let Some((_, domain)) = rest.split_once('@')
    {
        let address = Address::parse(&format!("{start}@{domain}"))?;
        return Ok((address.clone(), address));
    }
    if server.has_defect("other-case-is-another-address")
        && let Ok(address) = Address::parse(written)
        && address.as_str() != written
    {
        return Ok((Address::unchecked(written), address));
    }
    if Address::parse(written).is_err() && server.has_defect("decoration-kept-in-addresses") {
        let inner = written.split(['<', '>']).nth(1).unwrap_or(written);
        let inner = inner.trim().trim_start_matches("mailto:");
        return Ok((Address::unchecked(written), Address::parse(inner)?));
    }
    let address = if server.has_defect("case-folded-simply") {
        Address::parse_in_lower_case(written)?
    } else {
        Address::parse(written)?
    };
    Ok((address.clone(), address))
}

fn is_client_secret(given: &str) -> bool {
    (1..=CLIENT_SECRET_LIMIT).contains(&given.len()) && given.bytes().all(is_permitted)
}

/// What a pattern asks that was not anchored, of a secret that may be as long as it likes.
fn has_permitted_character(given: &str) -> bool {
    given.bytes().any(is_permitted)
}

fn is_permitted(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".=_-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_secrets_follow_the_grammar() {
        for secret in ["a", ".=_-", &"x".repeat(255)] {
            assert!(is_client_secret(secret), "{secret}");
        }
        for secret in ["", "a b", "a/b", "é", "a\n", &"x".repeat(256)] {
            assert!(!is_client_secret(secret), "{secret:?}");
        }
    }
}
