;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Reactor: _initialize leaves a mark, `ready` reads it, `fail` traps, `spin` never ends.
(module $flat_library
  (memory (export "memory") 1)
  (func (export "_initialize") (i32.store (i32.const 0) (i32.const 1)))
  (func (export "ready") (result i32) (i32.load (i32.const 0)))
  (func $library_fail (export "fail") unreachable)
  (func (export "spin") (loop $again (br $again))))
