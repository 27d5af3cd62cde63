//! Sending mail.
//!
//! *Takes* a letter; *gives* success only when the SMTP server has accepted it; *never* queues: the answer to requestToken
//! says whether a mail is on its way, so it has to wait for that.

mod letter;
mod message;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use lettre::{
    Message,
    message::Mailbox,
    transport::smtp::{self, client::AsyncSmtpConnection, extension::ClientId},
};
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{error::StartError, switches::Switches};

pub(super) use letter::Letter;

/// Mails that may be under way without anybody waiting for them; a further one waits for its place.
const MAX_IN_BACKGROUND: usize = 256;

/// Why a mail was not accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum MailError {
    /// No mail of ours can go there: the SMTP server does not take such addresses (no SMTPUTF8).
    #[error("this server cannot send mail to that address")]
    Unaddressable,
    /// The SMTP server refused, failed, or is not there.
    #[error("the mail could not be sent")]
    NotAccepted,
}

/// The way to the SMTP server: a connection for each mail, so that a server that was restarted in between is no surprise.
#[derive(Debug)]
pub(super) struct Mailer {
    smtp: SocketAddr,
    timeout: Duration,
    hello_name: ClientId,
    sender: Mailbox,
    background: Arc<Semaphore>,
}

impl Mailer {
    pub(super) fn new(smtp: SocketAddr, server_name: &str, timeout: Duration) -> Result<Self, StartError> {
        let host = server_name.rsplit_once(':').map_or(server_name, |(host, _port)| host);
        let address = lettre::Address::new("noreply", host)
            .map_err(|_| StartError::ServerName { given: server_name.to_owned() })?;
        let sender = Mailbox::new(Some(server_name.to_owned()), address);
        Ok(Self {
            smtp,
            timeout,
            hello_name: ClientId::Domain(host.to_owned()),
            sender,
            background: Arc::new(Semaphore::new(MAX_IN_BACKGROUND)),
        })
    }

    /// A place for a mail that nobody waits for; `None` only if there are none any more, which does not happen.
    pub(super) async fn place_in_background(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.background).acquire_owned().await.ok()
    }

    /// Sends one letter and waits until it is accepted.
    pub(super) async fn send(&self, switches: &Switches, letter: &Letter) -> Result<(), MailError> {
        let message = message::compose(switches, &self.sender, letter).ok_or(MailError::Unaddressable)?;
        timeout(self.timeout, self.transmit(&message)).await.unwrap_or(Err(MailError::NotAccepted))
    }

    async fn transmit(&self, message: &Message) -> Result<(), MailError> {
        let stream = TcpStream::connect(self.smtp).await.map_err(|_| MailError::NotAccepted)?;
        // A mail and its final dot are written one after the other. Without this the dot waits until the peer acknowledges
        // the mail, which many servers put off for 40 ms.
        drop(stream.set_nodelay(true));
        let mut connection = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello_name)
            .await
            .map_err(not_accepted)?;
        connection.send(message.envelope(), &message.formatted()).await.map_err(not_accepted)?;
        // The mail is accepted; that the server also says goodbye is nothing to wait for.
        tokio::spawn(timeout(self.timeout, async move { connection.abort().await }));
        Ok(())
    }
}

fn not_accepted(error: smtp::Error) -> MailError {
    // lettre calls it a mistake of the client when the address needs an extension that the server lacks.
    if error.is_client() { MailError::Unaddressable } else { MailError::NotAccepted }
}
