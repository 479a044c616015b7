;; Attack: every way WebAssembly code can trap, each in a function of its own, and an endless loop.
;; Expected: each is an SQL error that names the trap, the extension and the function; the next statement works in a
;;   fresh instance.
(module
  (memory (export "memory") 2)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 5) ;; name
    (i32 261 5) ;; version
    (i32 266 13) ;; description
    (i32 400 11) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "traps" ;; 256
    "0.1.0" ;; 261
    "A test guest." ;; 266
    "trap_unreachable" ;; 279
    "trap_oob" ;; 295
    "trap_div" ;; 303
    "trap_stack" ;; 311
    "trap_null" ;; 321
    "trap_element" ;; 330
    "trap_mismatch" ;; 342
    "trap_convert" ;; 355
    "trap_loop" ;; 367
    "trap_grow" ;; 376
    "trap_ok") ;; 385
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 400)
    (i32 0 279 16 0 0)
    (i32 1 295 8 0 0)
    (i32 2 303 8 2 0)
    (i32 3 311 10 0 0)
    (i32 4 321 9 0 0)
    (i32 5 330 12 0 0)
    (i32 6 342 13 0 0)
    (i32 7 355 12 0 0)
    (i32 8 367 9 0 0)
    (i32 9 376 9 1 0)
    (i32 10 385 7 0 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param $id i32) (param $args i32) (param $count i32) (result i32)
    (global.set $next (i32.const 8192))
    (if (i32.eq (local.get $id) (i32.const 0)) (then ;; trap_unreachable
      unreachable))
    (if (i32.eq (local.get $id) (i32.const 1)) (then ;; trap_oob
      (drop (i32.load (i32.const -16)))))
    (if (i32.eq (local.get $id) (i32.const 2)) (then ;; trap_div
      ;; Both arguments are integers.
      (return (call $integer (i64.div_s
        (i64.load offset=8 (local.get $args))
        (i64.load offset=24 (local.get $args)))))))
    (if (i32.eq (local.get $id) (i32.const 3)) (then ;; trap_stack
      (return (call $integer (call $deeper (i64.const 0))))))
    (if (i32.eq (local.get $id) (i32.const 4)) (then ;; trap_null
      (call_indirect (type $nothing) (i32.const 1))))
    (if (i32.eq (local.get $id) (i32.const 5)) (then ;; trap_element
      (call_indirect (type $nothing) (i32.const 99))))
    (if (i32.eq (local.get $id) (i32.const 6)) (then ;; trap_mismatch
      (call_indirect (type $nothing) (i32.const 0))))
    (if (i32.eq (local.get $id) (i32.const 7)) (then ;; trap_convert
      (return (call $integer (i64.trunc_f64_s (f64.const nan))))))
    (if (i32.eq (local.get $id) (i32.const 8)) (then ;; trap_loop
      (loop $again (br $again))))
    (if (i32.eq (local.get $id) (i32.const 9)) (then ;; trap_grow
      (return (call $integer (i64.extend_i32_s
        (memory.grow (i32.load offset=8 (local.get $args))))))))
    (if (i32.eq (local.get $id) (i32.const 10)) (then ;; trap_ok
      (return (call $integer (i64.const 1)))))
    unreachable)
  (type $nothing (func))
  ;; Entry 0 has another type, entry 1 is null, there is no entry 99.
  (table 2 funcref)
  (elem (i32.const 0) $deeper)
  (func $deeper (param $depth i64) (result i64)
    (i64.add (call $deeper (i64.add (local.get $depth) (i64.const 1))) (local.get $depth)))
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
