//! Changes to the parameters of a link.
//!
//! Servers name the parameters of their links as they like. A change names a parameter by its own name, or as
//! `token`, `sid` or `client_secret`: the one with that value, and for the token the one that is left.

use serde_json::Value;
use url::Url;

use threepid_engine::matching::{Unbound, Values};
use threepid_engine::scenario::{Change, Filter};

/// Why a link could not be changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LinkFault {
    #[error(transparent)]
    Unbound(#[from] Unbound),
    #[error("the link has no parameter that could be the {role}: it has {names}")]
    NoParameter { role: String, names: String },
    #[error("the link is no URL")]
    NoUrl,
}

/// The link with its parameters changed.
pub(super) fn changed(link: &str, changes: &[(String, Change)], values: &Values) -> Result<String, LinkFault> {
    if changes.is_empty() {
        return Ok(link.to_owned());
    }
    let mut url = Url::parse(link).map_err(|_| LinkFault::NoUrl)?;
    let mut pairs: Vec<(String, String)> =
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    for (role, change) in changes {
        let at = find(role, &pairs, values).ok_or_else(|| LinkFault::NoParameter {
            role: role.clone(),
            names: match pairs.is_empty() {
                true => "none".to_owned(),
                false => pairs.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            },
        })?;
        match change {
            Change::Removed => {
                pairs.remove(at);
            }
            Change::Altered => pairs[at].1 = Filter::Altered.apply(&pairs[at].1),
            Change::Value(text) => pairs[at].1 = values.fill_text(text)?,
        }
    }
    if pairs.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    Ok(url.into())
}

fn find(role: &str, pairs: &[(String, String)], values: &Values) -> Option<usize> {
    if let Some(at) = pairs.iter().position(|(name, _)| name == role) {
        return Some(at);
    }
    let known = |name: &str, value: &str| values.get(name).and_then(Value::as_str) == Some(value);
    match role {
        "sid" | "client_secret" => pairs.iter().position(|(_, value)| known(role, value)),
        "token" => pairs
            .iter()
            .enumerate()
            .filter(|(_, (_, value))| !known("sid", value) && !known("client_secret", value))
            .max_by_key(|(_, (_, value))| value.len())
            .map(|(at, _)| at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_parameter_is_found_by_its_name_or_by_what_it_holds() {
        let mut values = Values::default();
        values.set("sid", None, json!("S1"));
        let with = |link: &str, role: &str, change: Change| changed(link, &[(role.to_owned(), change)], &values);
        assert_eq!(with("http://h/?token=abc&sid=S1", "token", Change::Altered).unwrap(), "http://h/?token=abd&sid=S1");
        assert_eq!(with("http://h/?session=S1&t=abc", "sid", Change::Removed).unwrap(), "http://h/?t=abc");
        assert_eq!(with("http://h/?session=S1&t=abc", "token", Change::Removed).unwrap(), "http://h/?session=S1");
        assert_eq!(with("http://h/?t=abc", "token", Change::Removed).unwrap(), "http://h/");
        assert!(matches!(
            with("http://h/?t=abc", "client_secret", Change::Altered),
            Err(LinkFault::NoParameter { .. })
        ));
    }
}
