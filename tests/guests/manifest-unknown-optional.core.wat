;; Attack: none: asks for a capability that no host has, but only as an option.
;; Expected: loads; `teleport` is among the denied, and teleport_ok() is 1.
(module
  (memory (export "memory") 2)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 25) ;; name
    (i32 281 5) ;; version
    (i32 286 13) ;; description
    (i32 352 1) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 384 1) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "manifest-unknown-optional" ;; 256
    "0.1.0" ;; 281
    "A test guest." ;; 286
    "teleport_ok" ;; 299
    "teleport" ;; 310
    "it would like to be elsewhere") ;; 318
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 352)
    (i32 0 299 11 0 0))
  ;; Optional capabilities: name and reason.
  (data (i32.const 384)
    (i32 310 8 318 29))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param $id i32) (param $args i32) (param $count i32) (result i32)
    (global.set $next (i32.const 8192))
    (if (i32.eq (local.get $id) (i32.const 0)) (then ;; teleport_ok
      (return (call $integer (i64.const 1)))))
    unreachable)
  ;; The result `ok(integer($value))`, at 1024.
  (func $integer (param $value i64) (result i32)
    (i32.store8 (i32.const 1024) (i32.const 0))
    (i32.store8 (i32.const 1032) (i32.const 1))
    (i64.store (i32.const 1040) (local.get $value))
    (i32.const 1024))
  ;; Memory for the arguments of one call, from 8192 on.
  (global $next (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param $old i32) (param $old_len i32) (param $align i32) (param $len i32) (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $len)))
    (local.get $at)))
