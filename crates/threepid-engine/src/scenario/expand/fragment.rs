//! A fragment as its file has it, before any scenario uses it.

use std::sync::Arc;

use crate::scenario::node::Node;
use threepid_record::model::SpecRef;

/// A fragment as its file has it.
#[derive(Debug)]
pub(in crate::scenario) struct Fragment {
    /// Name and default of each input.
    pub(in crate::scenario) inputs: Vec<(String, Option<Node>)>,
    /// Whether its inputs could not be read: it may have any.
    pub(in crate::scenario) any_inputs: bool,
    pub(in crate::scenario) outputs: Vec<String>,
    /// Where the specification asks for what its steps expect.
    pub(in crate::scenario) spec: Option<SpecRef>,
    pub(in crate::scenario) steps: Arc<[Node]>,
    /// Whether a part of it could not be read.
    pub(in crate::scenario) faulty: bool,
}
