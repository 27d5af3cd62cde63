//! Defects and shapes from outside: each defect shows, and no shape does but where it says.

use super::{World, flow::walk};
use crate::reference::{defects, shapes};

#[tokio::test]
async fn every_defect_changes_what_an_observer_sees() {
    let clean = walk(&World::plain().await).await;
    for defect in defects() {
        let world = World::with(|options| options.defects.push(defect)).await;
        let seen = walk(&world).await;
        assert_ne!(seen, clean, "{}: nobody could notice it", defect.name);
        world.server.shutdown().await;
    }
}

#[tokio::test]
async fn no_shape_changes_what_is_promised() {
    let clean = walk(&World::plain().await).await;
    for shape in shapes() {
        let world = World::with(|options| options.shapes.push(shape)).await;
        let seen = walk(&world).await;
        let different: Vec<_> = seen.iter().zip(&clean).filter(|(seen, clean)| seen != clean).collect();
        let lawful = different.iter().all(|(seen, _)| match shape.name {
            "auth-failed-403" => seen.contains("403 M_THREEPID_AUTH_FAILED"),
            "unknown-sid-404" => seen.starts_with("proof again: 404 M_NOT_FOUND"),
            "completed-absent" => seen == &"completed: None",
            "session-required" => seen.starts_with("proof again: 401 none"),
            _ => false,
        });
        assert!(lawful && seen.len() == clean.len(), "{}: {different:#?}", shape.name);
        world.server.shutdown().await;
    }
}
