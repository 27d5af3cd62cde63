//! Changes to what a link carries.
//!
//! Takes a link and changes by role; gives the changed link, or says why it cannot be changed so. Servers name the
//! parameters of their links as they like. A change names a parameter by its own name, or as `token`, `sid` or
//! `client_secret`: the one with that value, and for the token what is left: a parameter, the whole query, a segment of the
//! path, or what stands behind the `#`. It never gives the link as it was.

use serde_json::Value;
use url::Url;
use url::form_urlencoded::{Serializer, parse};

use threepid_engine::matching::{Unbound, Values};
use threepid_engine::scenario::{Change, Filter};

/// A segment of a path that is shorter is a word or a version.
const KEY_CHARS: usize = 6;

/// Why a link could not be changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LinkFault {
    #[error(transparent)]
    Unbound(#[from] Unbound),
    #[error("the link has no parameter that could be the {role}: it has {names}")]
    NoParameter { role: String, names: String },
    #[error("the link could not be changed: its {role} is {place}, and without one it would be another page's")]
    Unchanged { role: String, place: &'static str },
    #[error("the link is no URL")]
    NoUrl,
}

/// The link with its parameters changed.
pub(super) fn changed(link: &str, changes: &[(String, Change)], values: &Values) -> Result<String, LinkFault> {
    if changes.is_empty() {
        return Ok(link.to_owned());
    }
    let before = Url::parse(link).map_err(|_| LinkFault::NoUrl)?;
    let mut parts = Parts::of(&before);
    for (role, change) in changes {
        let spot = parts
            .find(role, values)
            .ok_or_else(|| LinkFault::NoParameter { role: role.clone(), names: parts.names() })?;
        let unchanged = LinkFault::Unchanged { role: role.clone(), place: spot.words() };
        let value = parts.value(spot);
        let new = match change {
            Change::Removed => None,
            Change::Altered => Some(Filter::Altered.apply(&value)),
            Change::Value(text) => Some(values.fill_text(text)?),
        };
        match new {
            Some(new) if new == value => return Err(unchanged),
            // What has no name of its own cannot be there and be empty.
            Some(new) if new.is_empty() && !spot.is_named() => return Err(unchanged),
            new => parts.set(spot, new),
        }
    }
    let mut after = before.clone();
    parts.write(&mut after);
    Ok(after.into())
}

/// Where in a link something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Query(usize),
    WholeQuery,
    Path(usize),
    Fragment(usize),
    WholeFragment,
}

impl Spot {
    fn is_named(self) -> bool {
        matches!(self, Spot::Query(_) | Spot::Fragment(_))
    }

    fn words(self) -> &'static str {
        match self {
            Spot::Query(_) => "a parameter",
            Spot::WholeQuery => "the whole query, one value without a name",
            Spot::Path(_) => "a segment of the path",
            Spot::Fragment(_) => "a parameter behind the `#`",
            Spot::WholeFragment => "all that stands behind the `#`",
        }
    }
}

/// A link taken to pieces.
struct Parts {
    query: Vec<(String, String)>,
    whole_query: Option<String>,
    path: Vec<String>,
    /// What stands behind the `#` before its own query, if that has one.
    route: String,
    fragment: Vec<(String, String)>,
    touched: (bool, bool, bool),
}

impl Parts {
    fn of(url: &Url) -> Parts {
        let pairs = |text: &str| -> Vec<(String, String)> {
            parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
        };
        let query = url.query().unwrap_or_default();
        let is_one_value = !query.is_empty() && !query.contains(['=', '&']);
        let fragment = url.fragment().unwrap_or_default();
        let (route, in_fragment) = match fragment.split_once('?') {
            Some((route, query)) => (format!("{route}?"), pairs(query)),
            None if fragment.contains('=') => (String::new(), pairs(fragment)),
            None => (fragment.to_owned(), Vec::new()),
        };
        Parts {
            query: if is_one_value { Vec::new() } else { pairs(query) },
            whole_query: is_one_value.then(|| query.to_owned()),
            path: url.path().split('/').map(str::to_owned).collect(),
            route,
            fragment: in_fragment,
            touched: (false, false, false),
        }
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.query.iter().chain(&self.fragment).map(|(name, _)| format!("`{name}`")).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }

    fn named(&self) -> impl Iterator<Item = (Spot, &str, &str)> {
        let query = self.query.iter().enumerate().map(|(at, (name, value))| (Spot::Query(at), &**name, &**value));
        let fragment =
            self.fragment.iter().enumerate().map(|(at, (name, value))| (Spot::Fragment(at), &**name, &**value));
        query.chain(fragment)
    }

    fn find(&self, role: &str, values: &Values) -> Option<Spot> {
        if let Some((spot, ..)) = self.named().find(|(_, name, _)| *name == role) {
            return Some(spot);
        }
        let known = |name: &str, value: &str| values.get(name).and_then(Value::as_str) == Some(value);
        match role {
            "sid" | "client_secret" => self.named().find(|(_, _, value)| known(role, value)).map(|(spot, ..)| spot),
            "token" => {
                let free = |value: &str| !value.is_empty() && !known("sid", value) && !known("client_secret", value);
                let has_digit = |value: &str| value.bytes().any(|b| b.is_ascii_digit());
                let of = |in_query: bool| {
                    let named = self
                        .named()
                        .filter(|(spot, _, value)| matches!(spot, Spot::Query(_)) == in_query && free(value));
                    // A token has digits more often than a word has.
                    named.max_by_key(|(_, _, value)| (has_digit(value), value.len())).map(|(spot, ..)| spot)
                };
                let segment = || {
                    let keys = self
                        .path
                        .iter()
                        .enumerate()
                        .filter(|(_, it)| it.len() >= KEY_CHARS && has_digit(it) && free(it));
                    keys.max_by_key(|(_, it)| it.len()).map(|(at, _)| Spot::Path(at))
                };
                let whole = || self.whole_query.as_ref().map(|_| Spot::WholeQuery);
                let behind =
                    || (self.route.len() >= KEY_CHARS && has_digit(&self.route)).then_some(Spot::WholeFragment);
                // A short word in the query, a language say, is no token if the path has one.
                let words_only = |spot: &Spot| has_digit(&self.value(*spot)) || segment().is_none();
                of(true).filter(words_only).or_else(whole).or_else(|| of(false)).or_else(segment).or_else(behind)
            }
            _ => None,
        }
    }

    fn value(&self, spot: Spot) -> String {
        match spot {
            Spot::Query(at) => self.query[at].1.clone(),
            Spot::Fragment(at) => self.fragment[at].1.clone(),
            Spot::Path(at) => self.path[at].clone(),
            Spot::WholeQuery => self.whole_query.clone().unwrap_or_default(),
            Spot::WholeFragment => self.route.clone(),
        }
    }

    fn set(&mut self, spot: Spot, new: Option<String>) {
        match (spot, new) {
            (Spot::Query(at), Some(new)) => self.query[at].1 = new,
            (Spot::Query(at), None) => drop(self.query.remove(at)),
            (Spot::Fragment(at), Some(new)) => self.fragment[at].1 = new,
            (Spot::Fragment(at), None) => drop(self.fragment.remove(at)),
            (Spot::Path(at), Some(new)) => self.path[at] = segment(&new),
            (Spot::Path(at), None) => drop(self.path.remove(at)),
            (Spot::WholeQuery, new) => self.whole_query = new,
            (Spot::WholeFragment, new) => self.route = new.unwrap_or_default(),
        }
        match spot {
            Spot::Query(_) | Spot::WholeQuery => self.touched.0 = true,
            Spot::Path(_) => self.touched.1 = true,
            Spot::Fragment(_) | Spot::WholeFragment => self.touched.2 = true,
        }
    }

    /// Writes what was changed; the rest stays as the server wrote it.
    fn write(&self, url: &mut Url) {
        let encoded = |pairs: &[(String, String)]| Serializer::new(String::new()).extend_pairs(pairs).finish();
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (query, path, fragment) = self.touched;
        if query {
            let whole = self.whole_query.clone().unwrap_or_else(|| encoded(&self.query));
            url.set_query(some(&whole).as_deref());
        }
        if path {
            url.set_path(&self.path.join("/"));
        }
        if fragment {
            url.set_fragment(some(&format!("{}{}", self.route, encoded(&self.fragment))).as_deref());
        }
    }
}

/// A value as one segment of a path.
fn segment(value: &str) -> String {
    let slash_and_percent = value.replace('%', "%25").replace('/', "%2F");
    slash_and_percent.replace('?', "%3F").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use threepid_engine::scenario::{Span, Text};

    fn with(link: &str, role: &str, change: Change) -> Result<String, LinkFault> {
        let mut values = Values::default();
        values.set("sid", None, json!("S1"));
        changed(link, &[(role.to_owned(), change)], &values)
    }

    fn altered(link: &str, role: &str) -> String {
        with(link, role, Change::Altered).unwrap()
    }

    #[test]
    fn a_parameter_is_found_by_its_name_or_by_what_it_holds() {
        assert_eq!(altered("http://h/?token=abc&sid=S1", "token"), "http://h/?token=acc&sid=S1");
        assert_eq!(with("http://h/?session=S1&t=abc", "sid", Change::Removed).unwrap(), "http://h/?t=abc");
        assert_eq!(with("http://h/?session=S1&t=abc", "token", Change::Removed).unwrap(), "http://h/?session=S1");
        assert_eq!(with("http://h/?t=abc", "token", Change::Removed).unwrap(), "http://h/");
        assert!(matches!(
            with("http://h/?t=abc", "client_secret", Change::Altered),
            Err(LinkFault::NoParameter { .. })
        ));
        assert_eq!(altered("http://h/?mode=activation&k=A45B8F64", "token"), "http://h/?mode=activation&k=A45B9F64");
    }

    #[test]
    fn a_token_is_found_wherever_a_link_has_it() {
        assert_eq!(altered("http://h/verify/8a1f6f2e?lang=en", "token"), "http://h/verify/8a1f7f2e?lang=en");
        assert_eq!(altered("http://h/#/verify?token=abc1&x=y", "token"), "http://h/#/verify?token=abd1&x=y");
        assert_eq!(altered("http://h/#token=abc1", "token"), "http://h/#token=abd1");
        assert_eq!(altered("http://h/v#abcdef12", "token"), "http://h/v#abcdff12");
        assert_eq!(altered("http://h/v?eyJ0.dG9r.c2ln", "token"), "http://h/v?eyJ0.dG0r.c2ln");
    }

    #[test]
    fn what_would_leave_the_link_as_it_was_is_not_done() {
        let empty = || {
            let segments = vec![threepid_engine::scenario::Segment::Literal(String::new())];
            Change::Value(Text { span: Span { file: 0, start: 0, len: 0 }, segments })
        };
        for link in ["http://h/v?eyJ0.dG9r.c2ln", "http://h/verify/8a1f6f2e"] {
            assert!(matches!(with(link, "token", empty()), Err(LinkFault::Unchanged { .. })), "{link}");
        }
        assert!(matches!(with("http://h/?token=", "token", empty()), Err(LinkFault::Unchanged { .. })));
        assert_eq!(with("http://h/?token=a", "token", empty()).unwrap(), "http://h/?token=");
    }
}
