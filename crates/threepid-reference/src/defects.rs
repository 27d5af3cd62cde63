//! The promises that the server can be told to break.
//!
//! *Gives* one [`Defect`] for each, declared once, beside the others of its flow; *never* the code that breaks it, which
//! stands where the promise is kept: `if server.has_defect(ACCEPTS_ANY_PASSWORD)`.

mod add;
mod bind;
mod capability;
mod limits;
mod link;
mod login;
mod next_link;
mod register;
mod remove;
mod reset;
mod token;
mod uia;

use std::sync::LazyLock;

pub(super) use {
    add::*, bind::*, capability::*, limits::*, link::*, login::*, next_link::*, register::*, remove::*, reset::*,
    token::*, uia::*,
};

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
    /// How grave it is to break it: the gravest level of the expectations that must fail.
    pub level: Gravity,
    /// The rows of the catalogue of behaviours that it breaks.
    pub covers: &'static [&'static str],
    /// The scenarios that must fail.
    pub caught_by: &'static [&'static str],
}

/// How grave it is to break a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    /// Breaking it harms an account.
    Security,
    /// The specification demands it.
    Must,
    /// The specification recommends it.
    Should,
    /// Clients rely on it without a text.
    Convention,
}

/// Every defect, in the order of the flows.
pub fn defects() -> &'static [Defect] {
    static ALL: LazyLock<Vec<Defect>> = LazyLock::new(|| {
        [
            capability::TABLE,
            token::TABLE,
            link::TABLE,
            next_link::TABLE,
            uia::TABLE,
            add::TABLE,
            remove::TABLE,
            bind::TABLE,
            reset::TABLE,
            register::TABLE,
            login::TABLE,
            limits::TABLE,
        ]
        .concat()
    });
    &ALL
}

/// The defect of that name.
pub fn find_defect(name: &str) -> Option<&'static Defect> {
    defects().iter().find(|defect| defect.name == name)
}

/// Declares the defects of one flow: a constant for handlers to ask about, and the flow's table.
macro_rules! declare {
    ($( $constant:ident = $name:literal {
        promise: $promise:literal,
        rule: $rule:expr,
        level: $level:ident,
        covers: [$( $row:literal ),* $(,)?],
        caught_by: [$( $scenario:literal ),* $(,)?] $(,)?
    } )+) => {
        $(
            #[doc = $promise]
            pub(in crate) const $constant: $crate::defects::Defect =
                $crate::defects::Defect {
                    name: $name, promise: $promise, rule: $rule,
                    level: $crate::defects::Gravity::$level,
                    covers: &[$( $row ),*], caught_by: &[$( $scenario ),*],
                };
        )+
        pub(super) const TABLE: &[$crate::defects::Defect] = &[$( $constant ),+];
    };
}
use declare;

#[cfg(test)]
mod tests;
