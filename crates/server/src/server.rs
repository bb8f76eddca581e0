//! The server as its caller holds it: bound to addresses, then serving until it is told to stop.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use trailmark_store::{Store, Token};

use crate::app::App;
use crate::ask::{Answerer, Keeper};
use crate::certificate::Certificate;
use crate::door::Door;
use crate::error::ApiError;
use crate::guard::Guard;
use crate::sign_in::SignIn;
use crate::{aim, live, route};

/// How often the server looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(100);
/// How long requests may go on after that.
const GRACE: Duration = Duration::from_secs(2);
/// Threads that answer; what waits for the disk has its own.
const WORKERS: usize = 2;

/// Why the server does not serve.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Another program listens there.
    #[error("listen on {address}: the port is in use{}", free.map_or_else(String::new, |free| format!(", {free} is free")))]
    InUse {
        /// The address.
        address: SocketAddr,
        /// The next port that is free.
        free: Option<u16>,
    },
    /// The address is not this machine's, or may not be used.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Sign-in is wanted, and nobody could.
    #[error("listen on {address}: nobody can sign in, as there is no token yet")]
    Open {
        /// The address.
        address: SocketAddr,
    },
    /// The repository cannot be read.
    #[error(transparent)]
    Repository(#[from] ApiError),
    /// The operating system gives no threads.
    #[error("start the server")]
    Start {
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// What is served where.
#[derive(Debug)]
pub struct Options {
    /// The repository.
    pub store: Arc<dyn Store>,
    /// Where it lies, for people.
    pub path: PathBuf,
    /// Addresses to listen on; port 0 takes any free one.
    pub addresses: Vec<SocketAddr>,
    /// Whether other machines may reach it without sign-in.
    pub is_insecure: bool,
    /// Whether sign-in is wanted although only this machine reaches it.
    pub wants_sign_in: bool,
    /// What is shown to clients, who all must speak TLS; without it none does.
    pub certificate: Option<Certificate>,
    /// Answers questions with checkpoints; without it nothing can be asked.
    pub answerer: Option<Arc<dyn Answerer>>,
    /// Keeps what was asked and answered; without it nothing is kept.
    pub keeper: Option<Arc<dyn Keeper>>,
}

/// A server that listens already.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    certificate: Option<Certificate>,
}

impl Server {
    /// Reads the repository's runs and listens.
    ///
    /// # Errors
    /// Any [`ServeError`].
    pub fn bind(options: Options) -> Result<Self, ServeError> {
        let Options { store, path, addresses, is_insecure, wants_sign_in, certificate, .. } = options;
        let open = addresses.iter().find(|address| !address.ip().is_loopback());
        let asked = if is_insecure { None } else { open.or(addresses.first().filter(|_| wants_sign_in)) };
        if let Some(address) = asked
            && store.tokens().map_err(ApiError::from)?.iter().all(Token::is_expired)
        {
            return Err(ServeError::Open { address: *address });
        }
        let sign_in = SignIn::new(asked.is_some(), certificate.is_some());
        let mut listeners = Vec::new();
        for address in addresses {
            listeners.push(listen(address)?);
        }
        let addresses = listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>();
        let addresses = addresses.map_err(|source| ServeError::Start { source })?;
        let app = Arc::new(App::open(store, path, (options.answerer, options.keeper), sign_in)?);
        Ok(Self { app, listeners, addresses, certificate })
    }

    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Answers until `is_stopped` says so; requests that are under way get a moment to end.
    ///
    /// # Errors
    /// [`ServeError::Start`].
    pub fn serve(self, is_stopped: impl Fn() -> bool + Send + 'static) -> Result<(), ServeError> {
        let start = |source| ServeError::Start { source };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("server")
            .enable_io()
            .enable_time()
            .build()
            .map_err(start)?;
        live::watch(&self.app).map_err(start)?;
        aim::keep(&self.app).map_err(start)?;
        let guard = Arc::new(Guard::new(self.addresses, self.certificate.clone()));
        let router = route::router(Arc::clone(&self.app), Arc::clone(&guard));
        let door = Arc::new(Door::new(router, guard, self.certificate));
        let app = self.app;
        runtime.block_on(async move {
            let (stop, _) = tokio::sync::watch::channel(false);
            let mut serving = Vec::new();
            for listener in self.listeners {
                listener.set_nonblocking(true).map_err(start)?;
                let listener = tokio::net::TcpListener::from_std(listener).map_err(start)?;
                serving.push(tokio::spawn(Arc::clone(&door).keep_open(listener, stop.subscribe())));
            }
            while !is_stopped() {
                tokio::time::sleep(LOOK).await;
            }
            app.live.end();
            stop.send_replace(true);
            let all = async {
                for served in serving {
                    // A listener that panicked has nothing more to serve.
                    let _ = served.await;
                }
            };
            // Whoever is not done by then is cut off.
            let _ = tokio::time::timeout(GRACE, all).await;
            aim::route::stop(&app);
            Ok(())
        })
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    match TcpListener::bind(address) {
        Ok(listener) => Ok(listener),
        Err(source) if source.kind() == ErrorKind::AddrInUse => {
            let next = (1..=100).filter_map(|more| address.port().checked_add(more));
            let free = next.into_iter().find(|port| TcpListener::bind((address.ip(), *port)).is_ok());
            Err(ServeError::InUse { address, free })
        }
        Err(source) => Err(ServeError::Listen { address, source }),
    }
}
