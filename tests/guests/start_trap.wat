;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Guest: traps in its start section.
(module $start_trap
  (memory (export "memory") 1)
  (func $start_fails unreachable)
  (func (export "_start"))
  (start $start_fails))
