//! Where the parts of a schema are: by address, by anchor and by JSON Pointer.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::Problem;
use super::uri::{percent_decode, resolve, split_fragment};

/// A version of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Draft {
    V4,
    V6,
    V7,
    V2019,
    V2020,
}

impl Draft {
    /// The version whose metaschema has this address.
    fn of(schema: &str) -> Option<Self> {
        let address = schema.strip_suffix('#').unwrap_or(schema);
        let address = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"))?;
        Some(match address.strip_prefix("json-schema.org/")? {
            "draft-04/schema" => Self::V4,
            "draft-06/schema" => Self::V6,
            "draft-07/schema" => Self::V7,
            "draft/2019-09/schema" => Self::V2019,
            "draft/2020-12/schema" | "schema" => Self::V2020,
            _ => return None,
        })
    }
}

/// A schema with an address of its own, and what can be named in it. The first one is the whole document.
pub struct Resource<'a> {
    pub draft: Draft,
    uri: String,
    root: Spot<'a>,
    anchors: HashMap<&'a str, Spot<'a>>,
    /// Anchors that a schema around this one may replace: those of `$dynamicAnchor`, and the empty one of `$recursiveAnchor`.
    pub dynamic: HashMap<&'a str, Spot<'a>>,
}

/// A schema in the document.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    pub json: &'a Json,
    /// The index of the resource that it belongs to.
    pub resource: usize,
    /// JSON Pointer from the document's root.
    pub location: String,
}

impl Spot<'_> {
    /// What is the same for the same place in the document.
    pub fn id(&self) -> *const Json {
        self.json
    }
}

/// All resources of a document.
pub struct Index<'a> {
    pub resources: Vec<Resource<'a>>,
    by_uri: HashMap<String, usize>,
    /// The resource of every schema that the walk met.
    of: HashMap<*const Json, usize>,
}

/// Keywords whose value is a schema, or in some drafts a list of them.
const ONE: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords whose value is a list of schemas.
const LIST: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems"];

/// Keywords whose value is an object of schemas.
const MAP: &[&str] = &["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

impl<'a> Index<'a> {
    /// The root is the first resource.
    pub fn new(json: &'a Json) -> Result<Self, Problem> {
        let root = Spot { json, resource: 0, location: String::new() };
        let whole = Resource {
            draft: Draft::V2020,
            uri: String::new(),
            root: root.clone(),
            anchors: HashMap::new(),
            dynamic: HashMap::new(),
        };
        let mut index =
            Self { resources: vec![whole], by_uri: HashMap::from([(String::new(), 0)]), of: HashMap::new() };
        index.walk(root)?;
        Ok(index)
    }

    /// Takes down a schema and those in it: at most as many levels as the parser of JSON lets through.
    fn walk(&mut self, mut spot: Spot<'a>) -> Result<(), Problem> {
        if let Json::Object(object) = spot.json {
            self.name(&mut spot, object)?;
            for (keyword, value) in object {
                let location = join(&spot.location, keyword);
                let children: Vec<(String, &'a Json)> = match value {
                    Json::Object(_) | Json::Bool(_) if ONE.contains(&&**keyword) => vec![(location, value)],
                    Json::Array(list) if LIST.contains(&&**keyword) || keyword == "items" => {
                        list.iter().enumerate().map(|(place, json)| (format!("{location}/{place}"), json)).collect()
                    }
                    Json::Object(map) if MAP.contains(&&**keyword) => {
                        map.iter().map(|(name, json)| (join(&location, name), json)).collect()
                    }
                    _ => continue,
                };
                for (location, json) in children {
                    self.walk(Spot { json, resource: spot.resource, location })?;
                }
            }
        }
        self.of.insert(spot.id(), spot.resource);
        Ok(())
    }

    /// Takes down by which names a schema can be found; it may be a resource of its own.
    fn name(&mut self, spot: &mut Spot<'a>, object: &'a Map<String, Json>) -> Result<(), Problem> {
        let text = |key: &str| object.get(key).and_then(Json::as_str);
        let is_root = spot.location.is_empty();
        let mut draft = self.resources[spot.resource].draft;
        let known_id = |draft| if draft == Draft::V4 { "id" } else { "$id" };
        if let Some(schema) = text("$schema").filter(|_| is_root || text("$id").or(text("id")).is_some()) {
            draft = Draft::of(schema).ok_or_else(|| {
                let expected = "expected that of draft 4, 6, 7, 2019-09 or 2020-12";
                Problem::at(&join(&spot.location, "$schema"), &format!("`{schema}` is no known `$schema`, {expected}"))
            })?;
        }
        if is_root {
            self.resources[0].draft = draft;
        }
        // Until draft 7 nothing beside a reference counts.
        if draft <= Draft::V7 && object.contains_key("$ref") {
            return Ok(());
        }
        let (address, fragment) = text(known_id(draft)).map_or(("", ""), split_fragment);
        if !address.is_empty() {
            let uri = resolve(&self.resources[spot.resource].uri, address);
            if is_root {
                self.resources[0].uri.clone_from(&uri);
            } else {
                spot.resource = self.resources.len();
                self.resources.push(Resource {
                    draft,
                    uri: uri.clone(),
                    root: spot.clone(),
                    anchors: HashMap::new(),
                    dynamic: HashMap::new(),
                });
            }
            self.by_uri.entry(uri).or_insert(spot.resource);
        }
        let resource = &mut self.resources[spot.resource];
        if draft <= Draft::V7 {
            if !fragment.is_empty() {
                resource.anchors.insert(fragment, spot.clone());
            }
            return Ok(());
        }
        if let Some(anchor) = text("$anchor") {
            resource.anchors.insert(anchor, spot.clone());
        }
        if let Some(anchor) = text("$dynamicAnchor").filter(|_| draft == Draft::V2020) {
            resource.anchors.insert(anchor, spot.clone());
            resource.dynamic.insert(anchor, spot.clone());
        }
        if draft == Draft::V2019 && object.get("$recursiveAnchor") == Some(&Json::Bool(true)) {
            resource.dynamic.insert("", spot.clone());
        }
        Ok(())
    }

    /// What is below a schema at `keyword`.
    pub fn below(&self, spot: &Spot<'a>, json: &'a Json, location: String) -> Spot<'a> {
        let resource = self.of.get(&std::ptr::from_ref(json)).copied().unwrap_or(spot.resource);
        Spot { json, resource, location }
    }

    /// What a reference in `from` means.
    ///
    /// * `location` - of the keyword, for the error
    ///
    /// # Errors
    /// A reference that leads out of the document or nowhere.
    pub fn find(&mut self, from: &Spot<'a>, reference: &str, location: &str) -> Result<Spot<'a>, Problem> {
        let (address, fragment) = split_fragment(reference);
        let uri = resolve(&self.resources[from.resource].uri, address);
        let Some(resource) = self.by_uri.get(&uri).map(|resource| &self.resources[*resource]) else {
            let reason = format!("`{uri}` is not in this document; references to other documents are not followed");
            return Err(Problem::at(location, &reason));
        };
        let nowhere = || Problem::at(location, &format!("the reference `{reference}` leads nowhere"));
        let fragment = percent_decode(fragment).ok_or_else(nowhere)?;
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return resource.anchors.get(&*fragment).cloned().ok_or_else(nowhere);
        }
        let mut spot = resource.root.clone();
        for token in fragment.split('/').skip(1) {
            let json = match spot.json {
                Json::Object(object) => object.get(&token.replace("~1", "/").replace("~0", "~")),
                Json::Array(array) => token.parse().ok().and_then(|place: usize| array.get(place)),
                _ => None,
            };
            let location = format!("{}/{token}", spot.location);
            spot = self.below(&spot, json.ok_or_else(nowhere)?, location);
        }
        if !self.of.contains_key(&spot.id()) {
            // In a place where no keyword has a schema: what is named in there is not known yet.
            self.walk(spot.clone())?;
        }
        Ok(spot)
    }
}

/// A JSON Pointer with one more token.
pub fn join(location: &str, token: &str) -> String {
    [location, "/", &token.replace('~', "~0").replace('/', "~1")].concat()
}
