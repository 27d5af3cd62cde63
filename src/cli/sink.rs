//! `threepid sink`: takes mail and prints it.

use super::args::SinkArgs;
use super::exit::Exit;
use super::{interrupt, terminal};
use crate::mail::{self, Limits, Sink, SinkOptions};
use crate::report::visible;

pub(super) async fn sink(args: SinkArgs) -> Exit {
    let options = SinkOptions { listen: args.smtp_listen, hostname: "threepid.test".to_owned(), limits: Limits::default() };
    let sink = match Sink::start(options).await {
        Ok(sink) => sink,
        Err(fault) => {
            terminal::error(&fault.to_string());
            return Exit::Failure;
        }
    };
    let mut arrivals = sink.subscribe();
    terminal::err(&format!("mail is taken at {}; Ctrl-C ends it\n", sink.addr()));
    let interrupted = interrupt::token();
    loop {
        let received = tokio::select! {
            () = interrupted.cancelled() => break,
            received = arrivals.recv() => received,
        };
        match received {
            Ok(received) if args.raw => terminal::out(&format!("{}\n", crate::report::visible_lines(&String::from_utf8_lossy(&received.raw)))),
            Ok(received) => {
                let mail = mail::read_mail(&received, &[]);
                let mut text = format!("\nfrom     {}\n", visible(&mail.envelope.from));
                text.push_str(&format!("to       {}\n", visible(&received.recipient)));
                text.push_str(&format!("subject  {}\n", visible(mail.header("subject").unwrap_or_default())));
                for link in &mail.links {
                    text.push_str(&format!("link     {}\n", visible(&link.url)));
                }
                terminal::out(&text);
            }
            // More came than could be printed in time: go on with what there is.
            Err(tokio::sync::broadcast::error::RecvError::Lagged(missed)) => {
                terminal::err(&format!("{missed} mails came too fast to be printed\n"));
            }
            Err(tokio::sync::broadcast::error::RecvError::Closed) => break,
        }
    }
    sink.shutdown().await;
    Exit::Ok
}
