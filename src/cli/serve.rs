//! `threepid serve`: the reference homeserver on its own.

use super::args::ServeArgs;
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::terminal;
use crate::suite::start_embedded;
use threepid_engine::scenario::nearest;
use threepid_reference::{Defect, Shape};

pub(super) async fn serve(args: ServeArgs) -> Exit {
    if args.list_defects {
        for defect in threepid_reference::defects() {
            let level = format!("{:?}", defect.level).to_lowercase();
            terminal::out(&format!("{}\n    {}\n    {level}: {}\n", defect.name, defect.promise, defect.rule));
        }
        return Exit::Ok;
    }
    if args.list_shapes {
        for shape in threepid_reference::shapes() {
            terminal::out(&format!("{}\n    {}\n    seen in: {}\n", shape.name, shape.summary, shape.seen_in));
        }
        return Exit::Ok;
    }
    let (defects, shapes) = match (find_defects(&args.defect), find_shapes(&args.shape)) {
        (Ok(defects), Ok(shapes)) => (defects, shapes),
        (Err(message), _) | (_, Err(message)) => {
            terminal::error(&message);
            return Exit::Usage;
        }
    };
    let Interrupt { stop: interrupted, .. } = Interrupt::listen();
    let started =
        start_embedded(&args.variant, Some(args.listen), args.smtp, args.public_url, defects, shapes, None).await;
    let running = match started {
        Ok(running) => running,
        Err(fault @ crate::suite::EmbeddedError::Variant { .. }) => {
            terminal::error(&fault.to_string());
            return Exit::Usage;
        }
        Err(fault) => {
            terminal::error(&format!("{fault} (--listen)"));
            return Exit::Failure;
        }
    };
    terminal::out(&format!("the reference homeserver answers at {}; its mail goes to {}\n", running.url(), args.smtp));
    terminal::err("Ctrl-C ends it\n");
    interrupted.cancelled().await;
    running.shutdown().await;
    Exit::Ok
}

/// The defects of these names.
///
/// # Errors
///
/// A message with the nearest name for the first that there is not.
pub(super) fn find_defects(names: &[String]) -> Result<Vec<&'static Defect>, String> {
    let known = || threepid_reference::defects().iter().map(|defect| defect.name.as_str());
    names
        .iter()
        .map(|name| threepid_reference::find_defect(name).ok_or_else(|| unknown("defect", name, known())))
        .collect()
}

/// The shapes of these names.
///
/// # Errors
///
/// A message with the nearest name for the first that there is not.
pub(super) fn find_shapes(names: &[String]) -> Result<Vec<&'static Shape>, String> {
    let known = || threepid_reference::shapes().iter().map(|shape| shape.name.as_str());
    names
        .iter()
        .map(|name| threepid_reference::find_shape(name).ok_or_else(|| unknown("shape", name, known())))
        .collect()
}

fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let hint = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("`threepid serve --list-{kind}s` shows all"),
    };
    format!("the reference homeserver has no {kind} `{name}`; {hint}")
}
