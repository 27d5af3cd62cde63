//! The permission for one operation, and the address that was proved for it.

use serde_json::{Map, Value};

use crate::{
    answer::MatrixError,
    proofs::{Proof, Proofs},
};

/// The permission for one operation. Spend it with [`Challenges::spend`](super::Challenges::spend) once the operation
/// succeeded.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) session: String,
    pub(crate) remembered: Map<String, Value>,
    /// The address that the e-mail stage proved, if it was part of the flow.
    pub(super) identity: Option<Identity>,
}

/// An address that was proved in the e-mail stage, and where the proof is kept until it is used up.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) sid: String,
    pub(crate) proof: Proof,
}

impl Grant {
    /// The address that was proved. Another request may have used the proof since: proofs count once.
    pub(crate) fn unused_identity(&self, proofs: &mut Proofs) -> Result<Option<&Identity>, MatrixError> {
        let is_gone = |identity: &Identity| proofs.purpose(&identity.sid).is_none();
        if self.identity.as_ref().is_some_and(is_gone) {
            return Err(MatrixError::forbidden("the validation of this address was used up; please start again"));
        }
        Ok(self.identity.as_ref())
    }
}
