;; Attack: a component that ends in the middle of a section: a core module of 4,096 bytes of which 8 are there.
;; Expected: refused at load; the error names the file and says that it ends too early.
(module binary
  "\00asm" "\0d\00\01\00" ;; component, version 13
  "\01\80\20"               ;; section 1 (core module), 4,096 bytes
  "\00asm" "\01\00\00\00") ;; core module, version 1
