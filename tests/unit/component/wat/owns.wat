;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Gives own handles of the host's resource away, and is ended behind that: two memories that are together
;; larger than is allowed are found when the run is over; a post-return that traps.
(component
  (import "test:host/files@0.2.0" (instance $f
    (export "file" (type $file (sub resource)))
    (export "[constructor]file" (func (param "n" u32) (result (own $file))))))
  (core module
    (import "" "open" (func (param i32) (result i32)))
    (memory (export "a") 1)
    (memory (export "b") 0)
    (func (export "open") (param i32 i32) (result i32)
      (drop (memory.grow 0 (local.get 1)))
      (drop (memory.grow 1 (local.get 1)))
      (i32.store (i32.const 0) (call 0 (local.get 0)))
      (i32.store (i32.const 4) (call 0 (i32.add (local.get 0) (i32.const 1))))
      (i32.const 0))
    (func (export "t") (param i32) unreachable))
  (alias export $f "file" (type $file))
  (core func $open (canon lower (func $f "[constructor]file")))
  (core instance (instantiate 0 (with "" (instance (export "open" (func $open))))))
  (func (export "open") (param "n" u32) (param "pages" u32) (result (tuple (own $file) (own $file)))
    (canon lift (core func 1 "open") (memory (core memory 1 "a"))))
  (func (export "bad") (param "n" u32) (param "pages" u32) (result (tuple (own $file) (own $file)))
    (canon lift (core func 1 "open") (memory (core memory 1 "a")) (post-return (core func 1 "t")))))
