;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; A component that is a program and imports what nobody provides: a function of an interface that there is not.
(component
  (import "acme:absent/things@1.2.0" (instance $things (export "get" (func (result u32)))))
  (core func $get (canon lower (func $things "get")))
  (core module $m
    (import "things" "get" (func $get (result i32)))
    (func (export "run") (result i32) (i32.ne (call $get) (i32.const 0))))
  (core instance $i (instantiate $m (with "things" (instance (export "get" (func $get))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $r (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $r)))
