//! `threepid up`: a homeserver to try things on, until Ctrl-C.

use super::args::{SmtpArgs, UpArgs};
use super::exit::Exit;
use super::identity::IdentityFixture;
use super::interrupt::Interrupt;
use super::sink::Shape;
use super::start;
use super::start_options::{show, start_options, telling};
use super::terminal::{self, Terminal};
use crate::suite::start_embedded;
use crate::target::{Kind, Managed, Profile};
use threepid_wire::mail::Sink;

pub(super) async fn up(args: UpArgs, terminal: Terminal) -> Exit {
    let profile = match Profile::load(&args.target) {
        Ok(profile) => profile,
        Err(fault) => {
            terminal::error(&fault.to_string());
            return Exit::Usage;
        }
    };
    let resolved = match profile.resolve(&args.variant) {
        Ok(resolved) => resolved,
        Err(fault) => {
            terminal::error(&fault.to_string());
            return Exit::Usage;
        }
    };
    let interrupt = Interrupt::listen();
    let interrupted = &interrupt.stop;
    let sink = match super::sink::open(args.smtp_listen, false, &SmtpArgs::default()).await {
        Ok(sink) => sink,
        Err(message) => {
            terminal::error(&message);
            return Exit::Failure;
        }
    };
    let identity = match IdentityFixture::open_for(&resolved, &sink, &args.start).await {
        Ok(identity) => identity,
        Err(message) => {
            terminal::error(&message);
            return Exit::Failure;
        }
    };
    let started = tokio::select! {
        started = telling(server(&args, &profile, &sink, identity.as_ref())) => started,
        () = interrupted.cancelled() => return Exit::Interrupted,
    };
    let mut server = match started {
        Ok((server, url)) => {
            terminal::out(&format!("homeserver  {url}\nmail        {}\n", sink.addr()));
            server
        }
        Err(message) => {
            terminal::error(&message);
            return Exit::Failure;
        }
    };
    if let Some(identity) = &identity {
        terminal::out(&format!("identity    {} (authority: {})\n", identity.server.url(), identity.authority_file()));
    }
    if let start::Server::Managed(managed) = &mut server {
        terminal::out(&format!("log         {}\n", managed.log_path.display()));
        if args.scratch.is_some() {
            managed.keep_scratch();
        }
    }
    terminal::err("its mail is printed here; Ctrl-C ends it\n");
    super::sink::print_until(sink.subscribe(), Shape::Text, interrupted).await;
    let stopped = async {
        server.stop().await;
        if let Some(identity) = identity {
            identity.close().await;
        }
        sink.shutdown().await;
    };
    interrupt.unless_now(stopped).await;
    if terminal.progress {
        terminal::err("stopped\n");
    }
    Exit::Ok
}

async fn server(
    args: &UpArgs,
    profile: &Profile,
    sink: &Sink,
    identity: Option<&IdentityFixture>,
) -> Result<(start::Server, String), String> {
    match profile.kind {
        Kind::Embedded => {
            let running = start_embedded(
                &args.variant,
                None,
                sink.addr(),
                None,
                Vec::new(),
                Vec::new(),
                identity.map(|identity| &*identity.server),
            )
            .await
            .map_err(|fault| fault.to_string())?;
            let url = running.url().to_owned();
            Ok((start::Server::Embedded(running), url))
        }
        Kind::Managed => {
            let mut options = start_options(&args.start, sink.addr());
            options.scratch = args.scratch.clone();
            options.values = identity.map(|identity| identity.values.clone()).unwrap_or_default();
            let managed =
                Managed::start(profile, &args.variant, &options, &show).await.map_err(|fault| fault.to_string())?;
            let url = managed.url.clone();
            Ok((start::Server::Managed(Box::new(managed)), url))
        }
        Kind::External => Err(format!("the profile `{}` says where a server is, not how to start one", profile.name)),
    }
}
