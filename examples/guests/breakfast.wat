;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; The plug-in of examples/plugin: breakfast: func(people: u32) -> receipt, rung up at the till of its host.
(component
  (import "acme:shop/till@1.0.0" (instance $till
    (type $line' (record (field "item" string) (field "count" u32) (field "price" f64)))
    (export "line" (type $line (eq $line')))
    (type $receipt' (record (field "pieces" u32) (field "total" f64)))
    (export "receipt" (type $receipt (eq $receipt')))
    (export "ring-up" (func (param "lines" (list $line)) (result $receipt)))))
  (alias export $till "receipt" (type $receipt))

  (core module $memory
    (memory (export "memory") 1)
    (data (i32.const 128) "eggs" "bread" "butter"))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $memory))
  (core func $ring-up (canon lower (func $till "ring-up") (memory $memory)))

  (core module $plugin
    (import "memory" "memory" (memory 1))
    (import "till" "ring-up" (func $ring-up (param $lines i32) (param $count i32) (param $receipt i32)))
    ;; A line takes 24 bytes: where its text is, how long, the count, four that nobody reads, the price.
    (func $line (param $at i32) (param $text i32) (param $length i32) (param $count i32) (param $price f64)
      (i32.store (local.get $at) (local.get $text))
      (i32.store offset=4 (local.get $at) (local.get $length))
      (i32.store offset=8 (local.get $at) (local.get $count))
      (f64.store offset=16 (local.get $at) (local.get $price)))
    (func (export "breakfast") (param $people i32) (result i32)
      (call $line (i32.const 0) (i32.const 128) (i32.const 4) (i32.mul (local.get $people) (i32.const 2)) (f64.const 0.25))
      (call $line (i32.const 24) (i32.const 132) (i32.const 5) (local.get $people) (f64.const 1.5))
      (call $line (i32.const 48) (i32.const 137) (i32.const 6) (i32.const 1) (f64.const 2.75))
      (call $ring-up (i32.const 0) (i32.const 3) (i32.const 96))
      (i32.const 96)))
  (core instance $plugin (instantiate $plugin
    (with "memory" (instance $memory))
    (with "till" (instance (export "ring-up" (func $ring-up))))))
  (func (export "breakfast") (param "people" u32) (result $receipt)
    (canon lift (core func $plugin "breakfast") (memory $memory))))
