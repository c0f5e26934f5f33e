;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Guest: imports a function that no host has.
(module
  (import "env" "nope" (func $nope (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $nope (i32.const 1)))))
