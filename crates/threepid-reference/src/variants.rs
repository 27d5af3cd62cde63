//! The variants of the server by name, so that a command line, a profile and a test mean the same.
//!
//! *Gives* named changes of a [`Config`]; *never* a defect: every variant conforms.

use std::time::Duration;

use super::config::{Config, RateLimits, Registration};

/// The only domain, and the only host, that the restricted variants accept.
const ALLOWED: &str = "threepid.test";

/// A variant of the server.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// Its name, as a selector: `no-mail`.
    pub name: &'static str,
    /// What it offers or refuses, in one sentence.
    pub summary: &'static str,
    /// Turns a configuration into that of the variant.
    pub apply: fn(&mut Config),
}

/// Every variant; the first is the plain one.
pub fn variants() -> &'static [Variant] {
    const ALL: &[Variant] = &[
        Variant { name: "plain", summary: "Mail, open registration, no restrictions.", apply: |_| {} },
        Variant { name: "no-mail", summary: "The server cannot send mail.", apply: |config| config.mail = false },
        Variant {
            name: "inhibits-3pid-errors",
            summary: "requestToken does not tell which addresses have accounts.",
            apply: |config| config.inhibit_3pid_errors = true,
        },
        Variant {
            name: "restricted-domains",
            summary: "Only addresses at threepid.test are accepted.",
            apply: |config| config.allowed_domains = Some(vec![ALLOWED.to_owned()]),
        },
        Variant {
            name: "changes-disabled",
            summary: "Accounts cannot change their addresses.",
            apply: |config| config.changes_enabled = false,
        },
        Variant {
            name: "registration-disabled",
            summary: "Nobody can register.",
            apply: |config| config.registration = Registration::Disabled,
        },
        Variant {
            name: "registration-needs-email",
            summary: "Every new account needs an e-mail address.",
            apply: |config| config.registration_needs_email = true,
        },
        Variant {
            name: "registration-terms",
            summary: "People who register agree to terms first.",
            apply: |config| config.registration_terms = true,
        },
        Variant { name: "guests", summary: "Guests are let in.", apply: |config| config.guests = true },
        Variant {
            name: "next-link-allow-list",
            summary: "A next_link may lead to threepid.test only.",
            apply: |config| config.next_link_hosts = Some(vec![ALLOWED.to_owned()]),
        },
        Variant {
            name: "short-lived-tokens",
            summary: "A link works for two seconds.",
            apply: |config| config.token_lifetime = Duration::from_secs(2),
        },
        Variant {
            name: "rate-limits",
            summary: "A client gets five mails at once, an address three, and one more every five minutes.",
            apply: |config| config.rate_limits = Some(RateLimits::default()),
        },
        Variant {
            name: "behind-proxy",
            // Without limits: a run of many repetitions is no harm, and `rate-limits` has them.
            summary: "Clients are told apart by X-Forwarded-For.",
            apply: |config| config.trust_forwarded_for = true,
        },
    ];
    ALL
}

/// The variant of that name.
pub fn find_variant(name: &str) -> Option<&'static Variant> {
    variants().iter().find(|variant| variant.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: &str) -> Config {
        let mut config = Config::default();
        (find_variant(name).unwrap().apply)(&mut config);
        config
    }

    #[test]
    fn only_the_plain_variant_is_the_default() {
        for variant in variants() {
            let is_default = config(variant.name) == Config::default();
            assert_eq!(is_default, variant.name == "plain", "{}", variant.name);
            assert!(variant.summary.ends_with('.'), "{}", variant.name);
        }
        assert!(find_variant("no-such-variant").is_none());
    }

    #[test]
    fn restrictions_accept_the_harness() {
        let restricted = config("restricted-domains").allowed_domains;
        assert_eq!(restricted.unwrap(), ["threepid.test"]);
        let hosts = config("next-link-allow-list").next_link_hosts;
        assert_eq!(hosts.unwrap(), ["threepid.test"]);
    }
}
