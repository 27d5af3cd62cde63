//! What the authentication is for.
//!
//! *Gives* whose account it is about and what it takes for a proof; *never* performs it.

use crate::{accounts::UserId, proofs::Purpose, switches::Switches};

/// What the authentication is for. A session opened for one operation is worth nothing for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    Register,
    AddAddress {
        user: UserId,
        sid: String,
    },
    RemoveAddress {
        user: UserId,
    },
    /// Setting a new password as somebody who is logged in.
    ChangePassword {
        user: UserId,
    },
    /// Setting a new password as somebody who is not.
    ResetPassword,
    Deactivate {
        user: UserId,
    },
}

impl Operation {
    /// The account that has to prove itself.
    pub(super) fn user(&self) -> Option<&UserId> {
        match self {
            Self::Register | Self::ResetPassword => None,
            Self::AddAddress { user, .. }
            | Self::RemoveAddress { user }
            | Self::ChangePassword { user }
            | Self::Deactivate { user } => Some(user),
        }
    }

    /// What an address must have been validated for, to count here.
    pub(super) fn purpose(&self) -> Option<Purpose> {
        match self {
            Self::Register => Some(Purpose::Register),
            Self::ResetPassword => Some(Purpose::Reset),
            _ => None,
        }
    }

    /// Whether what was proved for the other operation counts for this one.
    pub(super) fn accepts(&self, switches: &Switches, other: &Self) -> bool {
        let same_user = self.user().is_some() && self.user() == other.user();
        let same_kind = std::mem::discriminant(self) == std::mem::discriminant(other);
        let by_defect = same_user && same_kind && switches.has_defect("session-counts-for-any-sid")
            || same_user && switches.has_defect("session-counts-for-any-operation")
            || same_kind && self.user().is_some() && switches.has_defect("session-counts-for-any-account")
            || *other == Self::Register && switches.has_defect("registration-session-counts-anywhere");
        self == other || by_defect
    }
}
