//! `POST /account/3pid/email/requestToken`: opening a validation session and sending its mail.
//!
//! The answer comes after the mail was accepted. The token works a moment before that, since nobody knows which of the two
//! arrives first: the mail at its reader, or the SMTP server's answer here.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Map, Value, json};
use url::Url;

use crate::reference::{
    address::Address,
    answer::{self, MatrixError},
    body::{Body, Fields as _},
    defects::{
        ANSWERS_WITHOUT_MAILING, IN_USE_REFUSED_BUT_MAILED, IN_USE_UNDER_ANOTHER_CODE, IN_USE_WITH_SUCCESS_STATUS,
        LINK_LEAVES_THE_SERVER, LINK_NAMES_ANOTHER_SECRET, LINK_NAMES_ANOTHER_SID, MAILS_AN_ADDRESS_IN_USE,
        MAILS_TWICE, SID_IS_A_NUMBER, SID_OUTSIDE_THE_GRAMMAR,
    },
    endpoints::link,
    mailer::{Letter, MailError},
    proofs::{Claim, Opened, Purpose, Sending},
    random,
    server::Server,
    shapes::{ONLY_NEWEST_LINK, SESSION_AND_TOKEN_LINK},
};

/// Characters in a client secret.
const CLIENT_SECRET_LIMIT: usize = 255;

/// The request that adds an address to an account. It needs no access token: the proof is what matters later.
pub(in crate::reference) async fn for_adding(
    State(server): State<Arc<Server>>,
    Body(body): Body,
) -> Result<Response, MatrixError> {
    let wish = Wish::read(&body)?;
    if !server.config.changes_enabled {
        return Err(MatrixError::changes_disabled());
    }
    permitted(&server, &wish.address)?;
    let claim = Claim { purpose: Purpose::Add, address: wish.address, client_secret: wish.client_secret };

    let in_use = server.state().accounts.owner(&claim.address).is_some();
    if in_use && !server.broken(MAILS_AN_ADDRESS_IN_USE) {
        if server.broken(IN_USE_REFUSED_BUT_MAILED) {
            prove(&server, claim, wish.send_attempt).await?;
        }
        if server.broken(IN_USE_UNDER_ANOTHER_CODE) {
            return Err(MatrixError::in_use().because("M_UNKNOWN", "Email is already in use"));
        }
        if server.broken(IN_USE_WITH_SUCCESS_STATUS) {
            return Err(MatrixError::in_use().with_status(StatusCode::OK));
        }
        return Err(MatrixError::in_use());
    }
    let sid = prove(&server, claim, wish.send_attempt).await?;
    if server.broken(SID_IS_A_NUMBER) {
        return Ok(answer::ok(json!({"sid": sid.parse::<u64>().unwrap_or_default()})));
    }
    Ok(answer::ok(json!({"sid": sid})))
}

/// The parameters that every requestToken request has.
struct Wish {
    address: Address,
    client_secret: String,
    send_attempt: i64,
}

impl Wish {
    fn read(body: &Map<String, Value>) -> Result<Self, MatrixError> {
        let client_secret = body.text("client_secret")?;
        let email = body.text("email")?;
        let send_attempt = body.integer("send_attempt")?;
        // The identity server is not asked any more (v1.x: deprecated), but the pair is still one.
        if body.optional_text("id_server")?.is_some() && body.optional_text("id_access_token")?.is_none() {
            return Err(MatrixError::missing_param("id_access_token"));
        }
        if !is_client_secret(client_secret) {
            let error = "a client secret is 1 to 255 characters of 0-9, a-z, A-Z, `.`, `=`, `_` and `-`";
            return Err(MatrixError::invalid_param(error));
        }
        let address =
            Address::parse(email).map_err(|error| MatrixError::invalid_param(format!("the address {error}")))?;
        Ok(Self { address, client_secret: client_secret.to_owned(), send_attempt })
    }
}

fn is_client_secret(given: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".=_-".contains(&byte);
    (1..=CLIENT_SECRET_LIMIT).contains(&given.len()) && given.bytes().all(allowed)
}

/// Whether the server sends mail at all, and to this domain.
fn permitted(server: &Server, address: &Address) -> Result<(), MatrixError> {
    if !server.config.mail {
        let error = "this server cannot send mail";
        return Err(MatrixError::new(StatusCode::BAD_REQUEST, "M_THREEPID_MEDIUM_NOT_SUPPORTED", error));
    }
    let allowed = server.config.allowed_domains.as_ref();
    if allowed.is_some_and(|domains| !domains.iter().any(|domain| domain.to_lowercase() == address.domain())) {
        let error = "addresses of this domain are not accepted here";
        return Err(MatrixError::new(StatusCode::FORBIDDEN, "M_THREEPID_DENIED", error));
    }
    Ok(())
}

/// Opens the claim's session, or finds it, and sends the mail that this attempt calls for. Gives the sid.
async fn prove(server: &Arc<Server>, claim: Claim, attempt: i64) -> Result<String, MatrixError> {
    let opened = server.state().proofs.open(claim.clone(), || new_sid(server));
    let sid = opened.sid.clone();
    // In a task of its own: a client that hangs up and asks again must find this attempt done, not half done.
    let sending = tokio::spawn(mail_once(Arc::clone(server), opened, claim, attempt));
    sending.await.unwrap_or_else(|_| Err(MatrixError::internal("the mail could not be sent")))?;
    Ok(sid)
}

fn new_sid(server: &Server) -> String {
    if server.broken(SID_OUTSIDE_THE_GRAMMAR) {
        return format!("session {}/{}", random::id(), random::id());
    }
    if server.broken(SID_IS_A_NUMBER) {
        return rand::random::<u32>().to_string();
    }
    random::id()
}

/// Lets one request of a session through at a time, so that identical ones send one mail.
async fn mail_once(server: Arc<Server>, opened: Opened, claim: Claim, attempt: i64) -> Result<(), MatrixError> {
    let Opened { sid, gate } = opened;
    let _one_at_a_time = gate.lock().await;
    let prepared = server.state().proofs.prepare(&sid, attempt);
    let token = match prepared {
        Sending::Done => return Ok(()),
        Sending::Mail(token) => token,
        Sending::Gone => {
            return Err(MatrixError::internal("the session is gone; please start again"));
        }
    };
    let sent = deliver(&server, &sid, &claim, &token).await;
    let mut state = server.state();
    match sent {
        Ok(()) => {
            state.proofs.mailed(&sid, attempt);
            if server.shaped(ONLY_NEWEST_LINK) {
                state.proofs.keep_newest_token(&sid);
            }
            Ok(())
        }
        Err(error) => {
            state.proofs.withdraw(&sid, &token);
            Err(match error {
                MailError::Unaddressable => MatrixError::invalid_param(error.to_string()),
                MailError::NotAccepted => MatrixError::internal(error.to_string()),
            })
        }
    }
}

async fn deliver(server: &Server, sid: &str, claim: &Claim, token: &str) -> Result<(), MailError> {
    if server.broken(ANSWERS_WITHOUT_MAILING) {
        return Ok(());
    }
    let letter = Letter {
        to: claim.address.clone(),
        subject: format!("[{}] Validate your email", server.name),
        before: "A request to add an email address to your Matrix account has been received. If this was you, please \
                 click the link below to confirm adding this email:",
        after: "If this was not you, you can safely ignore this email. Thank you.",
        link: link_to(server, sid, claim, token),
    };
    if server.broken(MAILS_TWICE) {
        server.mailer.send(server, &letter).await?;
    }
    server.mailer.send(server, &letter).await
}

fn link_to(server: &Server, sid: &str, claim: &Claim, token: &str) -> String {
    let sid = if server.broken(LINK_NAMES_ANOTHER_SID) { &random::id() } else { sid };
    let secret = if server.broken(LINK_NAMES_ANOTHER_SECRET) { &random::id() } else { &claim.client_secret };
    let base = if server.broken(LINK_LEAVES_THE_SERVER) { "http://elsewhere.test" } else { &server.public_url };
    let (path, parameters): (_, &[_]) = if server.shaped(SESSION_AND_TOKEN_LINK) {
        (link::SESSION_PATH, &[("session", sid), ("token", token)])
    } else {
        (link::PATH, &[("token", token), ("client_secret", secret), ("sid", sid)])
    };
    let link = format!("{base}{path}");
    Url::parse_with_params(&link, parameters).map_or(link, String::from)
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
