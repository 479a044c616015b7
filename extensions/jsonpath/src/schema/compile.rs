//! Compiling a schema: every keyword is checked once, and references become the nodes they lead to.

use core::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use regex::Regex;
use serde_json::{Map, Number, Value as Json};

use super::Problem;
use super::index::{Draft, Index, Spot, join};
use super::keyword::{Allowed, Keyword, Node, NodeId, Sized, Types};
use super::number;
use super::pattern::Patterns;

/// A compiled document.
pub struct Graph {
    /// The first one is the document's root.
    pub nodes: Vec<Node>,
    /// For each resource the nodes of its dynamic anchors.
    pub dynamic: Vec<BTreeMap<String, NodeId>>,
}

/// Compiles a whole document, as far as its root refers to it.
///
/// # Errors
/// What is no schema, and references that lead out of it.
pub fn compile(json: &Json) -> Result<Graph, Problem> {
    let mut compiler =
        Compiler { index: Index::new(json)?, ids: HashMap::new(), spots: Vec::new(), patterns: Patterns::default() };
    let mut nodes = Vec::new();
    compiler.node(Spot { json, resource: 0, location: String::new() });
    let mut dynamic = Vec::new();
    // Not by recursion: references may follow one another as long as the schema is.
    while let Some(spot) = compiler.spots.get(nodes.len()).cloned() {
        nodes.push(compiler.compile(&spot)?);
        // Nothing refers to a dynamic anchor by its place, and any may be meant.
        while dynamic.len() < compiler.index.resources.len() {
            let anchors = compiler.index.resources[dynamic.len()].dynamic.clone();
            dynamic.push(anchors.into_iter().map(|(name, spot)| (name.to_owned(), compiler.node(spot))).collect());
        }
    }
    Ok(Graph { nodes, dynamic })
}

struct Compiler<'a> {
    index: Index<'a>,
    ids: HashMap<*const Json, NodeId>,
    /// What each node is compiled from.
    spots: Vec<Spot<'a>>,
    patterns: Patterns,
}

/// An object that is a schema.
#[derive(Clone, Copy)]
struct Source<'s, 'a> {
    object: &'a Map<String, Json>,
    spot: &'s Spot<'a>,
}

impl<'a> Source<'_, 'a> {
    fn location(self, keyword: &str) -> String {
        join(&self.spot.location, keyword)
    }

    fn expected(self, keyword: &str, what: &str) -> Problem {
        Problem::at(&self.location(keyword), &format!("expected {what}"))
    }

    /// A keyword's value, if it is there, as what it has to be.
    fn value<T>(
        self,
        keyword: &str,
        what: &str,
        read: impl FnOnce(&'a Json) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let read = |json| read(json).ok_or_else(|| self.expected(keyword, what));
        self.object.get(keyword).map(read).transpose()
    }

    fn number(self, keyword: &str) -> Result<Option<Number>, Problem> {
        self.value(
            keyword,
            "a number",
            |json| if let Json::Number(number) = json { Some(number.clone()) } else { None },
        )
    }

    fn count(self, keyword: &str) -> Result<Option<u64>, Problem> {
        let count = |json: &Json| if let Json::Number(number) = json { number::to_count(number) } else { None };
        self.value(keyword, "an integer from 0 on", count)
    }

    fn truth(self, keyword: &str) -> Result<bool, Problem> {
        Ok(self.value(keyword, "true or false", Json::as_bool)?.unwrap_or(false))
    }

    fn map(self, keyword: &str) -> Result<Option<&'a Map<String, Json>>, Problem> {
        self.value(keyword, "an object", Json::as_object)
    }
}

fn strings(json: &Json) -> Option<Vec<String>> {
    json.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

impl<'a> Compiler<'a> {
    /// The node of a schema, which is compiled later if it is new.
    fn node(&mut self, spot: Spot<'a>) -> NodeId {
        *self.ids.entry(spot.id()).or_insert_with(|| {
            self.spots.push(spot);
            self.spots.len() - 1
        })
    }

    fn below(&mut self, source: Source<'_, 'a>, json: &'a Json, location: String) -> NodeId {
        let spot = self.index.below(source.spot, json, location);
        self.node(spot)
    }

    /// A keyword whose value is a schema.
    fn one(&mut self, source: Source<'_, 'a>, keyword: &str) -> Option<NodeId> {
        let json = source.object.get(keyword)?;
        Some(self.below(source, json, source.location(keyword)))
    }

    /// A keyword whose value is a list of schemas.
    fn list(&mut self, source: Source<'_, 'a>, keyword: &str) -> Result<Option<Vec<NodeId>>, Problem> {
        let array = source.value(keyword, "an array of schemas, at least one", |json| {
            json.as_array().filter(|array| !array.is_empty() || keyword == "items")
        })?;
        Ok(array.map(|array| {
            let location = source.location(keyword);
            let items = array.iter().enumerate();
            items.map(|(place, json)| self.below(source, json, format!("{location}/{place}"))).collect()
        }))
    }

    fn regex(&mut self, pattern: &str, location: &str) -> Result<Regex, Problem> {
        let refuse = |reason: String| Problem::at(location, &["expected a regular expression: ", &reason].concat());
        self.patterns.compile(pattern).map_err(refuse)
    }

    fn compile(&mut self, spot: &Spot<'a>) -> Result<Node, Problem> {
        let mut node = Node { resource: spot.resource, keywords: Vec::new(), unevaluated: false };
        let draft = self.index.resources[spot.resource].draft;
        match spot.json {
            Json::Bool(true) => {}
            Json::Bool(false) => node.keywords.push(Keyword::Never),
            Json::Object(object) => {
                let source = Source { object, spot };
                let keywords = &mut node.keywords;
                self.references(source, draft, keywords)?;
                // Until draft 7 nothing beside a reference counts.
                if draft > Draft::V7 || !object.contains_key("$ref") {
                    values(source, draft, keywords)?;
                    if let Some(pattern) = source.value("pattern", "a regular expression as text", Json::as_str)? {
                        keywords.push(Keyword::Pattern(self.regex(pattern, &source.location("pattern"))?));
                    }
                    self.arrays(source, draft, keywords)?;
                    self.objects(source, draft, keywords)?;
                    self.combinations(source, draft, keywords)?;
                    if draft >= Draft::V2019 {
                        let last = keywords.len();
                        keywords.extend(self.one(source, "unevaluatedItems").map(Keyword::UnevaluatedItems));
                        keywords.extend(self.one(source, "unevaluatedProperties").map(Keyword::UnevaluatedProperties));
                        node.unevaluated = keywords.len() > last;
                    }
                }
            }
            _ => return Err(Problem::at(&spot.location, "expected an object, true or false")),
        }
        Ok(node)
    }

    fn references(&mut self, source: Source<'_, 'a>, draft: Draft, keywords: &mut Vec<Keyword>) -> Result<(), Problem> {
        let mut find = |keyword: &str| -> Result<_, Problem> {
            let Some(reference) = source.value(keyword, "a reference as text", Json::as_str)? else { return Ok(None) };
            let spot = self.index.find(source.spot, reference, &source.location(keyword))?;
            Ok(Some((reference, spot)))
        };
        let plain = find("$ref")?;
        let dynamic = match draft {
            Draft::V2019 => find("$recursiveRef")?.map(|(_, spot)| ("$recursiveRef", "", spot)),
            Draft::V2020 => find("$dynamicRef")?.map(|(reference, spot)| {
                ("$dynamicRef", reference.split_once('#').map_or("", |(_, fragment)| fragment), spot)
            }),
            _ => None,
        };
        if let Some((_, spot)) = plain {
            keywords.push(Keyword::Ref(self.node(spot)));
        }
        if let Some((keyword, anchor, spot)) = dynamic {
            // It is dynamic only if it leads to a dynamic anchor to begin with.
            let is_dynamic =
                self.index.resources[spot.resource].dynamic.get(anchor).is_some_and(|a| a.id() == spot.id());
            let schema = self.node(spot);
            let anchor = anchor.to_owned();
            keywords.push(if is_dynamic {
                Keyword::DynamicRef { keyword, anchor, schema }
            } else {
                Keyword::Ref(schema)
            });
        }
        Ok(())
    }

    fn arrays(&mut self, source: Source<'_, 'a>, draft: Draft, keywords: &mut Vec<Keyword>) -> Result<(), Problem> {
        size(source, keywords, Sized::Items, "maxItems", Ordering::is_le)?;
        size(source, keywords, Sized::Items, "minItems", Ordering::is_ge)?;
        if source.truth("uniqueItems")? {
            keywords.push(Keyword::UniqueItems);
        }
        let (first, rest) = if draft == Draft::V2020 {
            (("prefixItems", self.list(source, "prefixItems")?), "items")
        } else if source.object.get("items").is_some_and(Json::is_array) {
            (("items", self.list(source, "items")?), "additionalItems")
        } else {
            (("items", None), "items")
        };
        let rest = self.one(source, rest).map(|schema| (rest, schema));
        if first.1.is_some() || rest.is_some() {
            keywords.push(Keyword::Items { first: (first.0, first.1.unwrap_or_default()), rest });
        }
        if draft >= Draft::V6
            && let Some(schema) = self.one(source, "contains")
        {
            let counts = draft >= Draft::V2019;
            let count = |keyword| if counts { source.count(keyword) } else { Ok(None) };
            let (min, max) = (count("minContains")?.unwrap_or(1), count("maxContains")?);
            keywords.push(Keyword::Contains { schema, min, max, evaluates: draft == Draft::V2020 });
        }
        Ok(())
    }

    fn objects(&mut self, source: Source<'_, 'a>, draft: Draft, keywords: &mut Vec<Keyword>) -> Result<(), Problem> {
        const NAMES: &str = "an array of property names";
        size(source, keywords, Sized::Properties, "maxProperties", Ordering::is_le)?;
        size(source, keywords, Sized::Properties, "minProperties", Ordering::is_ge)?;
        keywords.extend(source.value("required", NAMES, strings)?.map(Keyword::Required));
        let mut named = BTreeMap::new();
        for (name, json) in source.map("properties")?.into_iter().flatten() {
            let location = join(&source.location("properties"), name);
            named.insert(name.clone(), self.below(source, json, location));
        }
        let mut matching = Vec::new();
        for (name, json) in source.map("patternProperties")?.into_iter().flatten() {
            let location = join(&source.location("patternProperties"), name);
            let regex = self.regex(name, &location)?;
            matching.push((name.clone(), regex, self.below(source, json, location)));
        }
        let additional = self.one(source, "additionalProperties");
        if !named.is_empty() || !matching.is_empty() || additional.is_some() {
            keywords.push(Keyword::Properties { named, matching, additional });
        }
        if draft >= Draft::V6 {
            keywords.extend(self.one(source, "propertyNames").map(Keyword::PropertyNames));
        }
        let (names, schemas) = if draft >= Draft::V2019 {
            ("dependentRequired", "dependentSchemas")
        } else {
            ("dependencies", "dependencies")
        };
        let mut required = Vec::new();
        for (name, json) in
            source.map(names)?.into_iter().flatten().filter(|(_, json)| json.is_array() || names != schemas)
        {
            let needed = strings(json);
            required.push((name.clone(), needed.ok_or_else(|| source.expected(names, NAMES))?));
        }
        if !required.is_empty() {
            keywords.push(Keyword::DependentRequired(names, required));
        }
        let mut dependent = Vec::new();
        for (name, json) in
            source.map(schemas)?.into_iter().flatten().filter(|(_, json)| !json.is_array() || names != schemas)
        {
            let location = join(&source.location(schemas), name);
            dependent.push((name.clone(), self.below(source, json, location)));
        }
        if !dependent.is_empty() {
            keywords.push(Keyword::DependentSchemas(schemas, dependent));
        }
        Ok(())
    }

    fn combinations(
        &mut self,
        source: Source<'_, 'a>,
        draft: Draft,
        keywords: &mut Vec<Keyword>,
    ) -> Result<(), Problem> {
        keywords.extend(self.list(source, "allOf")?.map(Keyword::AllOf));
        keywords.extend(self.list(source, "anyOf")?.map(Keyword::AnyOf));
        keywords.extend(self.list(source, "oneOf")?.map(Keyword::OneOf));
        keywords.extend(self.one(source, "not").map(Keyword::Not));
        if draft >= Draft::V7
            && let Some(schema) = self.one(source, "if")
        {
            let (then, otherwise) = (self.one(source, "then"), self.one(source, "else"));
            keywords.push(Keyword::If { schema, then, otherwise });
        }
        Ok(())
    }
}

fn size(
    source: Source<'_, '_>,
    keywords: &mut Vec<Keyword>,
    of: Sized,
    keyword: &'static str,
    allowed: Allowed,
) -> Result<(), Problem> {
    keywords.extend(source.count(keyword)?.map(|limit| Keyword::Size { keyword, of, allowed, limit }));
    Ok(())
}

/// The keywords on single values, but for `pattern`.
fn values(source: Source<'_, '_>, draft: Draft, keywords: &mut Vec<Keyword>) -> Result<(), Problem> {
    let types = |json: &Json| {
        let one = |name: &Json, types: &mut Types| types.add(name.as_str()?).then_some(());
        let mut types = Types::default();
        match json {
            Json::Array(names) => names.iter().try_for_each(|name| one(name, &mut types))?,
            name => one(name, &mut types)?,
        }
        Some(types)
    };
    keywords.extend(source.value("type", "the name of a type or an array of them", types)?.map(Keyword::Type));
    keywords.extend(source.value("enum", "an array", Json::as_array)?.map(|values| Keyword::Enum(values.clone())));
    if draft >= Draft::V6 {
        keywords.extend(source.object.get("const").map(|value| Keyword::Const(value.clone())));
    }
    if let Some(divisor) = source.number("multipleOf")? {
        if !divisor.as_f64().is_some_and(|divisor| divisor > 0.0) {
            return Err(source.expected("multipleOf", "a number above 0"));
        }
        keywords.push(Keyword::MultipleOf(divisor));
    }
    let bounds: [(&'static str, &'static str, Allowed, Allowed); 2] = [
        ("maximum", "exclusiveMaximum", Ordering::is_le, Ordering::is_lt),
        ("minimum", "exclusiveMinimum", Ordering::is_ge, Ordering::is_gt),
    ];
    for (keyword, exclusive, within, strictly_within) in bounds {
        let (mut keyword, mut allowed) = (keyword, within);
        let limit = source.number(keyword)?;
        if draft > Draft::V4 {
            let limit = source.number(exclusive)?;
            keywords.extend(limit.map(|limit| Keyword::Limit { keyword: exclusive, allowed: strictly_within, limit }));
        } else if source.truth(exclusive)? {
            (keyword, allowed) = (exclusive, strictly_within);
        }
        keywords.extend(limit.map(|limit| Keyword::Limit { keyword, allowed, limit }));
    }
    size(source, keywords, Sized::Characters, "maxLength", Ordering::is_le)?;
    size(source, keywords, Sized::Characters, "minLength", Ordering::is_ge)?;
    Ok(())
}
