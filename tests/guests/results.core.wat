;; Attack: results that break the canonical ABI or the contract, each in a function of its own.
;; Expected: each is an SQL error `invalid-result` (result_post: `trapped`) that names extension and function;
;;   result_nan() is NULL; error_code(n) fails with code n; the next statement works.
(module
  (memory (export "memory") 2)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 7) ;; name
    (i32 263 5) ;; version
    (i32 268 13) ;; description
    (i32 448 13) ;; functions
    (i32 0 0 0 0 0 0) ;; no aggregates, collations, modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0 0)) ;; no http policy
  (data (i32.const 256)
    "results" ;; 256
    "0.1.0" ;; 263
    "A test guest." ;; 268
    "result_tag" ;; 281
    "result_case" ;; 291
    "result_text_bounds" ;; 302
    "result_blob_bounds" ;; 320
    "result_utf8" ;; 338
    "error_utf8" ;; 349
    "result_misaligned" ;; 359
    "result_area_bounds" ;; 376
    "result_post" ;; 394
    "result_nan" ;; 405
    "error_code" ;; 415
    "error_bounds" ;; 425
    "result_ok") ;; 437
  ;; Functions: id, address and length of the name, argument count, flags.
  (data (i32.const 448)
    (i32 0 281 10 0 0)
    (i32 1 291 11 0 0)
    (i32 2 302 18 0 0)
    (i32 3 320 18 0 0)
    (i32 4 338 11 0 0)
    (i32 5 349 10 0 0)
    (i32 6 359 17 0 0)
    (i32 7 376 18 0 0)
    (i32 8 394 11 0 0)
    (i32 9 405 10 0 0)
    (i32 10 415 10 1 0)
    (i32 11 425 12 0 0)
    (i32 12 437 9 0 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))
  (func (export "sqlink:extension/scalar@0.1.0#call") (param $id i32) (param $args i32) (param $count i32) (result i32)
    (global.set $next (i32.const 8192))
    (if (i32.eq (local.get $id) (i32.const 0)) (then ;; result_tag
      ;; A value of case 7.
      (i32.store8 (i32.const 1024) (i32.const 0))
      (i32.store8 (i32.const 1032) (i32.const 7))
      (return (i32.const 1024))))
    (if (i32.eq (local.get $id) (i32.const 1)) (then ;; result_case
      ;; A result of case 2.
      (i32.store8 (i32.const 1024) (i32.const 2))
      (return (i32.const 1024))))
    (if (i32.eq (local.get $id) (i32.const 2)) (then ;; result_text_bounds
      (return (call $bytes (i32.const 3) (i32.const 131000) (i32.const 1000)))))
    (if (i32.eq (local.get $id) (i32.const 3)) (then ;; result_blob_bounds
      ;; Address plus length wraps around.
      (return (call $bytes (i32.const 4) (i32.const -8) (i32.const 64)))))
    (if (i32.eq (local.get $id) (i32.const 4)) (then ;; result_utf8
      (return (call $bytes (i32.const 3) (i32.const 2048) (i32.const 4)))))
    (if (i32.eq (local.get $id) (i32.const 5)) (then ;; error_utf8
      (return (call $error (i32.const 1) (i32.const 2048) (i32.const 4)))))
    (if (i32.eq (local.get $id) (i32.const 6)) (then ;; result_misaligned
      ;; A result must lie at a multiple of 8.
      (drop (call $integer (i64.const 1)))
      (return (i32.const 1028))))
    (if (i32.eq (local.get $id) (i32.const 7)) (then ;; result_area_bounds
      (return (i32.const 0x7ffffff8))))
    (if (i32.eq (local.get $id) (i32.const 8)) (then ;; result_post
      (global.set $post (i32.const 1))
      (return (call $integer (i64.const 1)))))
    (if (i32.eq (local.get $id) (i32.const 9)) (then ;; result_nan
      (i32.store8 (i32.const 1024) (i32.const 0))
      (i32.store8 (i32.const 1032) (i32.const 2))
      (f64.store (i32.const 1040) (f64.const nan:0x123))
      (return (i32.const 1024))))
    (if (i32.eq (local.get $id) (i32.const 10)) (then ;; error_code
      ;; The argument is an integer; the message is `as asked`.
      (return (call $error (i32.load offset=8 (local.get $args)) (i32.const 2056) (i32.const 8)))))
    (if (i32.eq (local.get $id) (i32.const 11)) (then ;; error_bounds
      (return (call $error (i32.const 1) (i32.const 131000) (i32.const 1000)))))
    (if (i32.eq (local.get $id) (i32.const 12)) (then ;; result_ok
      (return (call $integer (i64.const 1)))))
    unreachable)
  (data (i32.const 2048) "a\ffb\80")
  (data (i32.const 2056) "as asked")
  ;; The result `ok` with text (case 3) or a blob (case 4).
  (func $bytes (param $case i32) (param $start i32) (param $len i32) (result i32)
    (i32.store8 (i32.const 1024) (i32.const 0))
    (i32.store8 (i32.const 1032) (local.get $case))
    (i32.store (i32.const 1040) (local.get $start))
    (i32.store (i32.const 1044) (local.get $len))
    (i32.const 1024))
  ;; The result `err`.
  (func $error (param $code i32) (param $start i32) (param $len i32) (result i32)
    (i32.store8 (i32.const 1024) (i32.const 1))
    (i32.store (i32.const 1032) (local.get $code))
    (i32.store (i32.const 1036) (local.get $start))
    (i32.store (i32.const 1040) (local.get $len))
    (i32.const 1024))
  ;; Traps once, after result_post.
  (global $post (mut i32) (i32.const 0))
  (func (export "cabi_post_sqlink:extension/scalar@0.1.0#call") (param i32)
    (if (global.get $post) (then unreachable)))
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
