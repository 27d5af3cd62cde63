//! How a client of the sink has to make itself known: TLS from the first byte, and a login.
//!
//! Takes what was asked for; gives what a session demands, and says it in words. It keeps one password and checks against it;
//! none that a client sent is kept.

/// A user and the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    user: String,
    password: String,
}

/// Why a text is no login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give it as USER:PASSWORD, both of them not empty")]
pub struct NoLogin;

impl std::str::FromStr for Login {
    type Err = NoLogin;

    fn from_str(text: &str) -> Result<Login, NoLogin> {
        match text.split_once(':') {
            Some((user, password)) if !user.is_empty() && !password.is_empty() => {
                Ok(Login { user: user.to_owned(), password: password.to_owned() })
            }
            _ => Err(NoLogin),
        }
    }
}

/// Without the password.
impl std::fmt::Debug for Login {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// What a sink demands of its clients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Security {
    /// Whether TLS begins with the first byte, as on port 465.
    pub implicit_tls: bool,
    /// The login without which no mail is taken. Without one any login does, and none.
    pub login: Option<Login>,
}

impl Security {
    /// Whether these are let in.
    pub(super) fn admits(&self, user: &str, password: &str) -> bool {
        self.login.as_ref().is_none_or(|login| login.user == user && login.password == password)
    }

    /// What has to be set where the mail comes from: `without TLS and without a login`.
    pub(super) fn in_words(&self, starttls: bool) -> String {
        let tls = match (self.implicit_tls, starttls) {
            (true, _) => "with TLS from the first byte",
            (false, true) => "with STARTTLS or without TLS",
            (false, false) => "without TLS",
        };
        match &self.login {
            Some(login) => format!("{tls} and with a login as {}", login.user),
            None => format!("{tls} and without a login"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_has_a_user_and_a_password_and_shows_the_first() {
        let login: Login = "alice:secret:er".parse().unwrap();
        let security = Security { login: Some(login.clone()), ..Security::default() };
        assert!(security.admits("alice", "secret:er"));
        assert!(!security.admits("alice", "secret") && !security.admits("bob", "secret:er"));
        assert!(Security::default().admits("anybody", ""));
        assert!(!format!("{login:?} {}", security.in_words(true)).contains("secret"));
        for wrong in ["alice", "alice:", ":secret", ""] {
            assert_eq!(wrong.parse::<Login>(), Err(NoLogin), "{wrong}");
        }
    }
}
