//! When two e-mail addresses are the same mailbox.
//!
//! Takes an address as someone wrote it, gives the form under which mail is filed. It never refuses an address.
//!
//! Servers may fold an address before they mail to it (Matrix asks them to), so the whole of it is compared without
//! case: lower case, `ß` as `ss`, the final sigma as any other. A quoted local part is unquoted, so `"a"@x` is `a@x`. The domain
//! is compared in its ASCII form, since mailers may write `exämple` as `xn--exmple-cua`. Composed and decomposed
//! accents are not unified.

/// The form under which an address is filed.
pub fn canonical(address: &str) -> String {
    let address = address.trim();
    let address = address.strip_prefix('<').and_then(|a| a.strip_suffix('>')).unwrap_or(address);
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{}", fold(&unquote(local)), fold_domain(domain)),
        None => fold(&unquote(address)),
    }
}

fn fold(text: &str) -> String {
    text.to_lowercase().replace('ß', "ss").replace('ς', "σ")
}

fn fold_domain(domain: &str) -> String {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    if domain.is_ascii() {
        return domain.to_ascii_lowercase();
    }
    match url::Host::parse(domain) {
        Ok(host) => host.to_string(),
        Err(_) => fold(domain),
    }
}

/// Takes the quotes off a quoted local part, and the backslashes within.
fn unquote(local: &str) -> String {
    let Some(inner) = local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) else {
        return local.to_owned();
    };
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.extend(chars.next()),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mean_the_same_mailbox_are_filed_together() {
        for (one, other) in [
            ("Alice@Example.TEST", "alice@example.test"),
            ("STRASSE@x.test", "Straße@x.test"),
            ("ΣΊΣΥΦΟΣ@x.test", "σίσυφος@x.test"),
            ("JOSÉ@x.test", "josé@x.test"),
            ("\"alice\"@x.test", "alice@x.test"),
            ("\"a\\\"b c\"@x.test", "\"A\\\"B C\"@X.test"),
            ("a@exämple.test", "a@xn--exmple-cua.test"),
            ("a@x.test.", "a@x.test"),
            ("<a@x.test>", " a@x.test "),
        ] {
            assert_eq!(canonical(one), canonical(other), "{one} and {other}");
        }
    }

    #[test]
    fn addresses_that_differ_are_filed_apart() {
        for (one, other) in [
            ("alice+1@x.test", "alice@x.test"),
            ("a.b@x.test", "ab@x.test"),
            ("\"a b\"@x.test", "ab@x.test"),
            ("a@x.test", "a@y.test"),
            ("jose@x.test", "josé@x.test"),
        ] {
            assert_ne!(canonical(one), canonical(other), "{one} and {other}");
        }
    }

    #[test]
    fn the_last_at_sign_separates_the_domain() {
        assert_eq!(canonical("\"A@B\"@X.test"), "a@b@x.test");
    }

    #[test]
    fn an_address_without_a_domain_is_filed_too() {
        assert_eq!(canonical("Postmaster"), "postmaster");
        assert_eq!(canonical(""), "");
        assert_eq!(canonical("\""), "\"");
    }
}
