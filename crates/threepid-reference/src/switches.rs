//! Which defects and shapes are switched on.
//!
//! *Takes* the choices of [`Options`](super::Options); *gives* two questions for handlers to ask; *never* decides anything
//! itself. A handler asks `has_defect(TOKEN_USABLE_TWICE)` right where the promise would be kept.

use super::{StartError, defects::Defect, shapes::Shape};

/// The chosen defects and shapes, composites already taken apart.
#[derive(Debug, Default)]
pub(super) struct Switches {
    defects: Vec<&'static str>,
    shapes: Vec<&'static str>,
}

impl Switches {
    /// Collects the choices; two shapes that decide the same aspect differently contradict each other.
    pub(super) fn new(defects: &[&'static Defect], shapes: &[&'static Shape]) -> Result<Self, StartError> {
        let mut chosen: Vec<&'static Shape> = Vec::new();
        for shape in shapes {
            for part in shape.parts() {
                if chosen.iter().any(|other| other.name == part.name) {
                    continue;
                }
                if let Some(other) = chosen.iter().find(|other| other.aspect == part.aspect) {
                    let (first, second, aspect) = (other.name, part.name, part.aspect);
                    return Err(StartError::Contradiction { first, second, aspect });
                }
                chosen.push(part);
            }
        }
        Ok(Self {
            defects: defects.iter().map(|defect| defect.name).collect(),
            shapes: chosen.iter().map(|shape| shape.name).collect(),
        })
    }

    /// Whether the promise behind this defect is to be broken.
    pub(super) fn has_defect(&self, defect: Defect) -> bool {
        self.defects.contains(&defect.name)
    }

    /// Whether this lawful difference is to be shown.
    pub(super) fn has_shape(&self, shape: Shape) -> bool {
        self.shapes.contains(&shape.name)
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
            assert!(!switches.has_defect(*defect), "{}", defect.name);
        }
    }

    #[test]
    fn a_chosen_defect_is_the_only_one_on() {
        let chosen = find_defect("accepts-any-password").unwrap();
        let switches = Switches::new(&[chosen], &[]).unwrap();
        let on: Vec<_> = crate::defects().iter().filter(|defect| switches.has_defect(**defect)).collect();
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
