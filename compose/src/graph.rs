//! Composition: the engine and any number of extensions as one component.
//!
//! ```text
//!                    ┌──────────────────────────────────────────────┐
//!   platform ────────┤► host ◄── dispatch ── mux ◄── scalar ── ext0 │
//!   storage ─────────┤►  │                        ◄── vtab ─── ext1 │
//!   handed-files ────┤►  │                               ▲      ▲   │
//!   guest-imports ───┤►──┼────────────────────────── gate0  gate1   │
//!                    │   ▼                                          │
//!   database ◄───────┤───┘                                          │
//!   guest-imports ◄──┤                                              │
//!                    └──────────────────────────────────────────────┘
//! ```
//!
//! A component can't be entered again by its own parts, so what extensions import leaves the composition through the root
//! import `guest-imports`, which the embedder loops back to the root export of that name.

use crate::contract::{self, unversioned};
use crate::digest::digest;
use crate::error::LinkError;
use crate::frames::find_interface;
use crate::gate::gate;
use crate::lock::{Lock, LockedExtension, SECTION};
use crate::mux::{argument, mux};
use std::borrow::Cow;
use std::collections::BTreeSet;
use thiserror::Error;
use wac_graph::types::{ItemKind, Package};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};
use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::component_types::ComponentEntityType;
use wasmparser::{Validator, WasmFeatures};
use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldId};

/// Most extensions in one composition: each is a component instance or four, of which a component has at most 4,096.
pub const MAX_EXTENSIONS: usize = 256;

/// The interfaces a composition may import, without versions.
const ROOT_IMPORTS: [&str; 4] =
    ["sqlink:host/platform", "sqlink:host/storage", "sqlink:host/handed-files", "sqlink:host/guest-imports"];
/// The interfaces a composition exports, without versions.
const ROOT_EXPORTS: [&str; 2] = ["sqlink:host/database", "sqlink:host/guest-imports"];

/// An extension to compose or bundle.
#[derive(Clone, Debug)]
pub struct Extension<'a> {
    /// Its name in the lock: letters, digits, `-` and `_`. Unique.
    pub name: String,
    /// The file, as errors name it.
    pub file: String,
    /// The component.
    pub bytes: Cow<'a, [u8]>,
    /// Capabilities it is granted when it is loaded.
    pub grants: Vec<String>,
}

/// What happens to calls of `spi` inside a composition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpiPolicy {
    /// They go out through the root import, for the embedder to loop back.
    #[default]
    Loop,
    /// They fail with code 23 (`SQLITE_AUTH`): for embedders that can't be entered again while a call is on the stack.
    Deny,
}

/// Why a composition or a bundle could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// An extension breaks the contract.
    #[error(transparent)]
    Extension(Box<LinkError>),
    /// An extension imports WASI, which a composition has no place for.
    #[error("`{file}` imports WASI ({}), expected imports of the contract only: build it for `wasm32-unknown-unknown`", interfaces.join(", "))]
    Wasi {
        /// The extension.
        file: String,
        /// The WASI interfaces.
        interfaces: Vec<String>,
    },
    /// Two extensions have one name.
    #[error("`{first}` and `{second}` are both named `{name}`, expected different names: rename one of the files")]
    DuplicateName {
        /// The name.
        name: String,
        /// The first file.
        first: String,
        /// The other file.
        second: String,
    },
    /// A name that can't stand in file names and JavaScript.
    #[error("`{file}` has the name `{name}`, expected 1 to 64 letters, digits, `-` and `_`, starting with a letter")]
    Name {
        /// The file.
        file: String,
        /// The name.
        name: String,
    },
    /// Over [`MAX_EXTENSIONS`].
    #[error("{found} extensions, expected at most {MAX_EXTENSIONS}")]
    TooManyExtensions {
        /// How many were given.
        found: usize,
    },
    /// The host component isn't one.
    #[error("`{file}` is not the host component: {detail}")]
    Host {
        /// The file, as the caller named it.
        file: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A generated component could not be made; the host's or the contract's WIT has something this version doesn't know.
    #[error("the {world} of the composition could not be generated: {detail}")]
    Generate {
        /// `mux` or `gate`.
        world: String,
        /// What went wrong.
        detail: String,
    },
    /// Two parts don't fit together.
    #[error("`{file}` does not fit: its import `{import}`: {detail}")]
    Wire {
        /// The part.
        file: String,
        /// The import.
        import: String,
        /// Why it can't be satisfied.
        detail: String,
    },
    /// Something would be left for the embedder to provide that no embedder knows.
    #[error("`{file}` leaves the import `{import}` unsatisfied, expected only {expected}")]
    Leftover {
        /// The part.
        file: String,
        /// The import.
        import: String,
        /// What may be left.
        expected: String,
    },
    /// The composition could not be encoded.
    #[error("the composition could not be encoded: {detail}")]
    Encode {
        /// What went wrong.
        detail: String,
    },
}

impl From<LinkError> for ComposeError {
    fn from(error: LinkError) -> Self {
        Self::Extension(Box::new(error))
    }
}

/// Checks extensions before they are composed or bundled: names, count, contract. Returns what each imports.
pub(crate) fn check_extensions(extensions: &[Extension<'_>]) -> Result<Vec<contract::Verified>, ComposeError> {
    if extensions.len() > MAX_EXTENSIONS {
        return Err(ComposeError::TooManyExtensions { found: extensions.len() });
    }
    let mut verified = Vec::with_capacity(extensions.len());
    for (index, extension) in extensions.iter().enumerate() {
        let name = &extension.name;
        let valid = name.len() <= 64
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !valid {
            return Err(ComposeError::Name { file: extension.file.clone(), name: name.clone() });
        }
        if let Some(first) = extensions[..index].iter().find(|other| other.name.eq_ignore_ascii_case(name)) {
            return Err(ComposeError::DuplicateName {
                name: name.clone(),
                first: first.file.clone(),
                second: extension.file.clone(),
            });
        }
        verified.push(crate::verify(&extension.bytes, &extension.file)?);
    }
    Ok(verified)
}

/// The lock of `extensions` beside `host`.
pub(crate) fn lock(host: &[u8], extensions: &[Extension<'_>]) -> Lock {
    Lock {
        contract: contract_version().to_owned(),
        host: digest(host),
        extensions: extensions
            .iter()
            .map(|extension| LockedExtension {
                name: extension.name.clone(),
                sha256: digest(&extension.bytes),
                grants: extension.grants.clone(),
            })
            .collect(),
    }
}

/// Version of the contract, for instance `0.1.0`.
fn contract_version() -> &'static str {
    let name = contract::contract().ok().and_then(|contract| contract.outline.exports.first().map(|(name, ..)| *name));
    name.and_then(|name| name.split_once('@')).map_or("", |(_, version)| version)
}

/// Composes the host component and `extensions` into one component.
///
/// It imports `sqlink:host/platform`, `storage`, `handed-files` and, if any extension imports anything, `guest-imports`; besides only
/// instances without functions, which carry types. It exports `sqlink:host/database` and `guest-imports`. An extension's
/// index is its place in `extensions`. The custom section [`SECTION`] holds the [`Lock`]. Equal input gives equal output.
///
/// `host_file` names the host component in errors.
///
/// # Errors
/// See [`ComposeError`].
pub fn compose(
    host: &[u8],
    host_file: &str,
    extensions: &[Extension<'_>],
    spi: SpiPolicy,
) -> Result<Vec<u8>, ComposeError> {
    let verified = check_extensions(extensions)?;
    for (extension, verified) in extensions.iter().zip(&verified) {
        if !verified.wasi.is_empty() {
            return Err(ComposeError::Wasi { file: extension.file.clone(), interfaces: verified.wasi.clone() });
        }
    }
    let plan = Plan::of(host, host_file)?;
    let mut graph = Graph::default();

    let exported: Vec<_> = verified.iter().map(contract::Verified::exported_interfaces).collect();
    let mux_bytes = mux(&plan.resolve, &plan.dispatch, &exported)?;
    let mux = graph.add("mux", "the generated multiplexer", mux_bytes)?;
    for (index, (extension, verified)) in extensions.iter().zip(&verified).enumerate() {
        let part = graph.add(&format!("ext{index}"), &extension.file, extension.bytes.to_vec())?;
        let interfaces = verified.imported_interfaces();
        if !interfaces.is_empty() {
            let number = u32::try_from(index).unwrap_or(u32::MAX);
            let bytes = gate(&plan.resolve, &plan.guest_imports, number, &interfaces, spi)?;
            let gate = graph.add(&format!("gate{index}"), "a generated gate", bytes)?;
            for interface in interfaces {
                graph.wire(gate, interface, part, interface)?;
            }
        }
        for interface in verified.exported_interfaces() {
            graph.wire(part, interface, mux, &argument(index, interface))?;
        }
    }
    let host_part = graph.add("host", host_file, host.to_vec())?;
    graph.wire(mux, &plan.dispatch, host_part, &plan.dispatch)?;
    for export in &plan.exports {
        graph.export(host_part, export)?;
    }
    graph.check_leftovers()?;
    let mut component = graph.encode()?;
    check_root(&component, &plan.exports)?;
    let json = lock(host, extensions).to_json();
    CustomSection { name: SECTION.into(), data: json.as_bytes().into() }.append_to_component(&mut component);
    Ok(component)
}

/// What the host component offers and asks for.
struct Plan {
    /// The contract's WIT and the host's.
    resolve: Resolve,
    dispatch: String,
    guest_imports: String,
    exports: Vec<String>,
}

impl Plan {
    fn of(host: &[u8], file: &str) -> Result<Self, ComposeError> {
        let refuse = |detail: String| ComposeError::Host { file: file.to_owned(), detail };
        let (host, world) = decode(host).map_err(|detail| refuse(detail.clone()))?;
        let (mut resolve, contract) = decode(contract::BYTES).map_err(&refuse)?;
        rename_package(&mut resolve, contract);
        let remap = resolve.merge(host).map_err(|error| refuse(format!("{error:#}")))?;
        let world = remap.map_world(world, Default::default()).map_err(|error| refuse(format!("{error:#}")))?;
        let world = &resolve.worlds[world];
        let find = |items: &wit_parser::IndexMap<_, _>, base: &str, side: &str| {
            find_interface(&resolve, items.values(), base)
                .map(|(_, name)| name)
                .ok_or_else(|| refuse(format!("it has no {side} `{base}`")))
        };
        let dispatch = find(&world.imports, "sqlink:host/dispatch", "import")?;
        let guest_imports = find(&world.exports, "sqlink:host/guest-imports", "export")?;
        let exports =
            ROOT_EXPORTS.iter().map(|base| find(&world.exports, base, "export")).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { dispatch, guest_imports, exports, resolve })
    }
}

/// Decoding names the package of every component's own world `root:component`. To merge two, one needs another name.
fn rename_package(resolve: &mut Resolve, world: WorldId) {
    let Some(package) = resolve.worlds[world].package else { return };
    let old = resolve.packages[package].name.clone();
    "contract".clone_into(&mut resolve.packages[package].name.name);
    resolve.package_names.swap_remove(&old);
    resolve.package_names.insert(resolve.packages[package].name.clone(), package);
}

fn decode(component: &[u8]) -> Result<(Resolve, WorldId), String> {
    if !wasmparser::Parser::is_component(component) {
        return Err("expected a component".to_owned());
    }
    match wit_component::decode(component) {
        Ok(DecodedWasm::Component(resolve, world)) => Ok((resolve, world)),
        Ok(DecodedWasm::WitPackage(..)) => Err("found a WIT package, expected a component".to_owned()),
        Err(error) => Err(format!("{error:#}")),
    }
}

/// A component in the graph.
#[derive(Clone, Copy)]
struct Part {
    node: NodeId,
    /// Index of its name in [`Graph::files`].
    file: usize,
}

/// The wac graph, with the names errors use.
#[derive(Default)]
struct Graph {
    graph: CompositionGraph,
    files: Vec<String>,
    parts: Vec<(Part, BTreeSet<String>)>,
}

impl Graph {
    fn add(&mut self, name: &str, file: &str, bytes: Vec<u8>) -> Result<Part, ComposeError> {
        let wrong = |error: String| ComposeError::Wire { file: file.to_owned(), import: String::new(), detail: error };
        let package = Package::from_bytes(&format!("sqlink:{name}"), None, bytes, self.graph.types_mut())
            .map_err(|error| wrong(format!("{error:#}")))?;
        let package = self.graph.register_package(package).map_err(|error| wrong(error.to_string()))?;
        let node = self.graph.instantiate(package);
        self.graph.set_node_name(node, name);
        let part = Part { node, file: self.files.len() };
        self.files.push(file.to_owned());
        self.parts.push((part, BTreeSet::new()));
        Ok(part)
    }

    /// Satisfies the import `import` of `to` with the export `export` of `from`.
    fn wire(&mut self, from: Part, export: &str, to: Part, import: &str) -> Result<(), ComposeError> {
        let file = self.files[to.file].clone();
        let wrong = |detail: String| ComposeError::Wire { file, import: import.to_owned(), detail };
        let alias = match self.graph.alias_instance_export(from.node, export) {
            Ok(alias) => alias,
            Err(error) => return Err(wrong(error.to_string())),
        };
        if let Err(error) = self.graph.set_instantiation_argument(to.node, import, alias) {
            let mut detail = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                detail = format!("{detail}: {cause}");
                source = cause.source();
            }
            return Err(wrong(detail));
        }
        if let Some((_, satisfied)) = self.parts.iter_mut().find(|(part, _)| part.node == to.node) {
            satisfied.insert(import.to_owned());
        }
        Ok(())
    }

    fn export(&mut self, from: Part, name: &str) -> Result<(), ComposeError> {
        let encode = |detail: String| ComposeError::Encode { detail };
        let alias = self.graph.alias_instance_export(from.node, name).map_err(|error| encode(error.to_string()))?;
        self.graph.export(alias, name).map_err(|error| encode(error.to_string()))
    }

    /// wac imports at the root whatever is unsatisfied. Only what the embedder provides may be left, and instances without
    /// functions, which carry types.
    fn check_leftovers(&self) -> Result<(), ComposeError> {
        for (part, satisfied) in &self.parts {
            let Some(package) = self.graph[part.node].package() else { continue };
            let types = self.graph.types();
            for (import, kind) in &types[self.graph[package].ty()].imports {
                let allowed = ROOT_IMPORTS.contains(&unversioned(import));
                let only_types = match kind {
                    ItemKind::Instance(id) => types[*id].exports.values().all(|kind| matches!(kind, ItemKind::Type(_))),
                    _ => false,
                };
                if !satisfied.contains(import) && !allowed && !only_types {
                    return Err(leftover(&self.files[part.file], import));
                }
            }
        }
        Ok(())
    }

    fn encode(&self) -> Result<Vec<u8>, ComposeError> {
        // Validated afterwards, with the version of wasmparser that hosts use.
        let options = EncodeOptions { define_components: true, validate: false, processor: None };
        self.graph.encode(options).map_err(|error| ComposeError::Encode { detail: error.to_string() })
    }
}

fn leftover(file: &str, import: &str) -> ComposeError {
    ComposeError::Leftover { file: file.to_owned(), import: import.to_owned(), expected: contract::list(&ROOT_IMPORTS) }
}

/// Validates the composed component and checks its imports and exports once more, as they were encoded.
fn check_root(component: &[u8], exports: &[String]) -> Result<(), ComposeError> {
    let encode = |detail: String| ComposeError::Encode { detail };
    let features = WasmFeatures::WASM2
        .union(WasmFeatures::TAIL_CALL)
        .union(WasmFeatures::EXTENDED_CONST)
        .union(WasmFeatures::COMPONENT_MODEL);
    let types =
        Validator::new_with_features(features).validate_all(component).map_err(|error| encode(error.to_string()))?;
    let types = types.as_ref();
    let mut depth = 0_u32;
    for payload in wasmparser::Parser::new(0).parse_all(component) {
        match payload.map_err(|error| encode(error.to_string()))? {
            wasmparser::Payload::Version { .. } => depth += 1,
            wasmparser::Payload::End(_) => depth = depth.saturating_sub(1),
            // Only the root's own sections count.
            wasmparser::Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let name = import.map_err(|error| encode(error.to_string()))?.name.name;
                    let has_function =
                        contract::instance(types, crate::Direction::Import, name).is_none_or(|instance| {
                            instance.exports.values().any(|item| !matches!(item.ty, ComponentEntityType::Type { .. }))
                        });
                    if has_function && !ROOT_IMPORTS.contains(&unversioned(name)) {
                        return Err(leftover("the composition", name));
                    }
                }
            }
            _ => {}
        }
    }
    match exports.iter().find(|export| contract::instance(types, crate::Direction::Export, export).is_none()) {
        None => Ok(()),
        Some(missing) => Err(encode(format!("the export `{missing}` is missing"))),
    }
}
