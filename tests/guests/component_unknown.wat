;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; A component that calls what nobody provides.
(component
  (import "acme:nowhere/things@1.0.0" (instance $things (export "ask" (func (param "what" u32) (result u32)))))
  (core func $ask (canon lower (func $things "ask")))
  (core module $m
    (import "things" "ask" (func $ask (param i32) (result i32)))
    (func (export "run") (result i32) (call $ask (i32.const 1))))
  (core instance $i (instantiate $m (with "things" (instance (export "ask" (func $ask))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $r (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $r)))
