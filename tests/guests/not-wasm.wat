;; Attack: a text file by the name of a component.
;; Expected: refused at load; the error names the file and says that it is not WebAssembly.
(module binary "SELECT 1; -- not WebAssembly\n")
