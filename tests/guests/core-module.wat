;; Attack: a core module instead of a component.
;; Expected: refused at load; the error says that it is a core module and a component is expected.
(module
  (memory (export "memory") 1)
  (func (export "sqlink:extension/scalar@0.1.0#call") (param i32 i32 i32) (result i32)
    unreachable))
