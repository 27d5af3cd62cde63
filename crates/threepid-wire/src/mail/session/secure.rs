//! STARTTLS and AUTH: the conversations in which a client makes itself known.
//!
//! Takes the command, gives the session its facts. Whatever was said before STARTTLS is forgotten; no password that a client
//! sent is kept.

use super::Session;
use crate::mail::auth::{self, Mechanism};
use crate::mail::behaviour::Extension;
use crate::mail::reply::Reply;
use crate::mail::unsent::Tls;
use crate::mail::wire::{End, Line};
use threepid_record::model::SessionFacts;

/// The user and the password that a client gave, or what it is told instead.
type Given = Result<(String, String), Reply>;

impl Session {
    pub(super) async fn start_tls(&mut self) -> Result<(), End> {
        if !self.offers(Extension::StartTls) {
            return self.mistake(&Reply::new(502, "5.5.1 STARTTLS is not offered"));
        }
        if self.facts.tls {
            return self.out_of_order("5.5.1 the session is in TLS already");
        }
        self.host.unsent.came(self.number, "", Tls::Begun);
        self.wire.reply(&Reply::new(220, "2.0.0 ready for TLS"));
        let acceptor = self.host.tls.clone();
        self.wire.upgrade(&acceptor).await?;
        // RFC 3207: whatever was said in the clear is forgotten.
        self.facts = SessionFacts { tls: true, ..SessionFacts::default() };
        self.greeted = false;
        self.transaction = None;
        Ok(())
    }

    pub(super) async fn auth(&mut self, mechanism: Mechanism, initial: Option<String>) -> Result<(), End> {
        if !self.offers(Extension::Auth) {
            return self.mistake(&Reply::new(502, "5.5.1 AUTH is not offered"));
        }
        if !self.greeted {
            return self.out_of_order("5.5.1 EHLO first");
        }
        if self.facts.auth_user.is_some() || self.transaction.is_some() {
            return self.out_of_order("5.5.1 AUTH comes once, and before MAIL");
        }
        let login = match mechanism {
            Mechanism::Plain => self.auth_plain(initial).await?,
            Mechanism::Login => self.auth_login(initial).await?,
        };
        match login {
            Ok((user, password)) if !self.host.security.admits(&user, &password) => {
                self.host.unsent.login_refused(self.number);
                self.mistake(&Reply::new(535, "5.7.8 the user or the password is not the one that is asked for"))
            }
            Ok((user, _)) => {
                self.facts.auth_user = Some(user);
                self.say(&Reply::new(235, "2.7.0 welcome"))
            }
            Err(reply) => self.mistake(&reply),
        }
    }

    async fn auth_plain(&mut self, initial: Option<String>) -> Result<Given, End> {
        let answer = match initial {
            Some(initial) => auth::decode(&initial).ok_or_else(not_base64),
            None => self.ask("").await?,
        };
        Ok(answer.and_then(|message| {
            auth::plain(&message).ok_or_else(|| Reply::new(501, "5.5.2 PLAIN is NUL user NUL password"))
        }))
    }

    async fn auth_login(&mut self, initial: Option<String>) -> Result<Given, End> {
        let user = match initial {
            Some(initial) => auth::decode(&initial).ok_or_else(not_base64),
            // "Username:" and "Password:", which is what clients look for.
            None => self.ask("VXNlcm5hbWU6").await?,
        };
        let user = match user {
            Ok(user) => String::from_utf8_lossy(&user).into_owned(),
            Err(reply) => return Ok(Err(reply)),
        };
        let password = self.ask("UGFzc3dvcmQ6").await?;
        Ok(password.map(|password| (user, String::from_utf8_lossy(&password).into_owned())))
    }

    /// Asks the client for one more answer of its authentication.
    async fn ask(&mut self, prompt: &'static str) -> Result<Result<Vec<u8>, Reply>, End> {
        self.wire.reply(&Reply::new(334, prompt));
        Ok(match self.wire.line(self.host.limits.line_bytes).await? {
            Line::TooLong => Err(Reply::new(500, "5.5.2 the answer is too long")),
            Line::Text(line) => match String::from_utf8_lossy(&line).trim() {
                "*" => Err(Reply::new(501, "5.7.0 authentication cancelled")),
                answer => auth::decode(answer).ok_or_else(not_base64),
            },
        })
    }
}

fn not_base64() -> Reply {
    Reply::new(501, "5.5.2 that is not base64")
}
