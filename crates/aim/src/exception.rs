//! What a client raises: it imports the named class and calls it with the arguments.
//!
//! Only classes of Python itself and of `aim.sdk.errors` are named, so that a client of ours imports nothing else.

use serde_json::{Value as Json, json};

use crate::Node;

/// An exception for the client to raise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    module: &'static str,
    class: &'static str,
    message: Option<String>,
}

impl Exception {
    /// There is nothing at a path.
    pub fn missing_key(message: String) -> Self {
        Self { module: "builtins", class: "KeyError", message: Some(message) }
    }

    /// There is no first key.
    pub fn stop_iteration() -> Self {
        Self { module: "builtins", class: "StopIteration", message: None }
    }

    /// An argument makes no sense.
    pub fn value(message: String) -> Self {
        Self { module: "builtins", class: "ValueError", message: Some(message) }
    }

    /// Anything else.
    pub fn runtime(message: String) -> Self {
        Self { module: "builtins", class: "RuntimeError", message: Some(message) }
    }

    /// The run is being recorded by another client.
    pub fn locked(message: String) -> Self {
        Self { module: "aim.sdk.errors", class: "RunLockingError", message: Some(message) }
    }

    /// There is no such run.
    pub fn missing_run(message: String) -> Self {
        Self { module: "aim.sdk.errors", class: "MissingRunError", message: Some(message) }
    }

    /// What people read.
    pub fn message(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }

    /// The class that is raised.
    pub fn class(&self) -> &'static str {
        self.class
    }

    /// The body of an answer with status 400.
    pub fn to_json(&self) -> Json {
        // The arguments are JSON within JSON.
        let arguments = Json::from_iter(self.message.iter().map(String::as_str)).to_string();
        json!({"exception": {
            "module_name": self.module, "class_name": self.class, "args": arguments, "message": self.message(),
        }})
    }

    /// As a tree.
    pub fn to_node(&self) -> Node {
        let arguments = Json::from_iter(self.message.iter().map(String::as_str)).to_string();
        Node::map([
            ("module_name", Node::text(self.module)),
            ("class_name", Node::text(self.class)),
            ("args", Node::Text(arguments)),
            ("message", Node::text(self.message())),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_json_within_json() {
        let json = Exception::missing_key("no key \"x\"".to_owned()).to_json();
        assert_eq!(json["exception"]["args"], r#"["no key \"x\""]"#);
        assert_eq!(Exception::stop_iteration().to_json()["exception"]["args"], "[]");
    }
}
