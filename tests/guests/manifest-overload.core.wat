;; Attack: none: one name with no argument, one argument, and any number.
;; Expected: loads; overload_f answers the id of the registration: 0, 1, and 2 for every other count.
(module
  (memory (export "memory") 2)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 17) ;; name
    (i32 273 5) ;; version
    (i32 278 13) ;; description
    (i32 304 3) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "manifest-overload" ;; 256
    "0.1.0" ;; 273
    "A test guest." ;; 278
    "overload_f") ;; 291
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 304)
    (i32 0 291 10 0 0)
    (i32 1 291 10 1 0)
    (i32 2 291 10 -1 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param $id i32) (param $args i32) (param $count i32) (result i32)
    (global.set $next (i32.const 8192))
    (if (i32.eq (local.get $id) (i32.const 0)) (then ;; overload_f
      (return (call $integer (i64.const 0)))))
    (if (i32.eq (local.get $id) (i32.const 1)) (then ;; overload_f
      (return (call $integer (i64.const 1)))))
    (if (i32.eq (local.get $id) (i32.const 2)) (then ;; overload_f
      (return (call $integer (i64.const 2)))))
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
