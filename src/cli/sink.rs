//! `threepid sink`: takes mail and prints it, for other tests than those of this program too.
//!
//! Takes mail from anyone who is let in; gives each as text, as it came, or as a line of JSON, and answers questions about
//! those that came. It tests nothing, and keeps no mail when it ends.

mod api;
mod shown;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::args::{SinkArgs, SmtpArgs};
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::terminal;
pub(super) use shown::Shape;
use threepid_record::model::MailFault;
use threepid_views::report::visible;
use threepid_wire::mail::{Extension, Limits, Received, Security, Sink, SinkOptions};

pub(super) async fn sink(args: SinkArgs) -> Exit {
    let Interrupt { stop: interrupted, .. } = Interrupt::listen();
    let refused = args.http_listen.filter(|listen| !listen.ip().is_loopback());
    if let Some(listen) = refused {
        terminal::error(&format!(
            "{listen} is not of the loopback (--http-listen): what mails hold is for this machine only"
        ));
        return Exit::Usage;
    }
    let opened = match open(args.smtp_listen, args.smtp_starttls, &args.smtp).await {
        Ok(sink) => match args.http_listen {
            None => Ok((sink, None)),
            Some(listen) => api::serve(listen, &sink).await.map(|api| (sink, Some(api))),
        },
        Err(message) => Err(message),
    };
    let (sink, api) = match opened {
        Ok(opened) => opened,
        Err(message) => {
            terminal::error(&message);
            return Exit::Failure;
        }
    };
    for address in &args.refuse {
        let text = "5.1.1 this sink was told to refuse it".to_owned();
        sink.behave(address, MailFault::RefuseRcpt { code: 550, text }, None);
    }
    for (address, duration) in &args.delay {
        sink.behave(address, MailFault::Stall(*duration), None);
    }
    let shape = Shape::of(&args);
    // From before it is said that mail is taken.
    let arrivals = api.as_ref().map_or_else(|| sink.subscribe(), |api| api.arrivals.resubscribe());
    if let Some(api) = &api {
        terminal::err(&format!("mails are listed at http://{}/mails\n", api.addr));
    }
    terminal::err(&format!("mail is taken at {}, {}; Ctrl-C ends it\n", sink.addr(), sink.manner()));
    let exit = match &args.wait_for {
        Some(address) => wait_for(&sink, address, &args, shape, &interrupted).await,
        None => {
            print_until(arrivals, shape, &interrupted).await;
            Exit::Ok
        }
    };
    if let Some(api) = api {
        api.stop();
    }
    sink.shutdown().await;
    exit
}

/// Opens a sink.
///
/// # Errors
///
/// A message that names the address and the flag, if it cannot listen there.
pub(super) async fn open(listen: SocketAddr, starttls: bool, smtp: &SmtpArgs) -> Result<Sink, String> {
    let options = SinkOptions { listen, hostname: "threepid.test".to_owned(), limits: Limits::default() };
    let security = Security { implicit_tls: smtp.smtp_tls, login: smtp.smtp_user.clone() };
    let sink = Sink::start_secured(options, security).await.map_err(|fault| fault.to_string())?;
    if !starttls {
        sink.hide_extensions(&[Extension::StartTls]);
    }
    Ok(sink)
}

/// Prints the first mail to an address.
async fn wait_for(sink: &Sink, address: &str, args: &SinkArgs, shape: Shape, interrupted: &CancellationToken) -> Exit {
    let mut mailbox = sink.mailbox(address);
    let received = tokio::select! {
        received = mailbox.receive(1, Instant::now() + args.timeout) => received,
        () = interrupted.cancelled() => return Exit::Interrupted,
    };
    let Some(mail) = received.first() else {
        let others: Vec<String> = sink.strays().iter().map(|stray| visible(&stray.to).into_owned()).collect();
        let others = if others.is_empty() {
            "and none for others either".to_owned()
        } else {
            format!("but for {}", others.join(", "))
        };
        let waited = args.timeout.as_secs_f64();
        terminal::error(&format!("no mail came for {address} within {waited} s (--timeout), {others}"));
        return Exit::Failure;
    };
    terminal::out_until(shape.text(mail), interrupted.cancelled()).await;
    Exit::Ok
}

/// Mails as they come.
type Arrivals = Receiver<Arc<Received>>;

/// Prints mail as it comes, until the token is cancelled.
pub(super) async fn print_until(mut arrivals: Arrivals, shape: Shape, interrupted: &CancellationToken) {
    loop {
        let received = tokio::select! {
            () = interrupted.cancelled() => return,
            received = arrivals.recv() => received,
        };
        match received {
            Ok(received) => terminal::out_until(shape.text(&received), interrupted.cancelled()).await,
            // More came than could be printed in time: go on with what there is.
            Err(RecvError::Lagged(missed)) => terminal::err(&format!("{missed} mails came too fast to be printed\n")),
            Err(RecvError::Closed) => return,
        }
    }
}
