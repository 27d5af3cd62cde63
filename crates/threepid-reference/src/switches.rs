//! Which defects and shapes are switched on.
//!
//! *Takes* the choices of [`Options`](super::Options); *gives* two questions for handlers to ask; *never* decides anything
//! itself. A handler asks `has_defect("token-usable-twice")` right where the promise would be kept.

use super::{
    error::StartError,
    rewrite::Rewrites,
    table::{Defect, Refusal, Shape, find_shape},
};

/// The chosen defects and shapes, composites already taken apart.
#[derive(Debug, Default)]
pub(super) struct Switches {
    defects: Vec<&'static Defect>,
    shapes: Vec<&'static Shape>,
}

impl Switches {
    /// Collects the choices; two shapes that decide the same aspect differently contradict each other.
    pub(super) fn new(defects: &[&'static Defect], shapes: &[&'static Shape]) -> Result<Self, StartError> {
        let mut chosen: Vec<&'static Shape> = Vec::new();
        let needed = defects.iter().flat_map(|defect| &defect.with).filter_map(|name| find_shape(name));
        for shape in shapes.iter().copied().chain(needed).flat_map(Shape::parts) {
            if chosen.contains(&shape) {
                continue;
            }
            if let Some(other) = chosen.iter().find(|other| other.aspect == shape.aspect) {
                let (first, second, aspect) = (&other.name, &shape.name, &shape.aspect);
                return Err(StartError::Contradiction { first, second, aspect });
            }
            chosen.push(shape);
        }
        Ok(Self { defects: defects.to_vec(), shapes: chosen })
    }

    /// Whether the promise behind this defect is to be broken.
    pub(super) fn has_defect(&self, name: &str) -> bool {
        self.defects.iter().any(|defect| defect.name == name)
    }

    /// Whether this lawful difference is to be shown.
    pub(super) fn has_shape(&self, name: &str) -> bool {
        self.shapes.iter().any(|shape| shape.name == name)
    }

    /// The changes of answers, those of shapes first: a defect breaks what they make of it.
    pub(super) fn rewrites(&self) -> Rewrites {
        let of_shapes = self.shapes.iter().flat_map(|shape| &shape.rewrite);
        of_shapes.chain(self.defects.iter().flat_map(|defect| &defect.rewrite)).collect()
    }

    /// What requestToken answers on a server whose shape is not to offer it.
    pub(super) fn refusal_of_mail(&self) -> Option<&'static Refusal> {
        self.shapes.iter().find_map(|shape| shape.refusal.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{find_defect, find_shape};

    #[test]
    fn nothing_is_on_by_default() {
        let switches = Switches::default();
        for defect in crate::defects() {
            assert!(!switches.has_defect(&defect.name), "{}", defect.name);
        }
    }

    #[test]
    fn a_chosen_defect_is_the_only_one_on() {
        let chosen = find_defect("accepts-any-password").unwrap();
        let switches = Switches::new(&[chosen], &[]).unwrap();
        let on: Vec<_> = crate::defects().iter().filter(|defect| switches.has_defect(&defect.name)).collect();
        assert_eq!(on, [chosen]);
    }

    #[test]
    fn contradicting_shapes_are_refused() {
        let text = find_shape("text-only-mail").unwrap();
        let html = find_shape("html-only-mail").unwrap();
        let refused = Switches::new(&[], &[text, html]).unwrap_err();
        assert!(refused.to_string().contains("`text-only-mail` and `html-only-mail`"), "{refused}");
        Switches::new(&[], &[text, text]).unwrap();
    }
}
