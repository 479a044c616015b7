;; Attack: answers the host's request for memory with junk, after realloc_mode(n) asked for it.
;; Expected: realloc_take(x) is 1 in the modes 0 and 4, and an SQL error that names extension and function in the
;;   others; the next statement works.
(module
  (memory (export "memory") 2)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 7) ;; name
    (i32 263 5) ;; version
    (i32 268 13) ;; description
    (i32 320 2) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "realloc" ;; 256
    "0.1.0" ;; 263
    "A test guest." ;; 268
    "realloc_mode" ;; 281
    "realloc_take") ;; 293
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 320)
    (i32 0 281 12 1 0)
    (i32 1 293 12 1 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param $id i32) (param $args i32) (param $count i32) (result i32)
    (global.set $next (i32.const 8192))
    (if (i32.eq (local.get $id) (i32.const 0)) (then ;; realloc_mode
      (global.set $mode (i32.load offset=8 (local.get $args)))
      (return (call $integer (i64.const 1)))))
    (if (i32.eq (local.get $id) (i32.const 1)) (then ;; realloc_take
      (return (call $integer (i64.const 1)))))
    unreachable)
  ;; The result `ok(integer($value))`, at 1024.
  (func $integer (param $value i64) (result i32)
    (i32.store8 (i32.const 1024) (i32.const 0))
    (i32.store8 (i32.const 1032) (i32.const 1))
    (i64.store (i32.const 1040) (local.get $value))
    (i32.const 1024))
  ;; 0: well. 1: outside the memory. 2: at an odd address. 3: trap. 4: address 2048, in the memory: the guest's own loss.
  (global $mode (mut i32) (i32.const 0))
  ;; Memory for the arguments of one call, from 8192 on.
  (global $next (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param $old i32) (param $old_len i32) (param $align i32) (param $len i32) (result i32)
    (local $at i32)
    (if (i32.eq (global.get $mode) (i32.const 1)) (then (return (i32.const 0x7ffffff0))))
    (if (i32.eq (global.get $mode) (i32.const 2)) (then (return (i32.const 8193))))
    (if (i32.eq (global.get $mode) (i32.const 3)) (then unreachable))
    (if (i32.eq (global.get $mode) (i32.const 4)) (then (return (i32.const 2048))))
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $len)))
    (local.get $at)))
