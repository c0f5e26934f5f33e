;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Guest: grows its table 1,000 elements at a time until it is refused, then exits with the number of times it
;; was not refused, at most 200 (refused at once: 0).
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "_start") (local $n i32)
    (block $refused
      (loop $again
        (br_if $refused (i32.eq (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)))
        (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 200)))))
    (call $proc_exit (local.get $n))))
