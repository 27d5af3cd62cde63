//! The lawful differences that the server can show.
//!
//! *Gives* one [`Shape`] for each, declared once; *never* one that breaks a promise: with every shape every scenario must
//! still pass. They are what keeps the harness from being a test for one implementation.

mod answers;
mod composites;
mod link;
mod mail;
mod refusing;

use std::sync::LazyLock;

pub(super) use {answers::*, link::*, mail::*, refusing::*};

/// A lawful difference seen in a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shape {
    /// What is different, as a selector: `text-only-mail`.
    pub name: &'static str,
    /// The difference, in one sentence.
    pub summary: &'static str,
    /// Where it was seen, or where it is permitted.
    pub seen_in: &'static str,
    /// What it decides. Two shapes with the same aspect contradict each other.
    pub aspect: &'static str,
    /// The shapes that a composite consists of, by name; empty for a single difference.
    pub includes: &'static [&'static str],
}

impl Shape {
    /// The single differences that this shape stands for.
    pub(super) fn parts(&'static self) -> Vec<&'static Shape> {
        if self.includes.is_empty() {
            return vec![self];
        }
        self.includes.iter().filter_map(|name| find_shape(name)).collect()
    }
}

/// Every shape: mail, link, answers, servers that refuse, and whole servers.
pub fn shapes() -> &'static [Shape] {
    static ALL: LazyLock<Vec<Shape>> =
        LazyLock::new(|| [mail::TABLE, link::TABLE, answers::TABLE, refusing::TABLE, composites::TABLE].concat());
    &ALL
}

/// The shape of that name.
pub fn find_shape(name: &str) -> Option<&'static Shape> {
    shapes().iter().find(|shape| shape.name == name)
}

/// Declares shapes: a constant for handlers to ask about, and a table.
macro_rules! declare {
    ($( $constant:ident = $name:literal {
        summary: $summary:literal, seen_in: $seen_in:literal, aspect: $aspect:literal $(,)?
    } )+) => {
        $(
            #[doc = $summary]
            pub(in crate) const $constant: $crate::shapes::Shape =
                $crate::shapes::Shape {
                    name: $name, summary: $summary, seen_in: $seen_in, aspect: $aspect, includes: &[],
                };
        )+
        pub(super) const TABLE: &[$crate::shapes::Shape] = &[$( $constant ),+];
    };
}
use declare;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_composites_complete() {
        let names: HashSet<_> = shapes().iter().map(|shape| shape.name).collect();
        assert_eq!(names.len(), shapes().len());
        for shape in shapes() {
            assert!(shape.summary.ends_with('.'), "{}: the summary is a sentence", shape.name);
            assert_eq!(shape.parts().len(), shape.includes.len().max(1), "{}", shape.name);
        }
        assert_eq!(find_shape("no-such-shape"), None);
    }
}
