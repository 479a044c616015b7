//! Checking a value: the nodes of a schema are applied to it and to what is in it.

use serde_json::Value as Json;

use super::compile::Graph;
use super::keyword::{Keyword, NodeId, Sized, type_name};
use super::report::{Failure, Report, Step, Trail, shown};
use super::{number, unique};
use crate::document::equal;

/// How many schemas may be applied within each other: a value nests 127 deep, and each level may go through several schemas.
const MAX_DEPTH: u32 = 600;

/// How many schemas are applied in one call. Two references in each schema to the next one double the work.
const MAX_STEPS: u64 = 20_000_000;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endless {
    /// Over [`MAX_DEPTH`].
    Deep,
    /// Over [`MAX_STEPS`].
    Long,
}

impl Endless {
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Deep => "over 600 schemas apply within each other; does a reference lead back to itself?",
            Self::Long => "over 20000000 schemas apply to the value and what is in it",
        }
    }
}

/// Which items or properties of a value were looked at, by their places.
struct Seen(Vec<bool>);

impl Seen {
    fn none_of(value: &Json) -> Self {
        Self(match value {
            Json::Array(items) => vec![false; items.len()],
            Json::Object(members) => vec![false; members.len()],
            _ => Vec::new(),
        })
    }

    fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(seen, more)| *seen |= more);
    }
}

/// The resources that were entered on the way, the innermost first.
struct Scope<'s> {
    resource: usize,
    outer: Option<&'s Scope<'s>>,
}

/// A value, and how one came to it.
#[derive(Clone, Copy)]
struct Here<'h> {
    value: &'h Json,
    /// In the document.
    instance: Option<&'h Trail<'h>>,
    /// In the schema, through references.
    schema: Option<&'h Trail<'h>>,
    scope: Option<&'h Scope<'h>>,
    depth: u32,
    /// Whether failures are wanted, and not only whether there are any.
    report: bool,
}

/// One check of one document.
pub struct Check<'g> {
    graph: &'g Graph,
    steps: u64,
    report: Report,
}

impl<'g> Check<'g> {
    /// * `limit` - how many failures are reported at most; with 0 the first one ends the check
    pub const fn new(graph: &'g Graph, limit: usize) -> Self {
        Self { graph, steps: 0, report: Report::new(limit) }
    }

    /// Whether the value is valid, and if not, why.
    ///
    /// # Errors
    /// If that takes too much stack or time.
    pub fn run(mut self, value: &Json) -> Result<(bool, Vec<Failure>), Endless> {
        let report = self.report.is_wanted();
        let here = Here { value, instance: None, schema: None, scope: None, depth: 0, report };
        let valid = self.node(0, here, None)?;
        Ok((valid, self.report.into_failures()))
    }

    /// Applies a node. If the value is valid, what was looked at is added to `seen`.
    fn node(&mut self, id: NodeId, here: Here<'_>, seen: Option<&mut Seen>) -> Result<bool, Endless> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Endless::Long);
        }
        if here.depth > MAX_DEPTH {
            return Err(Endless::Deep);
        }
        let node = &self.graph.nodes[id];
        let inner = Scope { resource: node.resource, outer: here.scope };
        let is_entered = here.scope.is_none_or(|scope| scope.resource != node.resource);
        let scope = if is_entered { Some(&inner) } else { here.scope };
        let here = Here { scope, depth: here.depth + 1, ..here };
        let mut own = (seen.is_some() || node.unevaluated).then(|| Seen::none_of(here.value));
        let mut valid = true;
        for keyword in &node.keywords {
            valid &= self.keyword(keyword, here, own.as_mut())?;
            if !valid && !here.report {
                return Ok(false);
            }
        }
        if let (true, Some(seen), Some(own)) = (valid, seen, own) {
            seen.add(&own);
        }
        Ok(valid)
    }

    fn keyword(&mut self, keyword: &Keyword, here: Here<'_>, seen: Option<&mut Seen>) -> Result<bool, Endless> {
        let value = here.value;
        match keyword {
            Keyword::Ref(schema) => self.same(&[Step::Name("$ref")], *schema, here, seen),
            Keyword::DynamicRef { keyword, anchor, schema } => {
                let mut schema = *schema;
                let mut scope = here.scope;
                while let Some(Scope { resource, outer }) = scope {
                    schema = self.graph.dynamic[*resource].get(anchor).copied().unwrap_or(schema);
                    scope = *outer;
                }
                self.same(&[Step::Name(keyword)], schema, here, seen)
            }
            Keyword::AllOf(_) | Keyword::AnyOf(_) | Keyword::OneOf(_) | Keyword::Not(_) | Keyword::If { .. } => {
                self.combination(keyword, here, seen)
            }
            Keyword::Items { .. } | Keyword::Contains { .. } | Keyword::UnevaluatedItems(_) => match value {
                Json::Array(items) => self.items(keyword, items, here, seen),
                _ => Ok(true),
            },
            Keyword::Properties { .. }
            | Keyword::PropertyNames(_)
            | Keyword::DependentSchemas(..)
            | Keyword::UnevaluatedProperties(_) => match value {
                Json::Object(members) => self.members(keyword, members, here, seen),
                _ => Ok(true),
            },
            _ => Ok(self.value(keyword, here)),
        }
    }

    /// Keywords that ask the value alone, without another schema.
    fn value(&mut self, keyword: &Keyword, here: Here<'_>) -> bool {
        let value = here.value;
        match (keyword, value) {
            (Keyword::Never, _) => self.fail(here, None, || "nothing is allowed here".to_owned()),
            (Keyword::Type(types), _) => {
                types.contains(value)
                    || self
                        .fail(here, Some("type"), || format!("expected {}, found {}", types.text(), type_name(value)))
            }
            (Keyword::Enum(values), _) => {
                values.iter().any(|known| equal(known, value))
                    || self.fail(here, Some("enum"), || {
                        let list: Vec<_> = values.iter().take(10).map(shown).collect();
                        let more = if values.len() > list.len() { " …" } else { "" };
                        format!("expected one of {}{more}, found {}", list.join(" "), shown(value))
                    })
            }
            (Keyword::Const(known), _) => {
                equal(known, value)
                    || self.fail(here, Some("const"), || format!("expected {}, found {}", shown(known), shown(value)))
            }
            (Keyword::MultipleOf(divisor), Json::Number(found)) => {
                number::is_multiple(found, divisor)
                    || self
                        .fail(here, Some("multipleOf"), || format!("expected a multiple of {divisor}, found {found}"))
            }
            (Keyword::Limit { keyword, allowed, limit }, Json::Number(found)) => {
                allowed(number::compare(found, limit))
                    || self.fail(here, Some(keyword), || format!("expected {} {limit}, found {found}", bound(keyword)))
            }
            (Keyword::Size { keyword, of, allowed, limit }, _) => {
                let (size, what) = match (of, value) {
                    (Sized::Characters, Json::String(text)) => (text.chars().count(), "characters"),
                    (Sized::Items, Json::Array(items)) => (items.len(), "items"),
                    (Sized::Properties, Json::Object(members)) => (members.len(), "properties"),
                    _ => return true,
                };
                u64::try_from(size).is_ok_and(|size| allowed(size.cmp(limit)))
                    || self.fail(here, Some(keyword), || {
                        format!("expected {} {limit} {what}, found {size}", bound(keyword))
                    })
            }
            (Keyword::Pattern(regex), Json::String(text)) => {
                regex.is_match(text)
                    || self.fail(here, Some("pattern"), || format!("{} does not match the pattern", shown(value)))
            }
            (Keyword::UniqueItems, Json::Array(items)) => match unique::first_pair(items) {
                Some((first, second)) => self.fail(here, Some("uniqueItems"), || {
                    format!("the items {first} and {second}, from 0, are the same")
                }),
                None => true,
            },
            (Keyword::Required(names), Json::Object(members)) => {
                let missing = names.iter().filter(|name| !members.contains_key(*name));
                self.each_missing(missing, here, "required")
            }
            (Keyword::DependentRequired(keyword, dependent), Json::Object(members)) => {
                let present = dependent.iter().filter(|(name, _)| members.contains_key(name));
                let missing = present.flat_map(|(_, names)| names).filter(|name| !members.contains_key(*name));
                self.each_missing(missing, here, keyword)
            }
            // Not for values of this type.
            _ => true,
        }
    }

    fn each_missing<'n>(
        &mut self,
        missing: impl Iterator<Item = &'n String>,
        here: Here<'_>,
        keyword: &'static str,
    ) -> bool {
        let mut valid = true;
        for name in missing {
            valid =
                self.fail(here, Some(keyword), || format!("the property {} is missing", shown(&Json::from(&**name))));
            if !here.report {
                break;
            }
        }
        valid
    }

    fn combination(&mut self, keyword: &Keyword, here: Here<'_>, mut seen: Option<&mut Seen>) -> Result<bool, Endless> {
        let quiet = Here { report: false, ..here };
        match keyword {
            Keyword::AllOf(schemas) => {
                let mut valid = true;
                for (place, schema) in schemas.iter().enumerate() {
                    let steps = [Step::Name("allOf"), Step::Place(place)];
                    valid &= self.same(&steps, *schema, here, seen.as_deref_mut())?;
                    if !valid && !here.report {
                        break;
                    }
                }
                Ok(valid)
            }
            Keyword::AnyOf(schemas) => {
                let mut valid = false;
                for schema in schemas {
                    valid |= self.node(*schema, quiet, seen.as_deref_mut())?;
                    // What the others look at counts, too.
                    if valid && seen.is_none() {
                        break;
                    }
                }
                Ok(valid
                    || self.fail(here, Some("anyOf"), || format!("none of the {} schemas takes it", schemas.len())))
            }
            Keyword::OneOf(schemas) => {
                let mut takes = Vec::new();
                for (place, schema) in schemas.iter().enumerate() {
                    if self.node(*schema, quiet, seen.as_deref_mut())? {
                        takes.push(place);
                    }
                    if takes.len() > 1 {
                        break;
                    }
                }
                Ok(match *takes {
                    [_] => true,
                    [first, second, ..] => self.fail(here, Some("oneOf"), || {
                        format!("expected that one schema takes it, found that {first} and {second}, from 0, do")
                    }),
                    [] => self.fail(here, Some("oneOf"), || format!("none of the {} schemas takes it", schemas.len())),
                })
            }
            Keyword::Not(schema) => Ok(!self.node(*schema, quiet, None)?
                || self.fail(here, Some("not"), || "it is what it must not be".to_owned())),
            Keyword::If { schema, then, otherwise } => {
                let holds = self.node(*schema, quiet, seen.as_deref_mut())?;
                match if holds { ("then", then) } else { ("else", otherwise) } {
                    (keyword, Some(schema)) => self.same(&[Step::Name(keyword)], *schema, here, seen),
                    (_, None) => Ok(true),
                }
            }
            _ => Ok(true),
        }
    }

    fn items(
        &mut self,
        keyword: &Keyword,
        items: &[Json],
        here: Here<'_>,
        mut seen: Option<&mut Seen>,
    ) -> Result<bool, Endless> {
        let mut valid = true;
        match keyword {
            Keyword::Items { first, rest } => {
                for (place, item) in items.iter().enumerate() {
                    let (steps, schema) = match (first.1.get(place), rest) {
                        (Some(schema), _) => ([Step::Name(first.0), Step::Place(place)], *schema),
                        (None, Some((name, schema))) => ([Step::Name(name), Step::None], *schema),
                        (None, None) => break,
                    };
                    mark(&mut seen, place);
                    valid &= self.below(&steps, schema, item, Step::Place(place), here)?;
                    if !valid && !here.report {
                        break;
                    }
                }
            }
            Keyword::Contains { schema, min, max, evaluates } => {
                let mut found = 0;
                let quiet = Here { report: false, ..here };
                for (place, item) in items.iter().enumerate() {
                    if found >= *min && max.is_none() && seen.is_none() {
                        break;
                    }
                    if self.below(&[], *schema, item, Step::Place(place), quiet)? {
                        found += 1;
                        if *evaluates {
                            mark(&mut seen, place);
                        }
                    }
                }
                let message = |limit: &str, wanted: u64| format!("expected {limit} {wanted} such items, found {found}");
                if found < *min {
                    let keyword = if *min == 1 { "contains" } else { "minContains" };
                    valid = self.fail(here, Some(keyword), || message("at least", *min));
                } else if let Some(max) = max.filter(|max| found > *max) {
                    valid = self.fail(here, Some("maxContains"), || message("at most", max));
                }
            }
            Keyword::UnevaluatedItems(schema) => {
                for (place, item) in items.iter().enumerate() {
                    if !mark(&mut seen, place) {
                        let steps = [Step::Name("unevaluatedItems")];
                        valid &= self.below(&steps, *schema, item, Step::Place(place), here)?;
                    }
                    if !valid && !here.report {
                        break;
                    }
                }
            }
            _ => {}
        }
        Ok(valid)
    }

    fn members(
        &mut self,
        keyword: &Keyword,
        members: &serde_json::Map<String, Json>,
        here: Here<'_>,
        mut seen: Option<&mut Seen>,
    ) -> Result<bool, Endless> {
        let mut valid = true;
        if let Keyword::DependentSchemas(keyword, dependent) = keyword {
            for (name, schema) in dependent.iter().filter(|(name, _)| members.contains_key(name)) {
                let steps = [Step::Name(keyword), Step::Name(name)];
                valid &= self.same(&steps, *schema, here, seen.as_deref_mut())?;
            }
            return Ok(valid);
        }
        for (place, (name, value)) in members.iter().enumerate() {
            let step = Step::Name(name);
            match keyword {
                Keyword::Properties { named, matching, additional } => {
                    let mut known = false;
                    if let Some(schema) = named.get(name) {
                        known = true;
                        let steps = [Step::Name("properties"), step];
                        valid &= self.below(&steps, *schema, value, step, here)?;
                    }
                    for (pattern, _, schema) in matching.iter().filter(|(_, regex, _)| regex.is_match(name)) {
                        known = true;
                        let steps = [Step::Name("patternProperties"), Step::Name(pattern)];
                        valid &= self.below(&steps, *schema, value, step, here)?;
                    }
                    if let Some(schema) = additional.filter(|_| !known) {
                        known = true;
                        valid &= self.below(&[Step::Name("additionalProperties")], schema, value, step, here)?;
                    }
                    if known {
                        mark(&mut seen, place);
                    }
                }
                Keyword::PropertyNames(schema) => {
                    let name = Json::from(&**name);
                    valid &= self.below(&[Step::Name("propertyNames")], *schema, &name, step, here)?;
                }
                Keyword::UnevaluatedProperties(schema) if !mark(&mut seen, place) => {
                    valid &= self.below(&[Step::Name("unevaluatedProperties")], *schema, value, step, here)?;
                }
                _ => {}
            }
            if !valid && !here.report {
                break;
            }
        }
        Ok(valid)
    }

    /// Applies a schema to the same value.
    fn same(
        &mut self,
        steps: &[Step<'_>],
        schema: NodeId,
        here: Here<'_>,
        seen: Option<&mut Seen>,
    ) -> Result<bool, Endless> {
        let trail = Trail { steps, before: here.schema };
        self.node(schema, Here { schema: Some(&trail), ..here }, seen)
    }

    /// Applies a schema to what is in the value at `step`.
    fn below(
        &mut self,
        steps: &[Step<'_>],
        schema: NodeId,
        value: &Json,
        step: Step<'_>,
        here: Here<'_>,
    ) -> Result<bool, Endless> {
        let instance = Trail { steps: &[step], before: here.instance };
        let trail = Trail { steps, before: here.schema };
        self.node(schema, Here { value, instance: Some(&instance), schema: Some(&trail), ..here }, None)
    }

    /// Takes a failure down if it is wanted; always false.
    fn fail(&mut self, here: Here<'_>, keyword: Option<&'static str>, message: impl FnOnce() -> String) -> bool {
        if here.report {
            self.report.add(here.instance, here.schema, keyword, message);
        }
        false
    }
}

/// Notes that an item or property is looked at; true if it was before.
fn mark(seen: &mut Option<&mut Seen>, place: usize) -> bool {
    let seen = seen.as_mut().and_then(|seen| seen.0.get_mut(place));
    seen.is_some_and(|seen| core::mem::replace(seen, true))
}

/// What a keyword of a limit demands.
fn bound(keyword: &str) -> &'static str {
    match keyword {
        "exclusiveMaximum" => "less than",
        "exclusiveMinimum" => "more than",
        _ if keyword.starts_with("max") => "at most",
        _ => "at least",
    }
}
