//! A server in a container.
//!
//! Takes an image and the command that the server is started with; gives the command line of docker or podman. The
//! container shares the network of this machine, so that ports and the mail sink are where they always are, and has the
//! scratch folder at the same path. It pulls nothing itself.

use std::path::Path;

use crate::target::error::StartError;
use crate::target::process::Spawn;
use crate::target::python::said;

/// What runs containers, in the order in which they are tried.
const RUNTIMES: [&str; 2] = ["docker", "podman"];

/// The runtime that answers.
pub(super) async fn runtime(target: &str) -> Result<&'static str, StartError> {
    for runtime in RUNTIMES {
        // The client alone is not enough: with no daemon behind it, it fails.
        if said(Path::new(runtime), &["info"]).await.is_some() {
            return Ok(runtime);
        }
    }
    Err(StartError::NoContainers { target: target.to_owned(), tried: RUNTIMES.map(str::to_owned).to_vec() })
}

/// The same server within a container.
pub(super) fn within(runtime: &str, image: &str, scratch: &Path, server: Spawn) -> Spawn {
    let scratch = scratch.display().to_string();
    let mut args: Vec<String> = ["run", "--rm", "--init", "--network", "host"].map(str::to_owned).to_vec();
    args.extend(["--volume".to_owned(), format!("{scratch}:{scratch}"), "--workdir".to_owned(), scratch.clone()]);
    for (name, value) in &server.environment {
        args.extend(["--env".to_owned(), format!("{name}={value}")]);
    }
    // The image's own way to start is not known; the profile's is.
    args.extend(["--entrypoint".to_owned(), server.program.display().to_string(), image.to_owned()]);
    args.extend(server.args);
    Spawn { program: runtime.into(), args, folder: server.folder, environment: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_keeps_paths_and_ports() {
        let server = Spawn {
            program: "hs".into(),
            args: vec!["--config".to_owned(), "/tmp/x/hs.toml".to_owned()],
            folder: Some("/tmp/x".into()),
            environment: vec![("A".to_owned(), "b c".to_owned())],
        };
        let spawn = within("podman", "example.org/hs:1", Path::new("/tmp/x"), server);
        assert_eq!(
            format!("{} {}", spawn.program.display(), spawn.args.join(" ")).as_str(),
            "podman run --rm --init --network host --volume /tmp/x:/tmp/x --workdir /tmp/x --env A=b c --entrypoint hs \
             example.org/hs:1 --config /tmp/x/hs.toml"
        );
    }
}
