//! SQLink extension `yaml_toml`: YAML 1.2 and TOML 1.0 to JSON and back.
//!
//! Members keep their order and numbers their digits. Everything is deterministic and innocuous, imports nothing but the
//! log, and keeps nothing between calls.
#![forbid(unsafe_code)]

mod document;
mod json;
mod scalar;
mod toml;
mod yaml;

use document::{extract, not_a, parse};
use json::Json;
use sqlink_guest::prelude::*;

/// The YAML document as JSON.
#[scalar(deterministic, innocuous)]
fn yaml_to_json(yaml: &str) -> Result<String, Error> {
    single("yaml_to_json", yaml).map(|json| json.to_string())
}

/// All documents of a YAML stream, as a JSON array.
#[scalar(deterministic, innocuous)]
fn yaml_to_json_all(yaml: &str) -> Result<String, Error> {
    documents("yaml_to_json_all", yaml).map(|documents| Json::Array(documents).to_string())
}

/// The JSON as YAML in block style.
#[scalar(deterministic, innocuous)]
fn json_to_yaml(json: &str) -> Result<String, Error> {
    parse("json_to_yaml", json).map(|json| yaml::write(&json))
}

/// True if the text is YAML that has a JSON: any number of documents.
#[scalar(deterministic, innocuous)]
fn yaml_valid(yaml: &str) -> bool {
    yaml::read(yaml).is_ok()
}

/// What the JSON Pointer leads to in a YAML document, as an SQL value; NULL if it leads nowhere.
#[scalar(deterministic, innocuous)]
fn yaml_extract(yaml: &str, pointer: &str) -> Result<Value, Error> {
    extract("yaml_extract", &single("yaml_extract", yaml)?, pointer)
}

/// The TOML document as JSON.
#[scalar(deterministic, innocuous)]
fn toml_to_json(toml: &str) -> Result<String, Error> {
    table("toml_to_json", toml).map(|json| json.to_string())
}

/// The JSON object as TOML.
#[scalar(deterministic, innocuous)]
fn json_to_toml(json: &str) -> Result<String, Error> {
    const FUNCTION: &str = "json_to_toml";
    toml::write(parse(FUNCTION, json)?)
        .map_err(|reason| Error::new(Error::ERROR, ["function `", FUNCTION, "`: ", &reason].concat()))
}

/// True if the text is TOML.
#[scalar(deterministic, innocuous)]
fn toml_valid(toml: &str) -> bool {
    toml::read(toml).is_ok()
}

/// What the JSON Pointer leads to in a TOML document, as an SQL value; NULL if it leads nowhere.
#[scalar(deterministic, innocuous)]
fn toml_extract(toml: &str, pointer: &str) -> Result<Value, Error> {
    extract("toml_extract", &table("toml_extract", toml)?, pointer)
}

fn documents(function: &str, yaml: &str) -> Result<Vec<Json>, Error> {
    yaml::read(yaml).map_err(|refusal| {
        let error = not_a(function, 1, "YAML with a JSON", &refusal.reason);
        Error::new(refusal.code, error.message())
    })
}

/// The one document of a stream; an empty stream is null.
fn single(function: &str, yaml: &str) -> Result<Json, Error> {
    let mut documents = documents(function, yaml)?;
    match documents.len() {
        0 | 1 => Ok(documents.pop().unwrap_or(Json::Null)),
        found => {
            let found = found.to_string();
            let message =
                ["function `", function, "`: expected one YAML document, found ", &found, ": use `yaml_to_json_all`"];
            Err(Error::new(Error::ERROR, message.concat()))
        }
    }
}

fn table(function: &str, toml: &str) -> Result<Json, Error> {
    toml::read(toml).map_err(|reason| not_a(function, 1, "TOML", &reason))
}

extension! {
    name: "yaml_toml",
    description: "YAML and TOML to JSON and back.",
    functions: [
        yaml_to_json, yaml_to_json_all, json_to_yaml, yaml_valid, yaml_extract, toml_to_json, json_to_toml, toml_valid,
        toml_extract,
    ],
}

#[cfg(test)]
mod tests;
