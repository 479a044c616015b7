;; Attack: collations that trap, and that make the host's next request for memory fail.
;; Expected: each is an SQL error that names extension and collation; order_ok is the order of the first bytes, and texts
;;   without any come first; the next statement works.
(module
  (memory (export "memory") 2)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 6) ;; name
    (i32 262 5) ;; version
    (i32 267 13) ;; description
    (i32 0 0 0 0) ;; no functions, aggregates
    (i32 320 4) ;; collations
    (i32 0 0) ;; no modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0) ;; nesting
    (i32 0)) ;; no http policy
  (data (i32.const 256)
    "orders" ;; 256
    "0.1.0" ;; 262
    "A test guest." ;; 267
    "order_ok" ;; 280
    "order_trap" ;; 288
    "order_bounds" ;; 298
    "order_most") ;; 310
  ;; Collations: id, address and length of the name.
  (data (i32.const 320)
    (i32 0 280 8)
    (i32 1 288 10)
    (i32 2 298 12)
    (i32 3 310 10))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func $first (param $text i32) (param $len i32) (result i32)
    (if (result i32) (local.get $len) (then (i32.load8_u (local.get $text))) (else (i32.const -1))))
  (func (export "sqlink:extension/collation@0.1.0#compare")
    (param $id i32) (param $left i32) (param $left_len i32) (param $right i32) (param $right_len i32) (result i32)
    (local $order i32)
    (if (i32.eq (local.get $id) (i32.const 1)) (then unreachable)) ;; order_trap
    (if (i32.eq (local.get $id) (i32.const 2)) (then (global.set $bad (i32.const 1)))) ;; order_bounds
    (local.set $order
      (i32.sub
        (call $first (local.get $left) (local.get $left_len)) (call $first (local.get $right) (local.get $right_len))))
    ;; order_most: the least and the greatest number instead of small ones.
    (if (i32.and (i32.eq (local.get $id) (i32.const 3)) (i32.ne (local.get $order) (i32.const 0)))
      (then
        (return
          (select (i32.const 0x8000_0000) (i32.const 0x7fff_ffff) (i32.lt_s (local.get $order) (i32.const 0))))))
    (local.get $order))
  ;; Whether memory is outside of the memory.
  (global $bad (mut i32) (i32.const 0))
  ;; Memory for the arguments of one call, from 24576 on.
  (global $next (mut i32) (i32.const 24576))
  (func (export "cabi_realloc") (param $old i32) (param $old_len i32) (param $align i32) (param $len i32) (result i32)
    (local $at i32)
    (if (global.get $bad) (then (return (i32.const 0x7fff_fff0))))
    (if (i32.gt_u (global.get $next) (i32.const 28672)) (then (global.set $next (i32.const 24576))))
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $len)))
    (local.get $at)))
