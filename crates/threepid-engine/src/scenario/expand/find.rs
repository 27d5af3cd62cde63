//! `use: fragments/…`: the fragment that is meant.
//!
//! Takes a name; gives the fragment, or notes that there is none and gives the nearest. It reads no steps.

use std::collections::BTreeMap;

use super::fragment::Fragment;
use crate::scenario::diagnostic::{self, Diagnostic};
use crate::scenario::node::Span;
use crate::scenario::read::Reader;
use crate::scenario::source::FRAGMENTS;

/// The fragment of this name. For one that does not exist the nearest is taken, so that what follows is read too.
pub(super) fn fragment<'a>(
    reader: &Reader<'_>,
    fragments: &'a BTreeMap<String, Option<Fragment>>,
    name: &str,
    at: Span,
) -> Option<(String, &'a Fragment)> {
    if let Some(found) = fragments.get(name) {
        return found.as_ref().map(|fragment| (name.to_owned(), fragment));
    }
    // All have the folder in common: with it, any two would be near.
    let short = |name: &'a str| name.strip_prefix(FRAGMENTS).unwrap_or(name);
    let wanted = name.strip_prefix(FRAGMENTS).unwrap_or(name);
    let near = diagnostic::nearest(wanted, fragments.keys().map(|name| short(name)));
    let near = near.and_then(|near| fragments.iter().find(|(name, _)| short(name) == near));
    let fault = Diagnostic::new(at, "unknown-fragment", format!("unknown fragment `{name}`")).label("not known");
    reader.fault(match near {
        Some((near, _)) => fault.help(format!("did you mean `{near}`?")),
        None => fault.nearest("", fragments.keys().map(String::as_str)),
    });
    near.and_then(|(name, fragment)| Some((name.clone(), fragment.as_ref()?)))
}
