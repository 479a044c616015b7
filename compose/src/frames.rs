//! Core modules for the components that a composition generates: memory by frames, and encoding as a component.
//!
//! A generated component passes calls on. The arguments of a call are lowered into its memory before it runs and its
//! results are lifted out after, and between the two it may be entered again (a query inside an extension calls another
//! extension). So memory is a stack: everything a call allocated is freed when the call is over.
//!
//! `$top` is the first free byte. `$floor` is where the memory of the call that comes next begins: a call remembers it on
//! entry, raises it to `$top` before calling out, and lowers both to what it remembered when its results were read.

use crate::contract::unversioned;
use crate::graph::ComposeError;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Function, InterfaceId, PackageId, Resolve, SizeAlign, Type, TypeDefKind, WorldItem};

/// Where memory for frames begins: after the static data. In bytes.
pub(crate) const STATIC_BYTES: usize = 1024;

/// Bytes before a result, where its frame's start is kept for post-return.
pub(crate) const FRAME_HEADER: usize = 8;

/// The memory, the allocator and what calls need of frames.
///
/// `$enter` gives a result area of the given size whose frame began where the call did; `$leave` frees the frame of a
/// result area. Sizes are at most 4 GiB and never trusted: memory that can't be had is a trap.
pub(crate) fn prelude() -> String {
    format!(
        r#"
 (memory (export "memory") 1)
 (global $top (mut i64) (i64.const {STATIC_BYTES}))
 (global $floor (mut i64) (i64.const {STATIC_BYTES}))
 (func $realloc (export "cabi_realloc")
  (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
  (local $at i64) (local $end i64) (local $have i64)
  (local.set $at (i64.and
   (i64.add (global.get $top) (i64.extend_i32_u (i32.sub (local.get $align) (i32.const 1))))
   (i64.sub (i64.const 0) (i64.extend_i32_u (local.get $align)))))
  (local.set $end (i64.add (local.get $at) (i64.extend_i32_u (local.get $size))))
  (local.set $have (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))
  (if (i64.gt_u (local.get $end) (i64.const 0xffff0000)) (then unreachable))
  (if (i64.gt_u (local.get $end) (local.get $have)) (then
   (if (i32.eq (i32.const -1) (memory.grow (i32.wrap_i64 (i64.shr_u
     (i64.add (i64.sub (local.get $end) (local.get $have)) (i64.const 65535)) (i64.const 16)))))
    (then unreachable))))
  (global.set $top (local.get $end))
  (if (local.get $old_size) (then
   (memory.copy (i32.wrap_i64 (local.get $at)) (local.get $old)
    (select (local.get $old_size) (local.get $size) (i32.lt_u (local.get $old_size) (local.get $size))))))
  (i32.wrap_i64 (local.get $at)))
 (func $enter (param $mark i64) (param $size i32) (result i32) (local $area i32)
  (local.set $area (i32.add (i32.const {FRAME_HEADER})
   (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.add (i32.const {FRAME_HEADER}) (local.get $size)))))
  (i64.store (i32.sub (local.get $area) (i32.const {FRAME_HEADER})) (local.get $mark))
  (global.set $floor (global.get $top))
  (local.get $area))
 (func $unwind (param $mark i64)
  (global.set $top (local.get $mark))
  (global.set $floor (local.get $mark)))
 (func $leave (param $area i32)
  (call $unwind (i64.load (i32.sub (local.get $area) (i32.const {FRAME_HEADER})))))
"#
    )
}

/// Encodes the core module `text` (WebAssembly text) as a component of the world `world` in `package`.
pub(crate) fn encode(text: &str, resolve: &Resolve, package: PackageId, world: &str) -> Result<Vec<u8>, ComposeError> {
    let generate = |detail: String| ComposeError::Generate { world: world.to_owned(), detail };
    let mut module = wat::parse_str(text).map_err(|error| generate(error.to_string()))?;
    let world_id = resolve.select_world(&[package], Some(world)).map_err(|error| generate(format!("{error:#}")))?;
    embed_component_metadata(&mut module, resolve, world_id, StringEncoding::UTF8, false)
        .and_then(|()| ComponentEncoder::default().validate(true).module(&module)?.encode())
        .map_err(|error| generate(format!("{error:#}")))
}

/// An interface by its full name, for instance `sqlink:host/dispatch@0.1.0`.
pub(crate) fn interface(resolve: &Resolve, name: &str) -> Option<InterfaceId> {
    resolve.interfaces.iter().map(|(id, _)| id).find(|id| resolve.id_of(*id).as_deref() == Some(name))
}

/// The interface of any version that is called `base` (`sqlink:host/dispatch`) among `items`, with its full name.
pub(crate) fn find_interface<'r>(
    resolve: &Resolve,
    items: impl IntoIterator<Item = &'r WorldItem>,
    base: &str,
) -> Option<(InterfaceId, String)> {
    items.into_iter().find_map(|item| match item {
        WorldItem::Interface { id, .. } => {
            let name = resolve.id_of(*id)?;
            (unversioned(&name) == base).then_some((*id, name))
        }
        _ => None,
    })
}

/// Follows type aliases to the definition.
pub(crate) fn definition<'r>(resolve: &'r Resolve, ty: &'r Type) -> Option<&'r TypeDefKind> {
    let mut ty = ty;
    loop {
        let Type::Id(id) = ty else { return None };
        match &resolve.types[*id].kind {
            TypeDefKind::Type(inner) => ty = inner,
            kind => return Some(kind),
        }
    }
}

/// The `ok` and `err` types of a function's `result`.
pub(crate) fn result_of<'r>(
    resolve: &'r Resolve,
    function: &'r Function,
) -> Option<(Option<&'r Type>, Option<&'r Type>)> {
    match definition(resolve, function.result.as_ref()?)? {
        TypeDefKind::Result(result) => Some((result.ok.as_ref(), result.err.as_ref())),
        _ => None,
    }
}

/// Offset of the payload of a `result`, in bytes. Its tag is the byte at 0.
pub(crate) fn result_payload(sizes: &SizeAlign, ok: Option<&Type>, err: Option<&Type>) -> usize {
    sizes.payload_offset(wit_parser::Int::U8, [ok, err]).size_wasm32()
}
