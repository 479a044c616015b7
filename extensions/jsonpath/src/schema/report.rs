//! What is wrong with a document, and where.

use serde_json::Value as Json;

use super::index::join;

/// How much of a value a message shows, in characters.
const SHOWN_CHARS: usize = 60;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// JSON Pointer to the value.
    pub instance_path: String,
    /// JSON Pointer to the keyword from the schema's root, through references.
    pub schema_path: String,
    /// In English.
    pub message: String,
}

/// One token of a JSON Pointer.
#[derive(Clone, Copy)]
pub enum Step<'s> {
    Name(&'s str),
    Place(usize),
    None,
}

/// A JSON Pointer that is written only when something fails.
pub struct Trail<'t> {
    pub steps: &'t [Step<'t>],
    pub before: Option<&'t Trail<'t>>,
}

fn pointer(trail: Option<&Trail<'_>>) -> String {
    let mut trails: Vec<_> = std::iter::successors(trail, |trail| trail.before).collect();
    trails.reverse();
    trails.iter().flat_map(|trail| trail.steps).fold(String::new(), |pointer, step| match step {
        Step::Name(name) => join(&pointer, name),
        Step::Place(place) => format!("{pointer}/{place}"),
        Step::None => pointer,
    })
}

/// What is wrong so far.
pub struct Report {
    failures: Vec<Failure>,
    limit: usize,
}

impl Report {
    /// * `limit` - how many failures are kept; the others are left out
    pub const fn new(limit: usize) -> Self {
        Self { failures: Vec::new(), limit }
    }

    pub const fn is_wanted(&self) -> bool {
        self.limit > 0
    }

    /// * `schema` - JSON Pointer to the schema, to which `keyword` is added
    pub fn add(
        &mut self,
        instance: Option<&Trail<'_>>,
        schema: Option<&Trail<'_>>,
        keyword: Option<&str>,
        message: impl FnOnce() -> String,
    ) {
        if self.failures.len() < self.limit {
            let schema = pointer(schema);
            self.failures.push(Failure {
                instance_path: pointer(instance),
                schema_path: keyword.map_or_else(|| schema.clone(), |keyword| join(&schema, keyword)),
                message: message(),
            });
        }
    }

    pub fn into_failures(self) -> Vec<Failure> {
        self.failures
    }
}

/// A value as JSON, cut if it is long.
pub fn shown(json: &Json) -> String {
    let text = match json {
        // Not the whole of a long text first.
        Json::String(text) if text.len() > 4 * SHOWN_CHARS => {
            Json::from(text.chars().take(SHOWN_CHARS + 1).collect::<String>()).to_string()
        }
        Json::Array(items) if items.len() > SHOWN_CHARS => return format!("an array of {} items", items.len()),
        Json::Object(members) if members.len() > SHOWN_CHARS => {
            return format!("an object of {} properties", members.len());
        }
        json => json.to_string(),
    };
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => [&text[..end], "…"].concat(),
        None => text,
    }
}
