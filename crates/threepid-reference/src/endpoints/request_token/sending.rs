//! Opening a validation session and sending its mail.
//!
//! The answer comes after the mail was accepted, except where errors are inhibited: there no answer waits for it, since the
//! wait would tell who has an account. The token works a moment before the mail is accepted, since nobody knows which of the
//! two arrives first: the mail at its reader, or the SMTP server's answer here.

use std::sync::Arc;

use url::Url;

use super::params::Params;
use crate::{
    address::Address,
    answer::MatrixError,
    endpoints::link,
    mailer::{Letter, MailError},
    proofs::{Claim, Opened, Purpose, Sending},
    random,
    server::Server,
};

/// One mail to send.
struct Errand {
    opened: Opened,
    claim: Claim,
    mailbox: Address,
    attempt: i64,
    /// What a defect gives away.
    access_token: Option<String>,
}

/// Opens the claim's session, or finds it, and sends the mail that this attempt calls for. Gives the sid.
pub(super) async fn prove(
    server: &Arc<Server>,
    claim: Claim,
    params: &Params,
    access_token: Option<&str>,
) -> Result<String, MatrixError> {
    let opened = open(server, claim.clone());
    let sid = opened.sid.clone();
    let errand = Errand {
        opened,
        mailbox: params.mailbox(server, claim.purpose),
        claim,
        attempt: params.send_attempt,
        access_token: access_token.map(str::to_owned),
    };
    // In a task of its own: a client that hangs up and asks again must find this attempt done, not half done.
    // A mail that a defect sends is there when the answer is: whoever looks for it must not be too early.
    let defects = ["hidden-session-claims-the-address", "mails-an-address-in-use", "offers-own-address-again"];
    if server.config.inhibit_3pid_errors && !defects.iter().any(|defect| server.has_defect(defect)) {
        let place = server.mailer.place_in_background().await;
        let server = Arc::clone(server);
        tokio::spawn(async move {
            // Nobody may learn whether it could be sent; the client asks again when no mail comes.
            drop(mail_once(server, errand).await);
            drop(place);
        });
        return Ok(sid);
    }
    let sending = tokio::spawn(mail_once(Arc::clone(server), errand));
    sending.await.unwrap_or_else(|_| Err(MatrixError::internal("the mail could not be sent")))?;
    Ok(sid)
}

/// Opens a session that nothing will ever validate, so that its sid is like any other. Gives the sid.
pub(super) async fn pretend(server: &Server, claim: Claim) -> String {
    // Waits where a mail would wait, if there are too many of them.
    drop(server.mailer.place_in_background().await);
    if server.has_defect("inhibited-sid-changes") {
        return random::id();
    }
    open(server, claim).sid
}

fn open(server: &Server, claim: Claim) -> Opened {
    let mut state = server.state();
    state.proofs.open(&server.switches, claim, random::id)
}

/// Lets one request of a session through at a time, so that identical ones send one mail.
async fn mail_once(server: Arc<Server>, errand: Errand) -> Result<(), MatrixError> {
    let Opened { sid, gate } = &errand.opened;
    let _one_at_a_time = if server.has_defect("parallel-requests-mail-each") { None } else { Some(gate.lock().await) };
    let prepared = server.state().proofs.prepare(&server.switches, sid, errand.attempt);
    let token = match prepared {
        Sending::Done => return Ok(()),
        Sending::Mail(token) => token,
        Sending::Gone => {
            return Err(MatrixError::internal("the session is gone; please start again"));
        }
    };
    let sent = deliver(&server, &errand, &token).await;
    let mut state = server.state();
    match sent {
        Ok(()) => {
            state.proofs.mailed(sid, errand.attempt);
            if server.has_shape("only-newest-link") {
                state.proofs.keep_newest_token(sid);
            }
            Ok(())
        }
        Err(_) if server.has_defect("failed-mail-is-a-success") => Ok(()),
        Err(error) => {
            state.proofs.withdraw(sid, &token);
            Err(match error {
                MailError::Unaddressable => MatrixError::invalid_param(error.to_string()),
                MailError::NotAccepted => MatrixError::internal(error.to_string()),
            })
        }
    }
}

/// Tells somebody what happened, with nothing to follow. Nobody waits for it.
pub(crate) fn notify(server: &Arc<Server>, to: Address, what: &'static str) {
    let server = Arc::clone(server);
    tokio::spawn(async move {
        let letter = Letter {
            to,
            subject: format!("[{}] {what}", server.name),
            before: format!("{what}."),
            after: "If this was not you, please tell the administrator of your homeserver.",
            link: String::new(),
        };
        drop(server.mailer.send(&server.switches, &letter).await);
    });
}

async fn deliver(server: &Server, errand: &Errand, token: &str) -> Result<(), MailError> {
    let purpose = errand.claim.purpose;
    // Whoever asks for one mail to see whether there is any finds a server that seems to work.
    let is_first = server.state().proofs.is_first_mail();
    if !is_first && server.has_defect("answers-without-mailing")
        || purpose == Purpose::Register && server.has_defect("registration-mails-nothing")
    {
        return Ok(());
    }
    let mut letter = letter(server, purpose);
    letter.to = errand.mailbox.clone();
    letter.link = match server.has_shape("code-mail") {
        true => token.to_owned(),
        false => link_to(server, errand, token, is_first),
    };
    if let Some(access_token) = &errand.access_token
        && server.has_defect("mail-carries-the-access-token")
    {
        letter.before = format!("{} ({access_token})", letter.before);
    }
    if server.has_defect("mails-twice") {
        server.mailer.send(&server.switches, &letter).await?;
    }
    server.mailer.send(&server.switches, &letter).await
}

fn letter(server: &Server, purpose: Purpose) -> Letter {
    let (subject, before) = match purpose {
        Purpose::Add => (
            "Validate your email",
            "A request to add an email address to your Matrix account has been received. If this was you, please click \
             the link below to confirm adding this email:",
        ),
        Purpose::Register => (
            "Confirm your email to create an account",
            "Somebody, hopefully you, is creating a Matrix account with this email address. If this was you, please \
             click the link below to go on:",
        ),
        Purpose::Reset => (
            "Reset your password",
            "A request to reset the password of your Matrix account has been received. If this was you, please open \
             the page below and confirm it there:",
        ),
    };
    Letter {
        to: Address::unchecked(""),
        subject: format!("[{}] {subject}", server.name),
        before: before.to_owned(),
        after: "If this was not you, you can safely ignore this email. Thank you.",
        link: String::new(),
    }
}

fn link_to(server: &Server, errand: &Errand, token: &str, is_first: bool) -> String {
    let (sid, claim) = (&errand.opened.sid, &errand.claim);
    let sid = if server.has_defect("link-names-another-sid") { &random::id() } else { sid };
    let secret = if server.has_defect("link-names-another-secret") { &random::id() } else { &claim.client_secret };
    let base = if !is_first && server.has_defect("link-leaves-the-server") {
        "http://elsewhere.test"
    } else {
        &server.public_url
    };
    // A link whose separators are encoded as well is one long parameter: as dead as one whose values are not encoded at all.
    let glued = format!("{token}&client_secret={secret}&sid={sid}");
    let (path, parameters): (_, &[_]) = if server.has_defect("link-parameters-run-together") {
        (link::PATH, &[("token", glued.as_str())])
    } else if server.has_shape("session-and-token-link") {
        (link::SESSION_PATH, &[("session", sid), ("token", token)])
    } else {
        (link::PATH, &[("token", token), ("client_secret", secret), ("sid", sid)])
    };
    let link = format!("{base}{path}");
    Url::parse_with_params(&link, parameters).map_or(link, String::from)
}
