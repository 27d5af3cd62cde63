//! A server of sockets that answers as a script says, down to the bytes.
//!
//! It shares nothing with the program, neither code nor HTTP library: what it sends is what stands here.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use crate::program::LONG;

/// How long one byte of a drip takes.
const DRIP: Duration = Duration::from_millis(150);

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// `POST /register`, for what is below the client-server API.
    pub(crate) fn what(&self) -> String {
        let path = self.path();
        format!("{} {}", self.method, path.strip_prefix("/_matrix/client/v3").unwrap_or(path))
    }
}

/// What a server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A status, headers and a body, as is right; the connection stays open.
    Http(u16, Vec<(String, String)>, Vec<u8>),
    /// These bytes, and the end of the connection.
    Bytes(Vec<u8>),
    /// These bytes, and then nothing until the client is gone.
    Silent(Vec<u8>),
    /// These bytes, and then one after the other for ever.
    Drip(Vec<u8>),
    /// These bytes, and then that block so many times.
    Flood(Vec<u8>, Vec<u8>, usize),
    /// The connection is broken off.
    Reset,
    /// The connection is broken off, and soon nobody listens any more.
    Die,
}

impl Reply {
    pub(crate) fn json(status: u16, body: impl ToString) -> Reply {
        Reply::typed(status, "application/json", body.to_string())
    }

    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Reply {
        Reply::typed(200, "text/html; charset=utf-8", body)
    }

    pub(crate) fn typed(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Reply {
        Reply::Http(status, vec![("Content-Type".to_owned(), kind.to_owned())], body.into())
    }

    pub(crate) fn with(self, name: &str, value: &str) -> Reply {
        match self {
            Reply::Http(status, mut headers, body) => {
                headers.push((name.to_owned(), value.to_owned()));
                Reply::Http(status, headers, body)
            }
            other => other,
        }
    }
}

/// A server that runs until the test ends.
pub(crate) struct Server {
    addr: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    signal: mpsc::Receiver<()>,
}

impl Server {
    /// Answers each request as the closure says, which also gets the server's own address.
    pub(crate) fn start(answer: impl Fn(&Asked, SocketAddr) -> Reply + Send + Sync + 'static) -> Server {
        let (listener, answer) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(answer));
        let addr = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (sender, signal) = mpsc::channel();
        let (kept, dead) = (Arc::clone(&asked), Arc::new(AtomicBool::new(false)));
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                if dead.load(Ordering::Relaxed) {
                    break;
                }
                let (answer, kept, sender) = (Arc::clone(&answer), Arc::clone(&kept), sender.clone());
                let dead = Arc::clone(&dead);
                thread::spawn(move || {
                    let answer = |asked: &Asked| {
                        kept.lock().unwrap().push(asked.clone());
                        // Nobody listens any more once the test is over.
                        let _ = sender.send(());
                        let reply = answer(asked, addr);
                        if dead.load(Ordering::Relaxed) || matches!(reply, Reply::Die) {
                            // Whoever comes next ends the wait for connections.
                            dead.store(true, Ordering::Relaxed);
                            return Reply::Reset;
                        }
                        reply
                    };
                    serve(socket, answer)
                });
            }
        });
        Server { addr, asked, signal }
    }

    /// Does that with each connection, whatever comes.
    pub(crate) fn raw(each: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
        let (listener, each) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(each));
        let addr = listener.local_addr().unwrap();
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let each = Arc::clone(&each);
                thread::spawn(move || each(socket));
            }
        });
        addr
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn times(&self, what: &str) -> usize {
        self.asked().iter().filter(|asked| asked.what() == what).count()
    }

    /// Waits until this was asked so often.
    pub(crate) fn wait_for_times(&self, what: &str, times: usize) {
        while self.times(what) < times {
            self.signal.recv_timeout(LONG).unwrap_or_else(|fault| panic!("`{what}` was never asked: {fault}"));
        }
    }
}

/// Waits until the client is gone.
pub(crate) fn silence(mut socket: &TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(1..) = socket.read(&mut bytes) {}
}

fn serve(socket: TcpStream, mut answer: impl FnMut(&Asked) -> Reply) {
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    while let Some(asked) = request(&mut reader) {
        let answer = answer(&asked);
        let reset = matches!(answer, Reply::Reset);
        if !reply(&socket, answer) {
            if reset {
                // Closed without a farewell.
                return;
            }
            break;
        }
    }
    let _ = socket.shutdown(Shutdown::Both);
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let (method, target) = line.trim_end().rsplit_once(' ')?.0.split_once(' ')?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Asked { method: method.to_owned(), target: target.to_owned(), body })
}

/// Whether another request may follow.
fn reply(mut socket: &TcpStream, reply: Reply) -> bool {
    match reply {
        Reply::Http(status, headers, body) => {
            let mut bytes = format!("HTTP/1.1 {status} As Scripted\r\nContent-Length: {}\r\n", body.len()).into_bytes();
            for (name, value) in headers {
                bytes.extend(format!("{name}: {value}\r\n").into_bytes());
            }
            bytes.extend(b"\r\n");
            bytes.extend(body);
            return socket.write_all(&bytes).is_ok();
        }
        Reply::Bytes(bytes) => drop(socket.write_all(&bytes)),
        Reply::Silent(bytes) => {
            let _ = socket.write_all(&bytes);
            silence(socket);
        }
        Reply::Drip(bytes) => {
            let mut sent = socket.write_all(&bytes);
            // The pause ends early when the client is gone.
            socket.set_read_timeout(Some(DRIP)).unwrap();
            while sent.is_ok() && !matches!(socket.read(&mut [0]), Ok(0)) {
                sent = socket.write_all(b" ");
            }
        }
        Reply::Flood(start, block, times) => {
            let mut sent = socket.write_all(&start);
            for _ in 0..times {
                sent = sent.and_then(|()| socket.write_all(&block));
            }
        }
        Reply::Reset | Reply::Die => {
            let linger = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
            linger.unwrap();
        }
    }
    false
}
