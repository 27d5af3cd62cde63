//! What can go wrong between an address and a target that can be tested.

use std::time::Duration;

use thiserror::Error;

use super::super::patience::{beginning, names};
use threepid_record::model::Arrival;

/// What is probed with a mail, in messages.
pub(in crate::target) const EMAIL: &str = "e-mail";

/// How many mails for other addresses a message names.
const MOST_STRAYS: usize = 3;

/// Why a target cannot be tested.
#[derive(Debug, Error)]
pub enum TargetError {
    /// Nothing answers.
    #[error("{}", unreachable(url, cause))]
    Unreachable {
        /// What was asked.
        url: String,
        /// The failure of the exchange.
        cause: String,
    },
    /// Something answers, but not to the end.
    #[error(
        "{url} gave no whole answer: it answered {status}, but {cause}; is this the homeserver's client-server address \
         (`--homeserver`)?"
    )]
    Incomplete {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
        /// The failure of the exchange.
        cause: String,
    },
    /// Something answers, but no homeserver.
    #[error(
        "{url} is not a homeserver's: it answered {status}, {problem}: {start:?}; give the client-server address with `--homeserver`"
    )]
    NotAHomeserver {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
        /// What is missing.
        problem: String,
        /// How the body begins.
        start: String,
    },
    /// The server speaks no version that is known here.
    #[error(
        "{url} lists no version of the client-server API that can be tested (it lists {}): `r0.…` or `v1.…` is needed",
        if versions.is_empty() { "none".to_owned() } else { names(versions.iter().map(String::as_str)) }
    )]
    NoApi {
        /// What was asked.
        url: String,
        /// What it lists.
        versions: Vec<String>,
    },
    /// A step of the preflight was answered in a way that says nothing.
    #[error("the preflight could not tell whether the homeserver offers {what}: {asked} answered {answer}{}", in_brackets(hint.as_deref()))]
    ProbeFailed {
        /// Which ability.
        what: String,
        /// Method and path.
        asked: String,
        /// The answer in short.
        answer: String,
        /// What may help.
        hint: Option<String>,
    },
    /// The probe mail did not come.
    #[error("{}", mail_never_arrived(address, *waited, sink, (strays, unsent.as_deref()), hint.as_deref()))]
    MailNeverArrived {
        /// The address that was watched.
        address: String,
        /// How long.
        waited: Duration,
        /// Where the sink takes mail, and how: host and port, TLS and login.
        sink: String,
        /// Mail that came for others meanwhile.
        strays: Vec<Arrival>,
        /// A mail client that came to the sink and sent nothing, in words.
        unsent: Option<Box<str>>,
        /// What the profile says about where the server's SMTP settings are.
        hint: Option<Box<str>>,
    },
    /// The probe mail is more than the sink takes.
    #[error(
        "the homeserver's mail to {address} came, and was refused at a limit of the mail sink: {reply}; let it send a \
         smaller one"
    )]
    MailRefused {
        /// The address that was watched.
        address: String,
        /// What the sink replied.
        reply: String,
    },
    /// The links in mails lead elsewhere.
    #[error(
        "the probe mail's link leads to {found}, but the homeserver is taken to be {expected}; if {found} is its public address, say so with `--public-url {found}`"
    )]
    PublicUrl {
        /// The origin in the link.
        found: String,
        /// The origins that were expected.
        expected: String,
    },
    /// No account could be had.
    #[error("no account could be made on {url}: {}", no_accounts(attempts))]
    NoAccounts {
        /// The homeserver.
        url: String,
        /// What was tried, in order.
        attempts: Vec<Attempt>,
    },
    /// The file with accounts cannot be used.
    #[error("the accounts in `{file}` cannot be used: {problem}")]
    AccountsFile {
        /// The file, as the user named it.
        file: String,
        /// What is wrong and what is expected.
        problem: String,
    },
}

/// What a homeserver lacks to be tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// No homeserver answers at the address.
    Homeserver,
    /// No account can be had.
    Accounts,
    /// Its mail does not come.
    Mail,
    /// Its mail leads elsewhere.
    PublicUrl,
    /// It may not be asked often enough.
    Limits,
    /// It answers what says nothing.
    Answer,
}

/// One way to get an account that did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The word used in profiles: `given`, `registration`, `shared-secret`.
    pub method: String,
    /// What it came to.
    pub outcome: String,
}

impl TargetError {
    /// What the homeserver lacks.
    pub(in crate::target) fn missing(&self) -> Missing {
        match self {
            TargetError::Unreachable { .. }
            | TargetError::Incomplete { .. }
            | TargetError::NotAHomeserver { .. }
            | TargetError::NoApi { .. } => Missing::Homeserver,
            TargetError::NoAccounts { .. } | TargetError::AccountsFile { .. } => Missing::Accounts,
            TargetError::MailNeverArrived { .. } | TargetError::MailRefused { .. } => Missing::Mail,
            TargetError::PublicUrl { .. } => Missing::PublicUrl,
            TargetError::ProbeFailed { answer, .. } if answer.starts_with("429") => Missing::Limits,
            // A server that cannot reach its SMTP server answers an error of its own.
            TargetError::ProbeFailed { what, .. } if what == EMAIL => Missing::Mail,
            TargetError::ProbeFailed { .. } => Missing::Answer,
        }
    }

    /// The same with what a server said changed by `change`.
    pub(in crate::target) fn map(mut self, change: impl Fn(&str) -> String) -> TargetError {
        if let TargetError::ProbeFailed { answer, .. } = &mut self {
            *answer = change(answer);
        }
        self
    }
}

/// That nothing answers is said only where no connection could be made.
fn unreachable(url: &str, cause: &str) -> String {
    let silent = ["tcp connect error", "dns error", "--connect-timeout"].iter().any(|sign| cause.contains(sign));
    if silent {
        return format!(
            "nothing answers at {url}: {cause}; is the homeserver running, and is this its client-server address \
             (`--homeserver`)?"
        );
    }
    format!(
        "something takes connections at {url}, and no answer came of it: {cause}; is this the homeserver's client-server \
         address (`--homeserver`)?"
    )
}

fn in_brackets(hint: Option<&str>) -> String {
    hint.map(|hint| format!(" ({hint})")).unwrap_or_default()
}

fn mail_never_arrived(
    address: &str,
    waited: Duration,
    sink: &str,
    (strays, unsent): (&[Arrival], Option<&str>),
    hint: Option<&str>,
) -> String {
    let seen = if strays.is_empty() {
        "no other mail came either".to_owned()
    } else {
        let one = |stray: &Arrival| format!("{} ({:?})", beginning(&stray.to, 100), beginning(&stray.subject, 60));
        let others: Vec<String> = strays.iter().rev().take(MOST_STRAYS).map(one).collect();
        let more = strays.len() - others.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("mail came for {}{more}", others.join(", "))
    };
    let settings = in_brackets(hint);
    if let Some(came) = unsent {
        return format!(
            "the homeserver said that it sent a mail to {address}, but none came within {} s (`--mail-timeout`); \
             {came}{settings}",
            waited.as_secs_f64()
        );
    }
    format!(
        "the homeserver said that it sent a mail to {address}, but none came within {} s (`--mail-timeout`); {seen}; \
         set its SMTP server to {sink}{settings}, and check that it can reach that address from \
         where it runs (`--smtp-listen` changes where mail is taken)",
        waited.as_secs_f64()
    )
}

fn no_accounts(attempts: &[Attempt]) -> String {
    if attempts.is_empty() {
        return "no way is known to get one; give accounts with `--accounts FILE`".to_owned();
    }
    let tried: Vec<String> =
        attempts.iter().map(|attempt| format!("{}: {}", attempt.method, attempt.outcome)).collect();
    format!(
        "{}; open registration on the server, or give `--registration-token`, `--registration-shared-secret` or \
         `--accounts FILE`",
        tried.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_answers_only_where_no_connection_was_made() {
        let said =
            |cause: &str| TargetError::Unreachable { url: "https://h".to_owned(), cause: cause.to_owned() }.to_string();
        assert!(said("client error (Connect): tcp connect error: refused").starts_with("nothing answers"));
        for cause in ["client error (Connect): invalid peer certificate: UnknownIssuer", "no answer within 30s"] {
            assert!(said(cause).starts_with("something takes connections at https://h"), "{}", said(cause));
        }
    }

    /// Whoever came to the sink knows where it is: they are not told to look for it.
    #[test]
    fn a_client_that_came_and_left_is_told_of_instead_of_the_address() {
        let said = |unsent: Option<&str>| {
            TargetError::MailNeverArrived {
                address: "a@x.test".to_owned(),
                waited: Duration::from_secs(1),
                sink: "127.0.0.1:2525".to_owned(),
                strays: Vec::new(),
                unsent: unsent.map(Box::from),
                hint: None,
            }
            .to_string()
        };
        assert!(said(None).contains("set its SMTP server to 127.0.0.1:2525"));
        let came = said(Some("a mail client came and left"));
        assert!(came.contains("came and left") && !came.contains("set its SMTP server"), "{came}");
    }

    #[test]
    fn a_server_that_lists_no_version_lists_none() {
        let said = |versions| TargetError::NoApi { url: "http://h".to_owned(), versions }.to_string();
        assert!(said(Vec::new()).contains("(it lists none)"));
        assert!(said(vec!["v9".to_owned()]).contains("v9"));
    }
}
