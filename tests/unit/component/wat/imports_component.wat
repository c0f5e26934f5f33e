;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Instantiates what it imports: valid, but nobody can give it.
(component
  (import "c" (component $c (export "f" (func))))
  (instance $i (instantiate $c))
  (export "f" (func $i "f"))
)
