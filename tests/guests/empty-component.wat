;; Attack: a component without imports and exports.
;; Expected: refused at load; the error names the missing exports.
(component)
