//! Compiled schemas: a graph of nodes with keywords.

use core::cmp::Ordering;
use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Number, Value as Json};

/// The index of a node.
pub type NodeId = usize;

/// Whether a number or size may compare to a limit as it does.
pub type Allowed = fn(Ordering) -> bool;

/// One schema, for one value.
pub struct Node {
    /// The index of the resource that it belongs to.
    pub resource: usize,
    /// In the order they are checked in: `unevaluatedItems` and `unevaluatedProperties` come last.
    pub keywords: Vec<Keyword>,
    /// Whether it has one of these two, so that what the others have looked at must be known.
    pub unevaluated: bool,
}

/// What a check says; the names are those of the specification's keywords.
pub enum Keyword {
    /// The schema `false`.
    Never,
    Type(Types),
    Enum(Vec<Json>),
    Const(Json),
    MultipleOf(Number),
    /// `maximum`, `exclusiveMaximum`, `minimum`, `exclusiveMinimum`.
    Limit {
        keyword: &'static str,
        allowed: Allowed,
        limit: Number,
    },
    /// `maxLength` and the like.
    Size {
        keyword: &'static str,
        of: Sized,
        allowed: Allowed,
        limit: u64,
    },
    Pattern(Regex),
    UniqueItems,
    Contains {
        schema: NodeId,
        min: u64,
        max: Option<u64>,
        /// Whether what it finds counts as evaluated: since 2020-12.
        evaluates: bool,
    },
    /// The first items one by one, the rest by one schema; with the names of the keywords.
    Items {
        first: (&'static str, Vec<NodeId>),
        rest: Option<(&'static str, NodeId)>,
    },
    Required(Vec<String>),
    /// Properties that need others: `dependentRequired`, `dependencies`.
    DependentRequired(&'static str, Vec<(String, Vec<String>)>),
    /// Properties that need a schema: `dependentSchemas`, `dependencies`.
    DependentSchemas(&'static str, Vec<(String, NodeId)>),
    Properties {
        named: BTreeMap<String, NodeId>,
        /// With the patterns as they are written.
        matching: Vec<(String, Regex, NodeId)>,
        additional: Option<NodeId>,
    },
    PropertyNames(NodeId),
    AllOf(Vec<NodeId>),
    AnyOf(Vec<NodeId>),
    OneOf(Vec<NodeId>),
    Not(NodeId),
    If {
        schema: NodeId,
        then: Option<NodeId>,
        otherwise: Option<NodeId>,
    },
    Ref(NodeId),
    /// `$dynamicRef` and `$recursiveRef`: the schema of that dynamic anchor in the outermost resource that has one.
    DynamicRef {
        keyword: &'static str,
        anchor: String,
        schema: NodeId,
    },
    UnevaluatedItems(NodeId),
    UnevaluatedProperties(NodeId),
}

/// What has a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sized {
    Characters,
    Items,
    Properties,
}

/// A set of types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Types(u8);

impl Types {
    const NAMES: [&'static str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

    /// Adds a type; false if there is none of that name.
    pub fn add(&mut self, name: &str) -> bool {
        let index = Self::NAMES.iter().position(|known| *known == name);
        self.0 |= index.map_or(0, |index| 1 << index);
        index.is_some()
    }

    fn has(self, name: &str) -> bool {
        Self::NAMES.iter().position(|known| *known == name).is_some_and(|index| self.0 >> index & 1 == 1)
    }

    /// Whether a value has one of the types.
    pub fn contains(self, json: &Json) -> bool {
        let name = type_name(json);
        self.has(name) || name == "integer" && self.has("number")
    }

    /// As in `array or null`.
    pub fn text(self) -> String {
        let names: Vec<_> = Self::NAMES.into_iter().filter(|name| self.has(name)).collect();
        names.join(" or ")
    }
}

/// The type of a value, the narrowest if there are two.
pub fn type_name(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if super::number::is_integer(number) => "integer",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}
