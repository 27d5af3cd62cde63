//! What goes over the network: the HTTP client, the SMTP sink with its mailboxes, and mail to text and links.
//!
//! Takes requests and SMTP sessions; gives exchanges and mails as plain data. It never judges, and follows no link by
//! itself.

pub mod http;
pub mod mail;
