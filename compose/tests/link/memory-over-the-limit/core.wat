;; One page more than 256 MiB from the start.
(module
  (memory (export "memory") 4097)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "sqlink:extension/metadata@0.1.0#describe") (result i32) i32.const 0)
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32) i32.const 0)
)
