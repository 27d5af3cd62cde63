//! What the values that a fragment gives are called where it is used.
//!
//! Takes a step that uses a fragment; gives the names outside, or notes an output that there is not, and one that would have
//! to be the same as that of a fragment before. It reads no steps.

use std::collections::{BTreeMap, BTreeSet};

use super::fragment::Fragment;
use super::scope::Scope;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::node::{Node, Value};
use crate::scenario::read::Reader;

/// That no output has the name of one that a fragment before it gave: the two would have to be the same.
pub(super) fn given_anew(
    reader: &Reader<'_>,
    fragments: &BTreeMap<String, Option<Fragment>>,
    node: &Node,
    target: &Node,
    given: &mut BTreeSet<String>,
) {
    let Some(fragment) = target.as_text().and_then(|name| fragments.get(name)?.as_ref()) else {
        return;
    };
    for output in &fragment.outputs {
        let new = node.get("out").and_then(|out| out.get(output)).and_then(Node::as_text).unwrap_or(output);
        if !given.insert(new.to_owned()) {
            reader.fault(
                Diagnostic::new(target.span, "output-twice", format!("its output `{new}` has a value already"))
                    .label("would have to be the same as before")
                    .help(format!("name it anew: `out: {{{output}: second_{output}}}`")),
            );
        }
    }
}

/// What each output of a fragment is called where it is used.
pub(super) fn outside(
    reader: &Reader<'_>,
    name: &str,
    fragment: &Fragment,
    out: Option<&Node>,
    scope: &Scope,
) -> BTreeMap<String, String> {
    let mut outside: BTreeMap<String, String> =
        fragment.outputs.iter().map(|output| (output.clone(), scope.outside(output))).collect();
    match out.map(|node| (&node.value, node)) {
        None => {}
        Some((Value::Map(entries), _)) => {
            for (key, value) in entries.iter() {
                let Some(new) = reader.plain(value, "the new name") else {
                    continue;
                };
                match outside.get_mut(&*key.name) {
                    Some(slot) => *slot = scope.outside(&new),
                    None => reader.fault(
                        Diagnostic::new(key.span, "unknown-output", format!("`{name}` has no output `{}`", key.name))
                            .label("not known")
                            .nearest(&key.name, fragment.outputs.iter().map(String::as_str)),
                    ),
                }
            }
        }
        Some((_, node)) => reader.expected(node, "`out` (a mapping from outputs to new names)"),
    }
    outside
}
