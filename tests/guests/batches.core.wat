;; Attack: batches that break the canonical ABI, or are not what was asked for, each from a module of its own.
;; Expected: each scan is an SQL error that names extension and module; batch_ok has the rows 1 and 2; the next statement
;;   works.
(module
  (memory (export "memory") 1026)
  ;; The manifest, as wit/metadata.wit says: address and length of each text and list, 120 bytes.
  (data (i32.const 16)
    (i32 256 7) ;; name
    (i32 263 5) ;; version
    (i32 268 13) ;; description
    (i32 0 0 0 0 0 0) ;; no functions, aggregates, collations
    (i32 512 18) ;; modules
    (i32 0) ;; no hooks
    (i32 0 0) ;; required
    (i32 0 0) ;; optional
    (i32 0) ;; nesting
    (i32 0)) ;; no http policy
  (data (i32.const 256)
    "batches" ;; 256
    "0.1.0" ;; 263
    "A test guest." ;; 268
    "batch_ok" ;; 281
    "batch_pointer" ;; 289
    "batch_area" ;; 302
    "batch_case" ;; 312
    "rowids_misaligned" ;; 322
    "rowids_bounds" ;; 339
    "rowids_overflow" ;; 352
    "values_misaligned" ;; 367
    "values_bounds" ;; 384
    "values_overflow" ;; 397
    "batch_tag" ;; 412
    "text_bounds" ;; 421
    "text_overflow" ;; 432
    "text_utf8" ;; 445
    "batch_sum" ;; 454
    "error_bounds" ;; 463
    "batch_few" ;; 475
    "batch_many" ;; 484
    "CREATE TABLE x(v)") ;; 494
  ;; Modules: id, address and length of the name, flags (eponymous), no shadow names.
  (data (i32.const 512)
    (i32 0 281 8 1 0 0)
    (i32 1 289 13 1 0 0)
    (i32 2 302 10 1 0 0)
    (i32 3 312 10 1 0 0)
    (i32 4 322 17 1 0 0)
    (i32 5 339 13 1 0 0)
    (i32 6 352 15 1 0 0)
    (i32 7 367 17 1 0 0)
    (i32 8 384 13 1 0 0)
    (i32 9 397 15 1 0 0)
    (i32 10 412 9 1 0 0)
    (i32 11 421 11 1 0 0)
    (i32 12 432 13 1 0 0)
    (i32 13 445 9 1 0 0)
    (i32 14 454 9 1 0 0)
    (i32 15 463 12 1 0 0)
    (i32 16 475 9 1 0 0)
    (i32 17 484 10 1 0 0))
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32)
    (i32.const 16))

  ;; Results of all functions are written at 1024; what was there is cleared.
  (func $result (result i32)
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 64))
    (i32.const 1024))
  ;; The module of a table is at 4096, by its number; that of a cursor, and how often it was asked, at 12288.
  (func $table (param $table i32) (result i32)
    (i32.add (i32.const 4096) (i32.shl (i32.and (local.get $table) (i32.const 1023)) (i32.const 3))))
  (func $cursor (param $cursor i32) (result i32)
    (i32.add (i32.const 12288) (i32.shl (i32.and (local.get $cursor) (i32.const 1023)) (i32.const 3))))

  (func $connect (export "sqlink:extension/vtab@0.1.0#connect")
    (param $module i32) (param $table i32)
    (param $database i32) (param $database_len i32) (param $name i32) (param $name_len i32)
    (param $arguments i32) (param $count i32) (result i32)
    (i32.store (call $table (local.get $table)) (local.get $module))
    (drop (call $result))
    (i32.store (i32.const 1028) (i32.const 494))
    (i32.store (i32.const 1032) (i32.const 17))
    (i32.const 1024))
  (func (export "sqlink:extension/vtab@0.1.0#create")
    (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    unreachable)
  (func (export "sqlink:extension/vtab@0.1.0#disconnect") (param i32))
  (func (export "sqlink:extension/vtab@0.1.0#destroy") (param i32) (result i32) (call $result))
  ;; The plan that uses nothing: the list of constraints is not looked at.
  (func (export "sqlink:extension/vtab@0.1.0#best-index")
    (param $table i32) (param $constraints i32) (param $count i32) (param $order i32) (param $terms i32)
    (param $distinct i32) (param $columns i64) (result i32)
    (call $result))
  (func (export "sqlink:extension/vtab@0.1.0#open") (param $table i32) (param $cursor i32) (result i32)
    (i32.store (call $cursor (local.get $cursor)) (i32.load (call $table (local.get $table))))
    (call $result))
  (func (export "sqlink:extension/vtab@0.1.0#filter")
    (param $cursor i32) (param $number i32) (param $name i32) (param $len i32) (param $args i32) (param $count i32)
    (param $columns i64) (result i32)
    (i32.store offset=4 (call $cursor (local.get $cursor)) (i32.const 0))
    (call $result))
  (func (export "sqlink:extension/vtab@0.1.0#close") (param i32))
  (func (export "sqlink:extension/vtab@0.1.0#insert")
    (param i32 i32 i64 i32 i32 i32) (result i32) unreachable)
  (func (export "sqlink:extension/vtab@0.1.0#update")
    (param i32 i64 i64 i32 i32 i32) (result i32) unreachable)
  (func (export "sqlink:extension/vtab@0.1.0#delete") (param i32 i64) (result i32) unreachable)
  (func (export "sqlink:extension/vtab@0.1.0#transaction") (param i32 i32 i32) (result i32) unreachable)
  (func (export "sqlink:extension/vtab@0.1.0#rename") (param i32 i32 i32) (result i32) unreachable)
  (func (export "sqlink:extension/vtab@0.1.0#integrity") (param i32 i32) (result i32) unreachable)

  ;; The result `ok({ rowids, values, last: true })`.
  (func $batch (param $rowids i32) (param $rows i32) (param $values i32) (param $count i32) (result i32)
    (drop (call $result))
    (i32.store (i32.const 1028) (local.get $rowids))
    (i32.store (i32.const 1032) (local.get $rows))
    (i32.store (i32.const 1036) (local.get $values))
    (i32.store (i32.const 1040) (local.get $count))
    (i32.store8 (i32.const 1044) (i32.const 1))
    (i32.const 1024))
  ;; The batch of a row with the rowid 1 and one value of this case and payload.
  (func $one (param $case i32) (param $first i32) (param $second i32) (result i32)
    (i64.store (i32.const 1104) (i64.const 1))
    (i64.store (i32.const 1120) (i64.extend_i32_u (local.get $case)))
    (i32.store (i32.const 1128) (local.get $first))
    (i32.store (i32.const 1132) (local.get $second))
    (call $batch (i32.const 1104) (i32.const 1) (i32.const 1120) (i32.const 1)))
  ;; The batch of `$rows` rows, whose values are all the text of `$len` bytes from 0 on. Rowids are at 32768, values at 65536.
  (func $rows (param $rows i32) (param $len i32) (param $last i32) (result i32)
    (local $k i32) (local $value i32)
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $k) (local.get $rows)))
        (i64.store offset=32768 (i32.shl (local.get $k) (i32.const 3))
          (i64.extend_i32_u (i32.add (local.get $k) (i32.const 1))))
        (local.set $value (i32.shl (local.get $k) (i32.const 4)))
        (i64.store offset=65536 (local.get $value) (i64.const 3))
        (i32.store offset=65544 (local.get $value) (i32.const 0))
        (i32.store offset=65548 (local.get $value) (local.get $len))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br $next)))
    (drop (call $batch (i32.const 32768) (local.get $rows) (i32.const 65536) (local.get $rows)))
    (i32.store8 (i32.const 1044) (local.get $last))
    (i32.const 1024))

  (func (export "sqlink:extension/vtab@0.1.0#next-batch") (param $cursor i32) (param $max_rows i32) (result i32)
    (local $module i32)
    (local.set $module (i32.load (call $cursor (local.get $cursor))))
    (if (i32.eq (local.get $module) (i32.const 0)) (then ;; batch_ok
      (i64.store (i32.const 1104) (i64.const 1))
      (i64.store (i32.const 1112) (i64.const 2))
      (i64.store (i32.const 1120) (i64.const 1))
      (i64.store (i32.const 1128) (i64.const 10))
      ;; A text with bytes that mean nothing behind its case.
      (i64.store (i32.const 1136) (i64.const 0xffff_ffff_ffff_ff03))
      (i32.store (i32.const 1144) (i32.const 281))
      (i32.store (i32.const 1148) (i32.const 8))
      (return (call $batch (i32.const 1104) (i32.const 2) (i32.const 1120) (i32.const 2)))))
    (if (i32.eq (local.get $module) (i32.const 1)) (then ;; batch_pointer
      (return (i32.const 1026))))
    (if (i32.eq (local.get $module) (i32.const 2)) (then ;; batch_area
      (return (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8)))))
    (if (i32.eq (local.get $module) (i32.const 3)) (then ;; batch_case
      (drop (call $batch (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
      (i32.store8 (i32.const 1024) (i32.const 2))
      (return (i32.const 1024))))
    (if (i32.eq (local.get $module) (i32.const 4)) (then ;; rowids_misaligned
      (drop (call $one (i32.const 0) (i32.const 0) (i32.const 0)))
      (return (call $batch (i32.const 1108) (i32.const 1) (i32.const 1120) (i32.const 1)))))
    (if (i32.eq (local.get $module) (i32.const 5)) (then ;; rowids_bounds
      (return (call $batch (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8)) (i32.const 2) (i32.const 1120) (i32.const 2)))))
    (if (i32.eq (local.get $module) (i32.const 6)) (then ;; rowids_overflow
      ;; Eight times as many are 8 in 32 bits.
      (return (call $batch (i32.const 1104) (i32.const 0x2000_0001) (i32.const 1120) (i32.const 1)))))
    (if (i32.eq (local.get $module) (i32.const 7)) (then ;; values_misaligned
      (return (call $batch (i32.const 1104) (i32.const 1) (i32.const 1124) (i32.const 1)))))
    (if (i32.eq (local.get $module) (i32.const 8)) (then ;; values_bounds
      (return (call $batch (i32.const 1104) (i32.const 1) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8)) (i32.const 1)))))
    (if (i32.eq (local.get $module) (i32.const 9)) (then ;; values_overflow
      ;; Sixteen times as many are 16 in 32 bits.
      (return (call $batch (i32.const 1104) (i32.const 1) (i32.const 1120) (i32.const 0x1000_0001)))))
    (if (i32.eq (local.get $module) (i32.const 10)) (then ;; batch_tag
      (return (call $one (i32.const 5) (i32.const 0) (i32.const 0)))))
    (if (i32.eq (local.get $module) (i32.const 11)) (then ;; text_bounds
      (return (call $one (i32.const 3) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 3)) (i32.const 4)))))
    (if (i32.eq (local.get $module) (i32.const 12)) (then ;; text_overflow
      (return (call $one (i32.const 4) (i32.const 0xffff_fffc) (i32.const 8)))))
    (if (i32.eq (local.get $module) (i32.const 13)) (then ;; text_utf8
      (i32.store8 (i32.const 1152) (i32.const 0xff))
      (return (call $one (i32.const 3) (i32.const 1152) (i32.const 1)))))
    (if (i32.eq (local.get $module) (i32.const 14)) (then ;; batch_sum
      ;; 64 texts of 2^26 bytes, all the same: their sum is 0 in 32 bits. Before, as many rows as the host asks for.
      (if (i32.ge_u (local.get $max_rows) (i32.const 64)) (then
        (return (call $rows (i32.const 64) (i32.const 0x400_0000) (i32.const 1)))))
      (return (call $rows (local.get $max_rows) (i32.const 0) (i32.const 0)))))
    (if (i32.eq (local.get $module) (i32.const 15)) (then ;; error_bounds
      (drop (call $result))
      (i32.store8 (i32.const 1024) (i32.const 1))
      (i32.store (i32.const 1028) (i32.const 1))
      (i32.store (i32.const 1032) (i32.shl (memory.size) (i32.const 16)))
      (i32.store (i32.const 1036) (i32.const 1))
      (return (i32.const 1024))))
    (if (i32.eq (local.get $module) (i32.const 16)) (then ;; batch_few
      ;; Two rows, one value.
      (return (call $batch (i32.const 1104) (i32.const 2) (i32.const 1120) (i32.const 1)))))
    (if (i32.eq (local.get $module) (i32.const 17)) (then ;; batch_many
      (return (call $rows (i32.add (local.get $max_rows) (i32.const 1)) (i32.const 0) (i32.const 0)))))
    unreachable)

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
