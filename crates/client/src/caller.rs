//! What every request to a server has in common: whom it goes to, who we say we are, how long we wait.

use std::time::Duration;

use ureq::typestate::{WithBody, WithoutBody};
use ureq::{Agent, Proxy, RequestBuilder};

use crate::Server;

/// How long a server may take to be reached.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls one server.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    server: Server,
    /// What the header says that makes us known there, for a server that wants to know.
    bearer: Option<String>,
    agent: Agent,
}

impl Caller {
    /// Nothing is sent yet. `longest` is how long a request may take with everything that it brings.
    pub(crate) fn new(server: Server, longest: Option<Duration>) -> Self {
        // What runs on this machine is not asked through a proxy.
        let is_here = ["://127.", "://localhost", "://[::1]"].iter().any(|here| server.url().contains(here));
        let proxy = if is_here { None } else { Proxy::try_from_env() };
        let config = Agent::config_builder()
            .proxy(proxy)
            .tls_config(server.tls().clone())
            .timeout_global(longest)
            .timeout_connect(Some(PATIENCE))
            .http_status_as_error(false)
            .max_idle_connections_per_host(1);
        let given = server.token().map(|token| token.0.clone());
        let set = || std::env::var("TRAILMARK_TOKEN").ok().filter(|token| !token.is_empty());
        let token = given.or_else(set);
        let bearer = token.map(|token| format!("Bearer {}", token.trim()));
        Self { server, bearer, agent: Agent::new_with_config(config.build()) }
    }

    /// Whom it calls.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Asks for something.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder<WithoutBody> {
        self.known(self.agent.get(self.url(path)))
    }

    /// Looks whether something is there.
    pub(crate) fn head(&self, path: &str) -> RequestBuilder<WithoutBody> {
        self.known(self.agent.head(self.url(path)))
    }

    /// Sends what is worked on.
    pub(crate) fn post(&self, path: &str) -> RequestBuilder<WithBody> {
        self.known(self.agent.post(self.url(path)))
    }

    /// Sends what is kept.
    pub(crate) fn put(&self, path: &str) -> RequestBuilder<WithBody> {
        self.known(self.agent.put(self.url(path)))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    /// A request that says who we are.
    fn known<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.bearer {
            Some(bearer) => request.header("authorization", bearer),
            None => request,
        }
    }
}
