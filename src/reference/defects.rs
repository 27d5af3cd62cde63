//! The promises that the server can be told to break.
//!
//! *Gives* one [`Defect`] for each, declared once, beside the others of its flow; *never* the code that breaks it, which
//! stands where the promise is kept: `if server.broken(ACCEPTS_ANY_PASSWORD)`.

mod add;
mod link;
mod remove;
mod token;
mod uia;

use std::sync::LazyLock;

pub(super) use {add::*, link::*, remove::*, token::*, uia::*};

/// A promise that the server can be told to break, and who must notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Defect {
    /// What the broken server does, as a selector: `accepts-any-password`.
    pub name: &'static str,
    /// The promise it breaks, in one sentence.
    pub promise: &'static str,
    /// Where the promise is written down: a path below <https://spec.matrix.org/v1.19/>, or another reference.
    pub rule: &'static str,
    /// The scenarios that must fail.
    pub caught_by: &'static [&'static str],
}

/// Every defect, in the order of the flows.
pub fn defects() -> &'static [Defect] {
    static ALL: LazyLock<Vec<Defect>> =
        LazyLock::new(|| [token::TABLE, link::TABLE, uia::TABLE, add::TABLE, remove::TABLE].concat());
    &ALL
}

/// The defect of that name.
pub fn find_defect(name: &str) -> Option<&'static Defect> {
    defects().iter().find(|defect| defect.name == name)
}

/// Declares the defects of one flow: a constant for handlers to ask about, and the flow's table.
macro_rules! declare {
    ($( $constant:ident = $name:literal {
        promise: $promise:literal, rule: $rule:expr, caught_by: [$( $scenario:literal ),* $(,)?] $(,)?
    } )+) => {
        $(
            #[doc = $promise]
            pub(in crate::reference) const $constant: $crate::reference::defects::Defect =
                $crate::reference::defects::Defect {
                    name: $name, promise: $promise, rule: $rule, caught_by: &[$( $scenario ),*],
                };
        )+
        pub(super) const TABLE: &[$crate::reference::defects::Defect] = &[$( $constant ),+];
    };
}
use declare;

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, fs, path::Path};

    use super::*;

    #[test]
    fn names_are_unique_and_read_as_selectors() {
        let names: HashSet<_> = defects().iter().map(|defect| defect.name).collect();
        assert_eq!(names.len(), defects().len());
        for name in names {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
            assert_eq!(find_defect(name).map(|defect| defect.name), Some(name));
        }
        assert_eq!(find_defect("no-such-defect"), None);
    }

    #[test]
    fn every_defect_says_what_it_breaks_and_who_notices() {
        for defect in defects() {
            assert!(defect.promise.ends_with('.'), "{}: the promise is a sentence", defect.name);
            assert!(!defect.rule.is_empty(), "{}", defect.name);
            assert!(!defect.caught_by.is_empty(), "{}: nobody would notice it", defect.name);
        }
    }

    /// A constant that no handler asks about would be a defect that changes nothing.
    #[test]
    fn every_defect_is_asked_about_by_a_handler() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reference");
        let (mut handlers, mut tables) = (String::new(), String::new());
        read(&root, &mut handlers, &mut tables);
        let declared = tables.lines().filter_map(|line| line.split_once(" = \""));
        let is_constant = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        let constants = declared.map(|(name, _)| name.trim()).filter(|name| is_constant(name));
        let mut count = 0;
        for constant in constants {
            // Once to import it, once more to ask.
            assert!(handlers.matches(constant).count() > 1, "{constant} is declared but never asked about");
            count += 1;
        }
        assert_eq!(count, defects().len());
    }

    fn read(folder: &Path, handlers: &mut String, tables: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, handlers, tables);
            } else {
                let is_table = path.parent().unwrap().ends_with("defects");
                (if is_table { &mut *tables } else { &mut *handlers }).push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
}
