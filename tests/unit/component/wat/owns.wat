;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Gives own handles of the host's resource away, and is ended behind that: two memories that are together
;; larger than is allowed are found when the run is over; a post-return that traps.
(component
  (import "test:host/files@0.2.0" (instance $files
    (export "file" (type $file (sub resource)))
    (export "[constructor]file" (func (param "n" u32) (result (own $file))))))
  (core module $m
    (import "" "open" (func $open (param i32) (result i32)))
    (memory $a (export "a") 1)
    (memory $b (export "b") 0)
    (func $grow (export "grow") (param i32)
      (drop (memory.grow $a (local.get 0)))
      (drop (memory.grow $b (local.get 0))))
    (func (export "open") (param i32 i32) (result i32)
      (call $grow (local.get 1))
      (i32.store (i32.const 0) (call $open (local.get 0)))
      (i32.store (i32.const 4) (call $open (i32.add (local.get 0) (i32.const 1))))
      (i32.const 0))
    (func (export "trap") (param i32) unreachable))
  (alias export $files "file" (type $file))
  (core func $open (canon lower (func $files "[constructor]file")))
  (core instance $i (instantiate $m (with "" (instance (export "open" (func $open))))))
  (func (export "open") (param "n" u32) (param "pages" u32) (result (tuple (own $file) (own $file)))
    (canon lift (core func $i "open") (memory (core memory $i "a"))))
  (func (export "open-badly") (param "n" u32) (param "pages" u32) (result (tuple (own $file) (own $file)))
    (canon lift (core func $i "open") (memory (core memory $i "a")) (post-return (core func $i "trap")))))
