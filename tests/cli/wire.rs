//! A reference homeserver that is run apart from the program, with everything on the two wires between them heard.
//!
//! ```text
//! threepid ──HTTP──→ tee ──→ reference
//! threepid ←─SMTP─── tee ←── reference
//! ```

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use threepid::reference::{Options, Running, find_defect, start};

use crate::program::{LONG, free_address};

/// What went over a wire, in both directions, as it came.
type Heard = Arc<Mutex<Vec<u8>>>;

/// The homeserver and the two wires.
pub(crate) struct Wire {
    runtime: tokio::runtime::Runtime,
    running: Option<Running>,
    /// Where the program reaches the homeserver.
    pub(crate) url: String,
    /// Where the program has to take mail.
    pub(crate) smtp: SocketAddr,
    http: Heard,
    mail: Heard,
    /// Something was heard.
    heard: mpsc::Receiver<()>,
}

impl Wire {
    pub(crate) fn new(defects: &[&str]) -> Wire {
        let smtp = free_address();
        let (signal, heard) = mpsc::channel();
        let (mail_in, http_in) = (listen(), listen());
        let url = format!("http://{}", http_in.local_addr().unwrap());
        let mut options = Options::new(mail_in.local_addr().unwrap());
        options.public_url = Some(url.clone());
        options.defects = defects.iter().map(|name| find_defect(name).unwrap()).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let running = runtime.block_on(start(options)).unwrap();
        let (http, mail) = (Heard::default(), Heard::default());
        tee(http_in, running.addr(), &http, &signal);
        tee(mail_in, smtp, &mail, &signal);
        Wire { runtime, running: Some(running), url, smtp, http, mail, heard }
    }

    /// The arguments that lead the program here.
    pub(crate) fn arguments(&self) -> [String; 4] {
        ["--homeserver".to_owned(), self.url.clone(), "--smtp-listen".to_owned(), self.smtp.to_string()]
    }

    /// Waits until this was said over HTTP.
    pub(crate) fn wait_for_request(&self, words: &str) {
        while !self.http().contains(words) {
            self.heard.recv_timeout(LONG).unwrap_or_else(|fault| panic!("`{words}` never came: {fault}"));
        }
    }

    /// All that was said over HTTP.
    pub(crate) fn http(&self) -> String {
        String::from_utf8_lossy(&self.http.lock().unwrap()).into_owned()
    }

    /// All that was said over SMTP, quoted-printable undone.
    pub(crate) fn mail(&self) -> String {
        let text = String::from_utf8_lossy(&self.mail.lock().unwrap()).into_owned();
        text.replace("=\r\n", "").replace("=3D", "=").replace("&amp;", "&")
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.shutdown());
        }
    }
}

fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// Joins each connection with one to `to`, and keeps what goes through.
fn tee(listener: TcpListener, to: SocketAddr, heard: &Heard, signal: &mpsc::Sender<()>) {
    let (heard, signal) = (Arc::clone(heard), signal.clone());
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(to) else { continue };
            for (from, to) in [(&near, &far), (&far, &near)] {
                let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                let (heard, signal) = (Arc::clone(&heard), signal.clone());
                thread::spawn(move || copy(from, to, &heard, &signal));
            }
        }
    });
}

fn copy(mut from: TcpStream, mut to: TcpStream, heard: &Heard, signal: &mpsc::Sender<()>) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        heard.lock().unwrap().extend_from_slice(&bytes[..read]);
        // Nobody listens any more once the test is over.
        let _ = signal.send(());
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Write));
}
