//! What the server is started with. It only says; whether it can be done shows when the server starts.

use std::net::SocketAddr;

use super::{
    config::Config,
    table::{Defect, Shape},
};

/// Everything the server needs to know before it starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on; port 0 takes a free one, which [`Running::addr`](super::Running::addr) names.
    pub listen: SocketAddr,
    /// The SMTP server that takes all mail, spoken to in plain text.
    pub smtp: SocketAddr,
    /// The name in user ids and in the subject of the mails.
    pub server_name: String,
    /// The base of the links in mails; by default `http://` and the bound address.
    pub public_url: Option<String>,
    /// The promises to break.
    pub defects: Vec<&'static Defect>,
    /// The lawful differences to show.
    pub shapes: Vec<&'static Shape>,
    /// The variant of the server: what it offers and what it refuses.
    pub config: Config,
}

impl Options {
    /// A plain, correct server on a free loopback port whose mail goes to `smtp`.
    pub fn new(smtp: SocketAddr) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            smtp,
            server_name: "reference.test".to_owned(),
            public_url: None,
            defects: Vec::new(),
            shapes: Vec::new(),
            config: Config::default(),
        }
    }
}
