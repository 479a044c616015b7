;;@ collation-extension
;; Of the interfaces besides `metadata`, any one is enough.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32) i32.const 0)
  (func (export "sqlink:extension/collation@0.1.0#compare") (param i32 i32 i32 i32 i32) (result i32) i32.const 0)
)
