//! A step of the flat list that expanding gives, still as it is written.

use crate::scenario::node::Node;
use threepid_record::model::SpecRef;

/// One step of the flat list.
#[derive(Debug, Clone)]
pub(in crate::scenario) struct Flat {
    /// The step.
    pub(in crate::scenario) node: Node,
    /// Whether it stems from a fragment.
    pub(in crate::scenario) prepares: bool,
    /// Where the specification asks for what it expects, as its fragment says.
    pub(in crate::scenario) spec: Option<SpecRef>,
    /// The conditions of the fragments and repetitions that it stems from: values that must have come up, or not.
    pub(in crate::scenario) conditions: Vec<Condition>,
    /// Its place in a repetition.
    pub(in crate::scenario) round: Option<FlatRound>,
}

/// `when` (true) or `unless` (false), with its text.
pub(in crate::scenario) type Condition = (bool, Node);

/// The place of a step in a repetition.
#[derive(Debug, Clone)]
pub(in crate::scenario) struct FlatRound {
    /// Which repetition of the scenario.
    pub(in crate::scenario) repetition: usize,
    /// Which round, from 1.
    pub(in crate::scenario) number: usize,
    /// What ends the repetition.
    pub(in crate::scenario) until: Option<Node>,
}
