;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Guest: imports a function that WASI preview 1 does not have.
(module
  (import "wasi_snapshot_preview1" "fd_levitate" (func $levitate (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (drop (call $levitate (i32.const 1)))))
