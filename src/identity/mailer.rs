//! Sending the mail with a token.
//!
//! Takes an address and a link; gives success only when the SMTP server has accepted the mail. It never queues.

use std::net::SocketAddr;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use maud::html;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::limits;
use super::sessions::letters;

/// The name by which this server introduces itself and in which it writes. `.test` is reserved (RFC 6761).
const NAME: &str = "identity.test";
/// Characters in a line of a mail that needs no encoding (RFC 5322, 2.1.1).
const LINE: usize = 998;

/// A mail was not accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum MailFault {
    #[error("the mail could not be written: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("the mail could not be written: {0}")]
    Address(#[from] lettre::address::AddressError),
    #[error("the SMTP server cannot be reached: {0}")]
    Connect(#[from] std::io::Error),
    #[error("the SMTP server did not take the mail: {0}")]
    Refused(#[from] smtp::Error),
    #[error("the SMTP server took longer than {} s", limits::MAIL.as_secs())]
    Slow,
}

/// Mails a link. A connection for each mail, so that an SMTP server that was restarted in between is no surprise.
pub(super) async fn send(smtp: SocketAddr, to: &Address, link: &str) -> Result<(), MailFault> {
    let message = compose(to, link)?;
    timeout(limits::MAIL, transmit(smtp, &message)).await.unwrap_or(Err(MailFault::Slow))
}

async fn transmit(smtp: SocketAddr, message: &Message) -> Result<(), MailFault> {
    let stream = TcpStream::connect(smtp).await?;
    // Without this the final dot waits until the peer acknowledges the mail, which many put off for 40 ms.
    stream.set_nodelay(true)?;
    let hello = ClientId::Domain(NAME.to_owned());
    let mut connection = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?;
    connection.send(message.envelope(), &message.formatted()).await?;
    // It is accepted; that the server says goodbye is nothing that the answer has to wait for.
    tokio::spawn(timeout(limits::MAIL, async move { connection.abort().await }));
    Ok(())
}

fn compose(to: &Address, link: &str) -> Result<Message, MailFault> {
    const SUBJECT: &str = "Confirm your address for the identity server";
    const BEFORE: &str = "Somebody asked the identity server of a test to confirm this address. To confirm it:";
    let text = format!("{BEFORE}\r\n\r\n{link}\r\n");
    let page = html! { p { (BEFORE) } p { a href=(link) { (link) } } };
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    Ok(Message::builder()
        .message_id(Some(format!("<{}@{NAME}>", letters())))
        .from(Mailbox::new(Some("Identity server".to_owned()), Address::new("noreply", NAME)?))
        .to(Mailbox::new(None, to.clone()))
        .date_now()
        .subject(SUBJECT)
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, text))
                .singlepart(part(ContentType::TEXT_HTML, page.into_string())),
        )?)
}

/// As it is if it may be, so that the link stands unbroken in the source of the mail.
fn part(kind: ContentType, text: String) -> SinglePart {
    let plain =
        text.is_ascii() && text.split("\r\n").all(|line| line.len() <= LINE && !line.contains(['\r', '\n', '\0']));
    let body = match plain {
        true => Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::SevenBit),
        false => Body::new(text),
    };
    SinglePart::builder().header(kind).body(body)
}
