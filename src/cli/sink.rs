//! `threepid sink`: takes mail and prints it.

use std::net::SocketAddr;

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::args::SinkArgs;
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::terminal;
use threepid_views::report::{visible, visible_lines};
use threepid_wire::mail::{self, Extension, Limits, Sink, SinkOptions};

pub(super) async fn sink(args: SinkArgs) -> Exit {
    let Interrupt { stop: interrupted, .. } = Interrupt::listen();
    let sink = match open(args.smtp_listen, !args.no_starttls).await {
        Ok(sink) => sink,
        Err(message) => {
            terminal::error(&message);
            return Exit::Failure;
        }
    };
    terminal::err(&format!("mail is taken at {}; Ctrl-C ends it\n", sink.addr()));
    print_until(&sink, args.raw, &interrupted).await;
    sink.shutdown().await;
    Exit::Ok
}

/// Opens a sink.
///
/// # Errors
///
/// A message that names the address and the flag, if it cannot listen there.
pub(super) async fn open(listen: SocketAddr, starttls: bool) -> Result<Sink, String> {
    let options = SinkOptions { listen, hostname: "threepid.test".to_owned(), limits: Limits::default() };
    let sink = Sink::start(options).await.map_err(|fault| fault.to_string())?;
    if !starttls {
        sink.hide_extensions(&[Extension::StartTls]);
    }
    Ok(sink)
}

/// Prints mail as it comes, until the token is cancelled.
pub(super) async fn print_until(sink: &Sink, raw: bool, interrupted: &CancellationToken) {
    let mut arrivals = sink.subscribe();
    loop {
        let received = tokio::select! {
            () = interrupted.cancelled() => return,
            received = arrivals.recv() => received,
        };
        match received {
            Ok(received) if raw => {
                let text = format!("{}\n", visible_lines(&String::from_utf8_lossy(&received.raw)));
                terminal::out_until(text, interrupted.cancelled()).await;
            }
            Ok(received) => {
                let mail = mail::read_mail(&received, &[], mail::TEXT_LIMIT);
                let mut text = format!("\nfrom     {}\n", visible(&mail.envelope.from));
                text.push_str(&format!("to       {}\n", visible(&received.recipient)));
                text.push_str(&format!("subject  {}\n", visible(mail.header("subject").unwrap_or_default())));
                for link in &mail.links {
                    text.push_str(&format!("link     {}\n", visible(&link.url)));
                }
                terminal::out_until(text, interrupted.cancelled()).await;
            }
            // More came than could be printed in time: go on with what there is.
            Err(RecvError::Lagged(missed)) => terminal::err(&format!("{missed} mails came too fast to be printed\n")),
            Err(RecvError::Closed) => return,
        }
    }
}
