//! One SMTP command line, understood. The one file that knows the parser.
//!
//! Takes a line, gives a command or the reply that says what is wrong with it. It keeps no state and judges no order.

use std::borrow::Cow;

use smtp_proto::{AUTH_LOGIN, AUTH_PLAIN, Error, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MAIL_BODY_BINARYMIME};
use smtp_proto::{MAIL_SMTPUTF8, Request};

use super::auth::Mechanism;
use super::reply::Reply;

/// A command that a session can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Hello {
        name: String,
        extended: bool,
    },
    Mail(Mail),
    Rcpt {
        /// As it was sent, without the angle brackets.
        to: String,
    },
    Data,
    Auth {
        mechanism: Mechanism,
        /// The initial response; `None` if there was none.
        initial: Option<String>,
    },
    StartTls,
    Rset,
    Noop,
    Vrfy,
    Help,
    Quit,
}

/// `MAIL FROM`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mail {
    /// As it was sent, without the angle brackets; empty for the null sender.
    pub(super) from: String,
    /// `SIZE=`, 0 if there was none.
    pub(super) size: usize,
    /// Whether there was a `BODY=`.
    pub(super) body: bool,
    /// Whether there was `SMTPUTF8`.
    pub(super) utf8: bool,
    /// All parameters as they were sent.
    pub(super) params: Vec<String>,
}

/// Understands one line, with its line end or without.
///
/// # Errors
///
/// The reply to send if the line is no command, malformed, or asks for something we never offer.
pub(super) fn parse(line: &[u8]) -> Result<Command, Reply> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = String::from_utf8_lossy(line);
    let ended = [without_literal(&text).as_bytes(), b"\n"].concat();
    let request = Request::parse(&mut ended.iter()).map_err(|error| refusal(&error))?;
    Ok(match request {
        Request::Ehlo { host } => Command::Hello { name: host.into_owned(), extended: true },
        Request::Helo { host } => Command::Hello { name: host.into_owned(), extended: false },
        Request::Mail { from } => {
            if from.flags & MAIL_BODY_BINARYMIME != 0 {
                return Err(Reply::new(555, "5.5.4 BODY=BINARYMIME is not offered"));
            }
            let (path, params) = path_and_params(&text);
            Command::Mail(Mail {
                from: as_sent(path, &from.address),
                size: from.size,
                body: from.flags & (MAIL_BODY_7BIT | MAIL_BODY_8BITMIME) != 0,
                utf8: from.flags & MAIL_SMTPUTF8 != 0,
                params: params.split_whitespace().map(str::to_owned).collect(),
            })
        }
        Request::Rcpt { to } => {
            let to = as_sent(path_and_params(&text).0, &to.address);
            if to.is_empty() {
                return Err(Reply::new(501, "5.1.3 a recipient cannot be empty"));
            }
            Command::Rcpt { to }
        }
        Request::Data => Command::Data,
        Request::Auth { mechanism, initial_response } => {
            let mechanism = match mechanism {
                AUTH_PLAIN => Mechanism::Plain,
                AUTH_LOGIN => Mechanism::Login,
                _ => {
                    return Err(Reply::new(504, "5.5.4 only AUTH PLAIN and AUTH LOGIN are offered"));
                }
            };
            let initial = (!initial_response.is_empty()).then(|| initial_response.into_owned());
            Command::Auth { mechanism, initial }
        }
        Request::StartTls => Command::StartTls,
        Request::Rset => Command::Rset,
        Request::Noop { .. } => Command::Noop,
        Request::Vrfy { .. } => Command::Vrfy,
        Request::Help { .. } => Command::Help,
        Request::Quit => Command::Quit,
        other => {
            return Err(Reply::with(502, format!("5.5.1 {} is not offered", other.name())));
        }
    })
}

fn refusal(error: &Error) -> Reply {
    match error {
        Error::UnknownCommand => Reply::new(500, "5.5.1 unknown command"),
        Error::InvalidSenderAddress => Reply::new(501, "5.1.7 invalid sender address"),
        Error::InvalidRecipientAddress => Reply::new(501, "5.1.3 invalid recipient address"),
        Error::SyntaxError { syntax } => Reply::with(501, format!("5.5.2 malformed; write {syntax}")),
        Error::InvalidParameter { param } => Reply::with(501, format!("5.5.4 the value of {param} is malformed")),
        Error::UnsupportedParameter { param } => {
            let param: String = param.chars().filter(|c| c.is_ascii_graphic()).take(40).collect();
            Reply::with(555, format!("5.5.4 the parameter {param} is not offered"))
        }
        // The line ended before the command did.
        _ => Reply::new(501, "5.5.2 malformed command"),
    }
}

/// The path within the angle brackets, and what follows them. Brackets within quotes are part of the path.
fn path_and_params(line: &str) -> (Option<&str>, &str) {
    let Some(open) = line.find('<') else {
        return (None, "");
    };
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line.char_indices().skip_while(|(at, _)| *at <= open) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return (Some(&line[open + 1..at]), &line[at + 1..]),
            _ => {}
        }
    }
    (None, "")
}

/// The line with a domain literal (`a@[127.0.0.1]`) written as a name, since the parser knows names only.
fn without_literal(line: &str) -> Cow<'_, str> {
    let is_literal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-');
    let replaced = path_and_params(line).0.and_then(|path| {
        let (_, literal) = path.trim_end().strip_suffix(']')?.rsplit_once("@[")?;
        literal.chars().all(is_literal).then(|| line.replacen(&format!("@[{literal}]"), "@literal.invalid", 1))
    });
    replaced.map_or(Cow::Borrowed(line), Cow::Owned)
}

/// The address as it was sent, unless it came with a source route, which RFC 5321 says to ignore.
fn as_sent(path: Option<&str>, parsed: &str) -> String {
    match path.map(str::trim) {
        Some(path) if !path.starts_with('@') => path.to_owned(),
        _ => parsed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> String {
        let mut out = Vec::new();
        parse(line.as_bytes()).expect_err(line).write(&mut out);
        String::from_utf8(out).unwrap()[..3].to_owned()
    }

    fn mail(line: &str) -> Mail {
        match parse(line.as_bytes()) {
            Ok(Command::Mail(mail)) => mail,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn senders_are_taken_as_they_were_sent() {
        for (line, from, params) in [
            ("MAIL FROM:<a@x.test>\r\n", "a@x.test", vec![]),
            ("mail from: <a@x.test>", "a@x.test", vec![]),
            ("MAIL FROM:<>", "", vec![]),
            ("MAIL FROM:<> SIZE=12", "", vec!["SIZE=12"]),
            (
                "MAIL FROM:<a@x.test>  SIZE=12  BODY=8BITMIME SMTPUTF8\r\n",
                "a@x.test",
                vec!["SIZE=12", "BODY=8BITMIME", "SMTPUTF8"],
            ),
            ("MAIL FROM:<\"a b>\\\"c\"@x.test> SIZE=1", "\"a b>\\\"c\"@x.test", vec!["SIZE=1"]),
            ("MAIL FROM:<josé@x.test> SMTPUTF8", "josé@x.test", vec!["SMTPUTF8"]),
            ("MAIL FROM:<@relay.test:a@x.test>", "a@x.test", vec![]),
            ("MAIL FROM:<a@x.test> AUTH=<> RET=HDRS ENVID=1", "a@x.test", vec!["AUTH=<>", "RET=HDRS", "ENVID=1"]),
        ] {
            let mail = mail(line);
            assert_eq!(
                (mail.from.as_str(), mail.params.clone()),
                (from, params.iter().map(|p| p.to_string()).collect())
            );
        }
    }

    #[test]
    fn parameters_are_understood() {
        let mail = mail("MAIL FROM:<a@x.test> SIZE=12 BODY=8BITMIME SMTPUTF8");
        assert_eq!((mail.size, mail.body, mail.utf8), (12, true, true));
    }

    #[test]
    fn recipients_are_taken_as_they_were_sent() {
        for (line, to) in [
            ("RCPT TO:<a@x.test>", "a@x.test"),
            ("RCPT TO: <A@x.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@x.test", "A@x.test"),
            ("RCPT TO:<postmaster>", "postmaster"),
            ("RCPT TO:<a@[127.0.0.1]>", "a@[127.0.0.1]"),
            ("RCPT TO:<a@[IPv6:::1]>", "a@[IPv6:::1]"),
            ("RCPT TO:<\"a@b\"@x.test>", "\"a@b\"@x.test"),
        ] {
            assert_eq!(parse(line.as_bytes()), Ok(Command::Rcpt { to: to.into() }), "{line}");
        }
    }

    #[test]
    fn credentials_may_come_with_the_command() {
        assert_eq!(parse(b"AUTH LOGIN\r\n"), Ok(Command::Auth { mechanism: Mechanism::Login, initial: None }));
        assert_eq!(
            parse(b"auth plain AGEAYg==\r\n"),
            Ok(Command::Auth { mechanism: Mechanism::Plain, initial: Some("AGEAYg==".into()) })
        );
    }

    #[test]
    fn what_is_no_command_gets_the_code_that_says_so() {
        for (line, expected) in [
            ("HELLO x", "500"),
            ("", "500"),
            ("\0\0\0", "500"),
            ("\u{fffd}", "500"),
            ("EHLO", "501"),
            ("MAIL", "501"),
            ("MAIL FROM", "501"),
            ("MAIL FROM:", "501"),
            ("MAIL FROM:a@x.test", "501"),
            ("MAIL FROM:<a@x.test", "501"),
            ("MAIL FROM:<a@x.test> SIZE=x", "501"),
            ("MAIL FROM:<a@x.test> BODY=BINARYMIME", "555"),
            ("MAIL FROM:<a@x.test> FOO=1", "555"),
            ("RCPT TO:<>", "501"),
            ("RCPT TO:<a>", "501"),
            ("AUTH CRAM-MD5", "504"),
            ("AUTH", "501"),
            ("BDAT 10 LAST", "502"),
            ("EXPN a", "502"),
            ("LHLO x", "502"),
        ] {
            assert_eq!(code(line), expected, "{line:?}");
        }
    }
}
