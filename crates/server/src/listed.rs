//! A router that remembers what it was given: the document of the interface is held against it.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, on};

use crate::app::App;

type Shared = Arc<App>;

/// Routes with their methods.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) router: Router<Shared>,
    /// Method in lower case and path, in the order in which they were given.
    #[cfg(test)]
    pub(crate) routes: Vec<(&'static str, &'static str)>,
}

impl Listed {
    pub(crate) fn get<T: 'static>(self, path: &'static str, handler: impl Handler<T, Shared>) -> Self {
        self.add((MethodFilter::GET, "get"), path, handler)
    }

    pub(crate) fn post<T: 'static>(self, path: &'static str, handler: impl Handler<T, Shared>) -> Self {
        self.add((MethodFilter::POST, "post"), path, handler)
    }

    pub(crate) fn put<T: 'static>(self, path: &'static str, handler: impl Handler<T, Shared>) -> Self {
        self.add((MethodFilter::PUT, "put"), path, handler)
    }

    pub(crate) fn delete<T: 'static>(self, path: &'static str, handler: impl Handler<T, Shared>) -> Self {
        self.add((MethodFilter::DELETE, "delete"), path, handler)
    }

    #[cfg_attr(not(test), expect(unused_variables, reason = "only the test wants names"))]
    fn add<T: 'static>(
        mut self,
        (filter, name): (MethodFilter, &'static str),
        path: &'static str,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        #[cfg(test)]
        self.routes.push((name, path));
        self.router = self.router.route(path, on(filter, handler));
        self
    }
}
