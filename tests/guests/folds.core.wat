;; Attack: aggregates that break the canonical ABI or trap, in `step` or at the end.
;; Expected: each is an SQL error that names extension and aggregate; fold_ok(x) is the number of rows; the next statement
;;   works.
(module
  (memory (export "memory") 2)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 5) ;; name
    (i32 261 5) ;; version
    (i32 266 13) ;; description
    (i32 0 0) ;; no functions
    (i32 448 14) ;; aggregates
    (i32 0 0 0 0) ;; no collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0) ;; nesting
    (i32 0)) ;; no http policy
  (data (i32.const 256)
    "folds" ;; 256
    "0.1.0" ;; 261
    "A test guest." ;; 266
    "fold_ok" ;; 279
    "step_pointer" ;; 286
    "step_area" ;; 298
    "step_case" ;; 307
    "step_error" ;; 316
    "step_error_bounds" ;; 326
    "step_error_utf8" ;; 343
    "step_trap" ;; 358
    "finish_tag" ;; 367
    "finish_case" ;; 377
    "finish_bounds" ;; 388
    "finish_utf8" ;; 401
    "finish_error" ;; 412
    "finish_trap") ;; 424
  ;; Aggregates: id, address and length of the name, argument count; no flags, but the byte of a window function.
  (data (i32.const 448)
    (i32 0 279 7 1 0x100)
    (i32 1 286 12 1 0x100)
    (i32 2 298 9 1 0x100)
    (i32 3 307 9 1 0x100)
    (i32 4 316 10 1 0x100)
    (i32 5 326 17 1 0x100)
    (i32 6 343 15 1 0x100)
    (i32 7 358 9 1 0x100)
    (i32 8 367 10 1 0x100)
    (i32 9 377 11 1 0x100)
    (i32 10 388 13 1 0x100)
    (i32 11 401 11 1 0x100)
    (i32 12 412 12 1 0x100)
    (i32 13 424 11 1 0x100))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  ;; Results are written at 1024; what was there is cleared. The number of rows of a context is at 4096, by its number.
  (func $result (result i32)
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 64))
    (i32.const 1024))
  (func $rows (param $context i32) (result i32)
    (i32.add (i32.const 4096) (i32.shl (i32.and (local.get $context) (i32.const 1023)) (i32.const 2))))
  ;; Outside of the memory, but for its first eight bytes.
  (func $edge (result i32)
    (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8)))
  ;; The result `err({ code: 2067, message })` of `step`.
  (func $failed (param $message i32) (param $len i32) (result i32)
    (drop (call $result))
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store (i32.const 1028) (i32.const 2067))
    (i32.store (i32.const 1032) (local.get $message))
    (i32.store (i32.const 1036) (local.get $len))
    (i32.const 1024))

  (func $step (param $id i32) (param $context i32) (param $change i32) (result i32)
    (local $rows i32)
    (local.set $rows (call $rows (local.get $context)))
    (i32.store (local.get $rows) (i32.add (i32.load (local.get $rows)) (local.get $change)))
    (if (i32.eq (local.get $id) (i32.const 1)) (then (return (i32.const 1026)))) ;; step_pointer
    (if (i32.eq (local.get $id) (i32.const 2)) (then (return (call $edge)))) ;; step_area
    (if (i32.eq (local.get $id) (i32.const 3)) (then ;; step_case
      (drop (call $result))
      (i32.store8 (i32.const 1024) (i32.const 2))
      (return (i32.const 1024))))
    (if (i32.eq (local.get $id) (i32.const 4)) (then (return (call $failed (i32.const 256) (i32.const 5))))) ;; step_error
    (if (i32.eq (local.get $id) (i32.const 5)) (then (return (call $failed (call $edge) (i32.const 9))))) ;; step_error_bounds
    (if (i32.eq (local.get $id) (i32.const 6)) (then ;; step_error_utf8
      (i32.store8 (i32.const 1152) (i32.const 0xff))
      (return (call $failed (i32.const 1152) (i32.const 1)))))
    (if (i32.eq (local.get $id) (i32.const 7)) (then unreachable)) ;; step_trap
    (call $result))
  (func (export "sqlink:extension/aggregate@0.1.0#step") (param $id i32) (param $context i32) (param $args i32) (param $count i32) (result i32)
    (call $step (local.get $id) (local.get $context) (i32.const 1)))
  (func (export "sqlink:extension/aggregate@0.1.0#inverse") (param $id i32) (param $context i32) (param $args i32) (param $count i32) (result i32)
    (call $step (local.get $id) (local.get $context) (i32.const -1)))

  ;; The result `ok(value)` with this case and payload.
  (func $value (param $case i32) (param $first i32) (param $second i32) (result i32)
    (drop (call $result))
    (i32.store8 (i32.const 1032) (local.get $case))
    (i32.store (i32.const 1040) (local.get $first))
    (i32.store (i32.const 1044) (local.get $second))
    (i32.const 1024))
  (func $current (export "sqlink:extension/aggregate@0.1.0#current") (param $id i32) (param $context i32) (result i32)
    (if (i32.eq (local.get $id) (i32.const 8)) (then (return (call $value (i32.const 5) (i32.const 0) (i32.const 0))))) ;; finish_tag
    (if (i32.eq (local.get $id) (i32.const 9)) (then ;; finish_case
      (drop (call $result))
      (i32.store8 (i32.const 1024) (i32.const 3))
      (return (i32.const 1024))))
    (if (i32.eq (local.get $id) (i32.const 10)) (then (return (call $value (i32.const 3) (call $edge) (i32.const 9))))) ;; finish_bounds
    (if (i32.eq (local.get $id) (i32.const 11)) (then ;; finish_utf8
      (i32.store8 (i32.const 1152) (i32.const 0xff))
      (return (call $value (i32.const 3) (i32.const 1152) (i32.const 1)))))
    (if (i32.eq (local.get $id) (i32.const 12)) (then ;; finish_error
      (drop (call $result))
      (i32.store8 (i32.const 1024) (i32.const 1))
      (i32.store (i32.const 1032) (i32.const 19))
      (i32.store (i32.const 1036) (i32.const 256))
      (i32.store (i32.const 1040) (i32.const 5))
      (return (i32.const 1024))))
    (if (i32.eq (local.get $id) (i32.const 13)) (then unreachable)) ;; finish_trap
    (call $value (i32.const 1) (i32.load (call $rows (local.get $context))) (i32.const 0)))
  (func (export "sqlink:extension/aggregate@0.1.0#finish") (param $id i32) (param $context i32) (result i32)
    (call $current (local.get $id) (local.get $context)))
  (func (export "sqlink:extension/aggregate@0.1.0#abandon") (param i32 i32))

  ;; Memory for the arguments of one call, from 24576 on.
  (global $next (mut i32) (i32.const 24576))
  (func (export "cabi_realloc") (param $old i32) (param $old_len i32) (param $align i32) (param $len i32) (result i32)
    (local $at i32)
    (if (i32.gt_u (global.get $next) (i32.const 28672)) (then (global.set $next (i32.const 24576))))
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $len)))
    (local.get $at)))
