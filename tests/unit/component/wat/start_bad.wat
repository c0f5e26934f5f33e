;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; A data segment beyond the memory of the second module.
(component
  (core module $good (func (export "f")))
  (core module $bad (memory 1) (data (i32.const 70000) "x"))
  (core instance (instantiate $good))
  (core instance (instantiate $bad))
)
