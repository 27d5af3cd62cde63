//! Whom an identifier means.
//!
//! *Takes* the `auth` object of a password stage or the body of a login; *gives* the account it names, if there is one; *never*
//! says why there is none, so that nobody can find out which addresses have accounts.
//!
//! Specification: client-server API, "Identifier types" (`m.id.user`, `m.id.thirdparty`). The `user`, `medium` and `address`
//! beside `type` are the form of r0.0.0, which clients still send.

use serde_json::{Map, Value};

use super::{
    accounts::{Accounts, UserId},
    address::Address,
    answer::MatrixError,
    body::Fields as _,
    server::Server,
};

/// The account that the identifier in these fields names.
pub(super) fn named(
    server: &Server,
    accounts: &Accounts,
    fields: &Map<String, Value>,
) -> Result<Option<UserId>, MatrixError> {
    if let Some(identifier) = fields.optional_object("identifier")? {
        return match identifier.text("type")? {
            "m.id.user" => Ok(by_user(server, accounts, identifier.text("user")?)),
            "m.id.thirdparty" => by_address(server, accounts, identifier.text("medium")?, identifier.text("address")?),
            other => Err(MatrixError::invalid_param(format!("identifiers of the type `{other}` are not supported"))),
        };
    }
    if server.has_shape("identifier-only") {
        return Err(MatrixError::missing_param("identifier"));
    }
    if let Some(user) = fields.optional_text("user")? {
        if server.has_defect("legacy-user-is-a-server-error") {
            return Err(MatrixError::internal("there is no identifier"));
        }
        return Ok(by_user(server, accounts, user));
    }
    match (fields.optional_text("medium")?, fields.optional_text("address")?) {
        (Some(_), Some(_)) if server.has_defect("legacy-address-is-a-server-error") => {
            Err(MatrixError::internal("there is no identifier"))
        }
        (Some(medium), Some(address)) => by_address(server, accounts, medium, address),
        _ => Err(MatrixError::missing_param("identifier")),
    }
}

fn by_user(server: &Server, accounts: &Accounts, user: &str) -> Option<UserId> {
    let is_full_id = user.starts_with('@');
    let refused = server.has_defect("identifier-refuses-user-ids") && is_full_id
        || server.has_defect("identifier-refuses-localparts") && !is_full_id;
    accounts.named(user).filter(|_| !refused).cloned()
}

fn by_address(
    server: &Server,
    accounts: &Accounts,
    medium: &str,
    address: &str,
) -> Result<Option<UserId>, MatrixError> {
    if medium != "email" {
        return Err(MatrixError::invalid_param(format!("the medium `{medium}` is not supported")));
    }
    // An address that is none has no account, like an address that nobody has: the answer must not differ.
    let owner = Address::parse(address)
        .ok()
        .filter(|it| it.as_str() == address || !server.has_defect("login-compares-case"))
        .and_then(|address| accounts.owner(&address).cloned());
    Ok(owner)
}
