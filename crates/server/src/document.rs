//! The OpenAPI document of the interface, made from the routes and from what goes over the wire.
//!
//! What every route has in common (who may ask, what can go wrong) is added here once, and each error gets its shape.

use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{OpenApi, PartialSchema, ToSchema};

use crate::{
    answers, artifacts, ask, blob, complete, dto, edits, extract, fields, findings, info, ingest, labels,
    live, logs, objects, route, runs, search, series, session, texts, views,
};

/// Bytes that are no text.
#[derive(Debug)]
pub(crate) struct Binary;

impl PartialSchema for Binary {
    fn schema() -> RefOr<Schema> {
        let bytes = ObjectBuilder::new().schema_type(Type::String);
        bytes.format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))).into()
    }
}

impl ToSchema for Binary {}

/// What `GET /api/v1/search` looks for: every kind but runs, which have a route of their own.
#[derive(Debug)]
pub(crate) struct Searched;

impl PartialSchema for Searched {
    fn schema() -> RefOr<Schema> {
        let kinds = [
            "metrics",
            "texts",
            "images",
            "audios",
            "figures",
            "distributions",
            "log_records",
            "artifacts",
            "answers",
        ];
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(kinds)).into()
    }
}

impl ToSchema for Searched {}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Trailmark",
        description = "Everything that the pages of Trailmark do. Times are seconds since 1970 (UTC), steps are whole \
                       numbers, contexts are objects; NaN and infinities are the words `NaN`, `inf` and `-inf`. `docs/http.md` \
                       says more.",
    ),
    tags(
        (name = "Repository", description = "The repository as a whole."),
        (name = "Runs", description = "Runs, and what people say of them."),
        (name = "Series", description = "Numbers by step."),
        (name = "Texts and logs", description = "Texts, and what runs wrote to their terminals."),
        (name = "Objects and files", description = "Images, audio, figures, distributions, log records, files."),
        (name = "Answers", description = "Questions answered: recorded ones, and new ones."),
        (name = "Recording", description = "Runs that are recorded elsewhere."),
        (name = "Signing in", description = "Sessions of browsers; programs send a token with each request."),
    ),
    paths(
        info::info, info::home, fields::fields, complete::complete, views::list, views::keep, views::forget,
        labels::list, labels::set, live::listen, route::openapi,
        runs::list, runs::csv, runs::one, search::search, findings::findings, edits::edit,
        series::series, extract::extract, texts::texts, texts::whole, logs::logs, logs::search, logs::whole,
        objects::list, objects::steps, artifacts::list, blob::blob,
        answers::list::list, answers::list::steps, answers::compare::compare, answers::list::history, ask::models, ask::ask,
        ingest::append, ingest::put_blob, session::look, session::begin, session::end,
    ),
    components(schemas(dto::ErrorBody, dto::SeriesHeader, dto::Hello, dto::Changed)),
)]
struct Document;

/// Errors that any route may answer.
const ALWAYS: [(&str, &str, &str); 5] = [
    ("401", "NotSignedIn", "This server wants to know who asks, and does not."),
    (
        "403",
        "Forbidden",
        "Who asks may not do this, or the request names another host or comes from another's page.",
    ),
    ("429", "TooOften", "The token is used too often."),
    ("500", "Failed", "The server's own fault; its log says more."),
    ("503", "Busy", "Somebody else holds what is needed, or the disk is full: ask again later."),
];
/// Errors of routes that take parameters or a body.
const WRONG: (&str, &str, &str) =
    ("400", "Wrong", "A parameter, the query or the body makes no sense; for a query `position` says where.");
/// Errors of routes that take a body.
const LARGE: (&str, &str, &str) = ("413", "TooLarge", "The body is too large.");
const LATE: (&str, &str, &str) = ("408", "TooSlow", "The body does not come in time.");

/// The document of a server that wants to know who asks, or does not.
pub(crate) fn of(wants_sign_in: bool) -> Value {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    let components = &mut document["components"];
    for (_, name, description) in ALWAYS.into_iter().chain([WRONG, LARGE, LATE]) {
        components["responses"][name] = error(description);
    }
    components["securitySchemes"] = json!({"token": {
        "type": "http", "scheme": "bearer",
        "description": "A token, as `trailmark token create` makes one. Reading wants the scope `read`, recording and \
                        editing `track`, deleting `admin`.",
    }});
    if let Some(schemas) = components["schemas"].as_object_mut() {
        schemas.values_mut().for_each(|schema| each_schema(schema, &mut bounded));
        if let Some(edit) = schemas.get_mut("Edit") {
            closed(edit);
        }
    }
    if wants_sign_in {
        document["security"] = json!([{"token": []}]);
    }
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::iter_mut);
    for (path, methods) in paths {
        for operation in methods.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let is_open = path.ends_with("/session") || path.ends_with("/openapi.json");
            complete_operation(operation, is_open);
        }
    }
    document
}

/// Adds to a route what it does not say itself.
fn complete_operation(operation: &mut Value, is_open: bool) {
    let mut common: Vec<_> = ALWAYS.to_vec();
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    let has_parameters = parameters.is_some();
    for parameter in parameters.into_iter().flatten() {
        // What is not there is left out of an address: nothing in it is null.
        each_schema(&mut parameter["schema"], &mut |schema| {
            with_default(schema);
            present(schema);
            bounded(schema);
        });
    }
    let has_body = operation.get("requestBody").is_some();
    common.extend((has_parameters || has_body).then_some(WRONG));
    common.extend([LARGE, LATE].into_iter().filter(|_| has_body));
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses.iter_mut() {
        if status.starts_with('4') && response.get("content").is_none() {
            let description = response["description"].as_str().unwrap_or_default().to_owned();
            *response = error(&description);
        }
    }
    for (status, name, _) in common {
        let named = || json!({"$ref": format!("#/components/responses/{name}")});
        responses.entry(status).or_insert_with(named);
    }
    responses.sort_keys();
    if is_open {
        operation["security"] = json!([]);
    }
}

fn error(description: &str) -> Value {
    let body = json!({"schema": {"$ref": "#/components/schemas/ErrorBody"}});
    json!({"description": description, "content": {"application/json": body}})
}

/// Calls for a schema and every schema inside it.
fn each_schema(schema: &mut Value, call: &mut impl FnMut(&mut Map<String, Value>)) {
    match schema {
        Value::Object(map) => {
            call(map);
            let inner = map.iter_mut().filter(|(key, _)| *key != "example" && *key != "examples");
            inner.for_each(|(_, value)| each_schema(value, call));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| each_schema(value, call)),
        _ => {}
    }
}

/// Puts a default into the type that it is of; beside an inlined type it stands alone.
fn with_default(schema: &mut Map<String, Value>) {
    let Some(Value::Array(all)) = schema.get("allOf") else { return };
    let [Value::Object(of), Value::Object(said)] = all.as_slice() else { return };
    if let Some(default) = said.get("default") {
        let (of, default) = (of.clone(), default.clone());
        schema.remove("allOf");
        schema.extend(of);
        schema.insert("default".to_owned(), default);
    }
}

/// Takes null from the types of a schema.
fn present(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(either)) = schema.get_mut("oneOf") {
        either.retain(|one| one["type"] != "null");
        if let [Value::Object(one)] = either.as_mut_slice() {
            let one = std::mem::take(one);
            schema.remove("oneOf");
            schema.extend(one);
        }
    }
}

/// Says what a whole number of 64 bits can be.
fn bounded(schema: &mut Map<String, Value>) {
    if schema.get("format").and_then(Value::as_str) != Some("int64") {
        return;
    }
    let (least, most) = match schema.get("minimum") {
        Some(_) => (json!(0), json!(u64::MAX)),
        None => (json!(i64::MIN), json!(i64::MAX)),
    };
    schema.entry("minimum").or_insert(least);
    schema.entry("maximum").or_insert(most);
}

/// Says that each of several shapes has no other fields.
fn closed(schema: &mut Value) {
    for one in schema["oneOf"].as_array_mut().into_iter().flatten() {
        one["additionalProperties"] = json!(false);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Method and path of every route of the document.
    fn named(document: &Value) -> BTreeSet<(String, String)> {
        let paths = document["paths"].as_object().unwrap();
        let methods = |(path, item): (&String, &Value)| {
            let names: Vec<String> = item.as_object().unwrap().keys().cloned().collect();
            names.into_iter().map(|name| (name, path.clone())).collect::<Vec<_>>()
        };
        paths.iter().flat_map(methods).collect()
    }

    #[test]
    fn the_document_names_every_route_and_no_other() {
        let listed = route::listed();
        let routes = listed.routes.iter();
        let routes: BTreeSet<_> =
            routes.map(|(method, path)| ((*method).to_owned(), format!("{}{path}", route::PREFIX))).collect();
        assert!(routes.len() > 35);
        assert_eq!(named(&of(false)), routes);
    }

    #[test]
    fn every_route_says_what_it_is_and_what_can_go_wrong() {
        let document = of(true);
        assert_eq!(document["openapi"], "3.1.0");
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = format!("{method} {path}");
                assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{name}");
                assert!(!operation["summary"].as_str().unwrap().is_empty(), "{name}");
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    assert!(parameter["description"].is_string(), "{name}: {parameter}");
                    assert!(!parameter.to_string().contains("null"), "{name}: {parameter}");
                }
                let responses = operation["responses"].as_object().unwrap();
                for status in ["401", "403", "429", "500", "503"] {
                    assert!(responses.contains_key(status), "{name}: {status}");
                }
                let refers = |response: &Value| response["$ref"].is_string();
                let has_shape =
                    |response: &Value| response["content"]["application/json"]["schema"]["$ref"].is_string();
                for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('2')) {
                    let is_known = refers(response) || has_shape(response) || status.starts_with('3');
                    assert!(is_known || status == "416", "{name}: {status}");
                }
            }
        }
    }

    #[test]
    fn every_name_that_is_referred_to_is_there() {
        let document = of(true);
        let mut names = Vec::new();
        let mut copy = document.clone();
        each_schema(&mut copy, &mut |schema| {
            names.extend(schema.get("$ref").and_then(Value::as_str).map(str::to_owned));
        });
        assert!(names.len() > 100);
        for name in names {
            assert!(document.pointer(name.trim_start_matches('#')).is_some(), "{name}");
        }
    }

    #[test]
    fn only_a_server_that_wants_it_asks_for_a_token() {
        assert_eq!(of(true)["security"], json!([{"token": []}]));
        assert_eq!(of(false).get("security"), None);
        assert_eq!(of(true)["paths"]["/api/v1/session"]["post"]["security"], json!([]));
    }
}
