;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Guest: a reactor whose _initialize never ends.
(module
  (memory (export "memory") 1)
  (func (export "_initialize") (loop $again (br $again)))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))
