//! Connections: TLS, HTTP/1.1, and their end.

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use super::limits;
use super::service::Service;

/// Accepts connections until the service is stopped.
pub(super) async fn accept(listener: TcpListener, tls: TlsAcceptor, service: Service, tracker: TaskTracker) {
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            biased;
            () = service.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                // One too many is closed by being dropped.
                if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                    let (tls, service) = (tls.clone(), service.clone());
                    tracker.spawn(async move {
                        let _until_the_end = place;
                        connection(stream, tls, service).await;
                    });
                }
            }
            Err(error) => {
                // Most likely no file descriptor is left; trying again at once would only burn the processor.
                tracing::warn!(%error, "cannot accept a connection to the identity server");
                tokio::select! {
                    () = service.stop.cancelled() => return,
                    () = sleep(limits::ACCEPT_PAUSE) => {}
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, tls: TlsAcceptor, service: Service) {
    let stop = service.stop.clone();
    let secured = tokio::select! {
        secured = timeout(limits::HANDSHAKE, tls.accept(stream)) => secured,
        () = stop.cancelled() => return,
    };
    let stream = match secured {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake with the identity server failed");
            return;
        }
        Err(_) => return,
    };
    // Small answers must not wait for the peer's acknowledgement of what came before.
    drop(stream.get_ref().0.set_nodelay(true));
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { service.answer(request).await }
    });
    let mut serving = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::IDLE)
            .serve_connection(TokioIo::new(stream), answer)
    );
    tokio::select! {
        ended = serving.as_mut() => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection to the identity server ended early");
            }
        }
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            drop(timeout(limits::LEAVING, serving).await);
        }
    }
}
