//! Where connections come in: from the socket, in the clear or by TLS, to the router.
//!
//! The first byte says which of both a client speaks, so that one that speaks the other is told, and not left to guess
//! from a closed connection. Everything that a client may take its time for has a limit ([`Pace`]).

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONNECTION, COOKIE, HOST, LOCATION};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::certificate::Certificate;
use crate::error::ApiError;
use crate::guard::Guard;
use crate::pace::{Pace, PacedBody, PacedStream};

/// The first byte of a client that speaks TLS.
const TLS_HELLO: u8 = 0x16;
/// Connections at once at most, where the system allows that many files.
const MOST_CONNECTIONS: u64 = 4096;
/// How long to wait before the next connection when the system has no more files.
const SHORT_OF_FILES: Duration = Duration::from_millis(200);
/// What a client gets that speaks TLS where it is not spoken.
const NO_TLS: &str = "this port does not speak TLS: use http:// in place of https://, \
     or start the server with --tls-cert and --tls-key\n";

/// What every connection leads to.
pub(crate) struct Door {
    router: Router,
    guard: Arc<Guard>,
    certificate: Option<Certificate>,
    pace: Pace,
    places: Arc<Semaphore>,
}

impl Door {
    pub(crate) fn new(router: Router, guard: Arc<Guard>, certificate: Option<Certificate>) -> Self {
        Self::with_pace(router, guard, certificate, Pace::USUAL)
    }

    fn with_pace(router: Router, guard: Arc<Guard>, certificate: Option<Certificate>, pace: Pace) -> Self {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let most = files.map_or(MOST_CONNECTIONS, |files| files / 2).clamp(1, MOST_CONNECTIONS);
        let router = router.layer(middleware::from_fn(move |request, next| on_time(request, next, pace)));
        Self { router, guard, certificate, pace, places: Arc::new(Semaphore::new(most as usize)) }
    }

    /// Lets clients in until `stop` is true, then until those who are in have their answers.
    pub(crate) async fn keep_open(self: Arc<Self>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let (inside, _) = watch::channel(());
        loop {
            let place = Arc::clone(&self.places).acquire_owned();
            let next = async {
                let place = place.await;
                (listener.accept().await, place)
            };
            let (accepted, place) = tokio::select! {
                () = stopped(&mut stop) => break,
                next = next => next,
            };
            match accepted {
                Ok((stream, _)) => {
                    let (door, stop, inside) = (Arc::clone(&self), stop.clone(), inside.subscribe());
                    tokio::spawn(async move {
                        door.meet(stream, stop).await;
                        drop((place, inside));
                    });
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(SHORT_OF_FILES).await;
                }
            }
        }
        drop(listener);
        inside.closed().await;
    }

    async fn meet(&self, stream: TcpStream, stop: watch::Receiver<bool>) {
        stay_alert(&stream, self.pace);
        let mut first = [0];
        let is_tls = match timeout(self.pace.hello, stream.peek(&mut first)).await {
            Ok(Ok(1)) => first == [TLS_HELLO],
            // It said nothing, or is gone.
            _ => return,
        };
        match (&self.certificate, is_tls) {
            (None, false) => self.serve(stream, self.service(), stop).await,
            (None, true) => refuse_tls(stream, self.pace).await,
            (Some(certificate), true) => {
                let accept = TlsAcceptor::from(certificate.config()).accept(stream);
                match timeout(self.pace.hello, accept).await {
                    Ok(Ok(stream)) => self.serve(stream, self.service(), stop).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a handshake went wrong"),
                    Err(_) => tracing::debug!("a handshake took too long"),
                }
            }
            (Some(_), false) => {
                let guard = Arc::clone(&self.guard);
                let answer = service_fn(move |request| {
                    let answer = point_to_tls(&guard, &request);
                    async { Ok::<_, Infallible>(answer) }
                });
                self.serve(stream, answer, stop).await;
            }
        }
    }

    fn service(&self) -> TowerToHyperService<Router> {
        TowerToHyperService::new(self.router.clone())
    }

    async fn serve<S>(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        service: S,
        mut stop: watch::Receiver<bool>,
    ) where
        S: HttpService<Incoming, ResBody = Body, Error = Infallible>,
    {
        let stream = TokioIo::new(PacedStream::new(stream, self.pace.stall));
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(self.pace.head);
        let mut connection = std::pin::pin!(builder.serve_connection(stream, service).with_upgrades());
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone stops it as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Has the system tell of a client that is gone without a word: its packets are not answered any more.
fn stay_alert(stream: &TcpStream, pace: Pace) {
    // A connection on which one of these cannot be set works as well, and ends later.
    let _ = stream.set_nodelay(true);
    let _ = rustix::net::sockopt::set_socket_keepalive(stream, true);
    #[cfg(target_os = "linux")]
    {
        let millis = u32::try_from(pace.stall.as_millis()).unwrap_or(u32::MAX);
        let _ = rustix::net::sockopt::set_tcp_keepidle(stream, pace.stall);
        let _ = rustix::net::sockopt::set_tcp_user_timeout(stream, millis);
    }
}

/// Lets a request pass whose body keeps its pace.
async fn on_time(request: Request, next: Next, pace: Pace) -> Response {
    let is_late = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| Body::new(PacedBody::new(body, pace, Arc::clone(&is_late))));
    let mut response = next.run(request).await;
    if is_late.load(Ordering::Relaxed) {
        let rate = pace.body_rate;
        let message = format!("got a body at less than {rate} bytes a second, or a pause of {:?}", pace.body);
        response = ApiError::Late { message }.into_response();
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Tells a client that speaks TLS that it is not spoken here. Aim's clients ask at every start, and wait for that.
async fn refuse_tls(mut stream: TcpStream, pace: Pace) {
    let head = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8";
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{NO_TLS}", NO_TLS.len());
    let say = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // Closing with bytes unread would take the answer back.
        let mut hello = [0; 4096];
        while stream.read(&mut hello).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    // Whoever does not hang up by then is cut off.
    let _ = timeout(pace.hello, say).await;
}

/// Tells a client that speaks in the clear where TLS is spoken: one that only looks is sent there, but for one that has
/// just shown everybody its token, and ought to know.
fn point_to_tls(guard: &Guard, request: &Request<Incoming>) -> Response {
    let headers = request.headers();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    let tells = headers.contains_key(AUTHORIZATION) || headers.contains_key(COOKIE);
    let is_ours = guard.admits(request.method(), request.uri(), headers).is_ok();
    let there = HeaderValue::from_str(&format!("https://{host}{path}")).ok();
    let mut response = match there.filter(|_| looks && !tells && is_ours) {
        Some(there) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, there)]).into_response(),
        None => {
            let message = "got a request in the clear, want TLS: use https:// in place of http://".to_owned();
            ApiError::Bad { message }.into_response()
        }
    };
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::SocketAddr;
    use std::time::Instant;

    use axum::body::Bytes;
    use axum::routing::{get, post};
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

    use super::*;
    use crate::certificate::tests::FIRST;

    /// A client that takes its time would take for ever: so long is patience enough to see the server end it.
    const LIMIT: Duration = Duration::from_secs(30);
    const PACE: Pace = Pace {
        hello: Duration::from_millis(300),
        head: Duration::from_millis(300),
        body: Duration::from_millis(300),
        body_rate: 1 << 20,
        stall: Duration::from_millis(300),
    };

    /// What a client reads and writes.
    trait Line: std::io::Read + std::io::Write {}
    impl<T: std::io::Read + std::io::Write> Line for T {}

    /// An open door, until it is dropped.
    struct Open {
        address: SocketAddr,
        is_tls: bool,
        stop: watch::Sender<bool>,
        runtime: tokio::runtime::Runtime,
    }

    impl Open {
        fn new(is_tls: bool) -> Self {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(1).build();
            let runtime = runtime.unwrap();
            let certificate = is_tls.then(|| Certificate::new(FIRST[0], FIRST[1]).unwrap());
            let router = Router::new()
                .route("/", get(|| async { "here" }))
                .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
                .route("/large", get(|| async { vec![b'x'; 64 << 20] }));
            let (stop, stopped) = watch::channel(false);
            let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
            let address = listener.local_addr().unwrap();
            let guard = Arc::new(Guard::new(vec![address], certificate.clone()));
            let door = Door::with_pace(router, guard, certificate, PACE);
            runtime.spawn(Arc::new(door).keep_open(listener, stopped));
            Self { address, is_tls, stop, runtime }
        }

        fn tcp(&self) -> std::net::TcpStream {
            let stream = std::net::TcpStream::connect(self.address).unwrap();
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            stream.set_write_timeout(Some(LIMIT)).unwrap();
            stream
        }

        /// A connection in the way that is spoken here.
        fn connect(&self) -> Box<dyn Line> {
            if self.is_tls { Box::new(self.tls(self.tcp())) } else { Box::new(self.tcp()) }
        }

        fn tls(&self, stream: std::net::TcpStream) -> StreamOwned<ClientConnection, std::net::TcpStream> {
            let authority = include_bytes!("../../../testdata/tls/ca.pem");
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority).unwrap()).unwrap();
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
            let config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
            let name = ServerName::try_from("first.example").unwrap();
            StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
        }

        fn host(&self) -> String {
            format!("host: {}\r\n", self.address)
        }
    }

    impl Drop for Open {
        fn drop(&mut self) {
            self.stop.send_replace(true);
            self.runtime.block_on(async { tokio::task::yield_now().await });
        }
    }

    /// What comes until the server ends the connection; fails when it does not.
    fn rest(line: &mut dyn Line) -> String {
        let began = Instant::now();
        let mut bytes = Vec::new();
        // A connection that is cut is as good an end as one that is closed.
        let _ = line.read_to_end(&mut bytes);
        assert!(began.elapsed() < LIMIT, "the server waits on");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn both_ways_of_speaking_are_served() {
        for is_tls in [false, true] {
            let open = Open::new(is_tls);
            let mut line = open.connect();
            write!(line, "GET / HTTP/1.1\r\n{}connection: close\r\n\r\n", open.host()).unwrap();
            let answer = rest(&mut line);
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("here"), "{answer}");
        }
    }

    #[test]
    fn one_who_says_nothing_or_half_a_handshake_is_sent_away() {
        for is_tls in [false, true] {
            let open = Open::new(is_tls);
            assert_eq!(rest(&mut open.tcp()), "");
        }
        let open = Open::new(true);
        let mut line = open.tcp();
        line.write_all(&[TLS_HELLO, 3, 1, 2, 0]).unwrap();
        assert_eq!(rest(&mut line), "");
    }

    #[test]
    fn a_head_that_drips_ends() {
        for is_tls in [false, true] {
            let open = Open::new(is_tls);
            let mut line = open.connect();
            let began = Instant::now();
            line.write_all(b"GET / HTTP/1.1\r\n").unwrap();
            // A header every now and then, as long as somebody listens.
            while write!(line, "x-more: {}\r\n", "y".repeat(20)).and_then(|()| line.flush()).is_ok() {
                assert!(began.elapsed() < LIMIT, "the server listens on");
                std::thread::park_timeout(Duration::from_millis(20));
            }
        }
    }

    #[test]
    fn a_body_that_drips_is_answered_408_and_one_that_comes_is_taken() {
        for is_tls in [false, true] {
            let open = Open::new(is_tls);
            let mut line = open.connect();
            write!(line, "POST /length HTTP/1.1\r\n{}content-length: 100\r\n\r\nabc", open.host()).unwrap();
            line.flush().unwrap();
            let answer = rest(&mut line);
            assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("bytes a second"), "{answer}");
            let mut line = open.connect();
            let body = "z".repeat(1 << 20);
            let head = format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len());
            write!(line, "POST /length HTTP/1.1\r\n{}{head}{body}", open.host()).unwrap();
            assert!(rest(&mut line).ends_with("1048576"));
        }
    }

    #[test]
    fn one_who_takes_nothing_of_an_answer_is_cut_off() {
        for is_tls in [false, true] {
            let open = Open::new(is_tls);
            let mut line = open.connect();
            write!(line, "GET /large HTTP/1.1\r\n{}\r\n", open.host()).unwrap();
            line.flush().unwrap();
            std::thread::park_timeout(PACE.stall * 10);
            let answer = rest(&mut line);
            assert!(answer.len() < 64 << 20, "all {} bytes waited to be taken", answer.len());
        }
    }

    #[test]
    fn each_is_told_what_is_spoken_here() {
        let open = Open::new(false);
        let mut line = open.tls(open.tcp());
        let error = line.write_all(b"GET / HTTP/1.1\r\n\r\n").and_then(|()| line.flush()).unwrap_err();
        assert!(
            error.to_string().contains("corrupt") || error.to_string().contains("InvalidContentType"),
            "{error}"
        );
        let mut raw = open.tcp();
        raw.write_all(&[TLS_HELLO, 3, 1, 2, 0]).unwrap();
        let answer = rest(&mut raw);
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with(NO_TLS), "{answer}");

        let open = Open::new(true);
        let ask = |request: &str| {
            let mut line = open.tcp();
            write!(line, "{request}\r\n").unwrap();
            rest(&mut line)
        };
        let there = format!("location: https://{}/a?b=c\r\n", open.address);
        let sent = ask(&format!("GET /a?b=c HTTP/1.1\r\n{}", open.host()));
        assert!(sent.starts_with("HTTP/1.1 308 ") && sent.contains(&there), "{sent}");
        for request in [
            format!("POST / HTTP/1.1\r\ncontent-length: 0\r\n{}", open.host()),
            format!("GET / HTTP/1.1\r\nauthorization: Bearer x\r\n{}", open.host()),
            "GET / HTTP/1.1\r\nhost: evil.example\r\n".to_owned(),
        ] {
            let told = ask(&request);
            assert!(told.starts_with("HTTP/1.1 400 ") && told.contains("use https://"), "{told}");
        }
    }
}
